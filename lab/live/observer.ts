import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { Verdict } from "../../kernel/verdict.ts";
import type { LiveLine } from "../../kernel/records.ts";
import { variablesOf } from "../child-environment.ts";
import { keysEnvironment, keysReference } from "../client-keys.ts";
import { readVerdict } from "../files.ts";
import { verdictArguments } from "../report/judge-directory.ts";
import type { SystemView } from "../systems/system.ts";
import type { Child, Warden } from "../warden/client.ts";
import type { RunDirectory } from "./directory.ts";
import type { RunPorts } from "./run-ports.ts";
import { startLimitMs } from "./start-limit.ts";
import { partOptions } from "../node-options.ts";

const observerMain = fileURLToPath(new URL("../../observer/main.ts", import.meta.url));
const verdictTimeoutMs = 60_000;

/** The observer on live duty: canaries, the system's metrics, and a line of progress each second. It begins when it gets the timeline's zero. */
export async function startObserver(options: {
  warden: Warden;
  directory: RunDirectory;
  system: SystemView;
  /** Where it sends its metrics besides; null: nowhere. */
  otlpUrl: string | null;
  ports: RunPorts;
  onLive: (live: LiveLine) => void;
}): Promise<{ readonly child: Child; readonly metricsUrl: string }> {
  const { warden, directory, system, otlpUrl, ports, onLive } = options;
  const config = {
    directory: directory.path,
    targets: system.targets,
    pins: system.pins,
    keys: keysReference,
    headers: system.headers,
    metricsUrls: system.metricsUrls,
    listen: { port: ports.get("observer") ?? 0 },
    ...(otlpUrl !== null && { otlp: { url: otlpUrl } }),
    epochMs: null,
  };
  await writeFile(directory.config("observer"), `${JSON.stringify(config, null, 1)}\n`);
  const child = await warden.spawn({
    id: "observer",
    command: process.execPath,
    args: [...partOptions, observerMain, "--config", directory.config("observer")],
    variables: variablesOf.caller,
    env: keysEnvironment(system.keys),
    log: directory.log("observer"),
    onLine: (line) => {
      if (line.startsWith('{"live":')) onLive((JSON.parse(line) as { live: LiveLine }).live);
    },
  });
  const { url } = await child.ready(startLimitMs);
  return { child, metricsUrl: `${url}/metrics` };
}

/** Has the observer judge the run directory; its verdict is read back from `verdict.json`. */
export async function judgeRun(warden: Warden, directory: RunDirectory): Promise<Verdict> {
  const child = await warden.spawn({
    id: "verdict",
    command: process.execPath,
    args: [...partOptions, ...verdictArguments(directory.path)],
    log: directory.log("verdict"),
  });
  const timer = setTimeout(() => void child.stop(0), verdictTimeoutMs);
  const exit = await child.exited;
  clearTimeout(timer);
  try {
    return readVerdict(directory.path);
  } catch (error) {
    throw new LabError({
      exit: "failed",
      code: "verdict_failed",
      message: `The observer gave no verdict (exit code ${exit.code}): ${messageOf(error)}`,
      hint: `Read ${directory.log("verdict")}; \`npx blastlab verdict ${directory.path}\` tries again from the raw records`,
      cause: error,
    });
  }
}
