import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { LiveLine } from "../../kernel/records.ts";
import { variablesOf } from "../child-environment.ts";
import { keysEnvironment, keysReference } from "../client-keys.ts";
import type { SystemView } from "../systems/system.ts";
import type { Child, Warden } from "../warden/client.ts";
import type { RunDirectory } from "./directory.ts";
import type { RunPorts } from "./run-ports.ts";
import { startLimitMs } from "./start-limit.ts";
import { partOptions } from "../node-options.ts";

const observerMain = fileURLToPath(new URL("../../observer/main.ts", import.meta.url));

/**
 * The observer on live duty: canaries, the system's metrics, and a line of progress each second. It begins when it gets
 * the timeline's zero.
 */
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
