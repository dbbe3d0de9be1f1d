import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { Arrival, Plan } from "../../kernel/plan.ts";
import type { ClientRecord } from "../../kernel/records.ts";
import { k6Records } from "../load/k6-records.ts";
import { k6Command } from "../load/k6.ts";
import { TapWriter } from "../load/tap.ts";
import type { RunningSystem } from "../systems/system.ts";
import { describeExit, type Warden } from "../warden/client.ts";
import { k6OutputFile, type RunDirectory } from "./directory.ts";
import type { LoadPart } from "./parts.ts";

const embeddedMain = fileURLToPath(new URL("../load/main.ts", import.meta.url));
const readyTimeoutMs = 15_000;
const stopGraceMs = 3_000;
/** A client's patience: longer than any SLO, so that what is late is measured and not cut. */
const clientTimeoutMs = 60_000;

export interface LoadContext {
  readonly part: LoadPart;
  readonly warden: Warden;
  readonly directory: RunDirectory;
  readonly plan: Plan;
  readonly arrivals: readonly Arrival[];
  readonly system: RunningSystem;
  readonly epochMs: number;
}

/** A load generator at work. */
export interface RunningLoad {
  /** Settles when every arrival has had its turn and its answer. Rejects with LabError `failed` `load_failed`. */
  readonly done: Promise<void>;
  /** Stops it early and closes the client tap; harmless after `done`. */
  stop(atMs: number): Promise<void>;
}

export function startLoad(context: LoadContext): Promise<RunningLoad> {
  return context.part.kind === "k6" ? startK6(context, context.part.bin) : startEmbedded(context);
}

async function startEmbedded({ warden, directory, plan, system, epochMs }: LoadContext): Promise<RunningLoad> {
  const config = {
    run: plan.run,
    seed: plan.seed,
    arrivals: directory.arrivals,
    targets: system.targets,
    keys: system.keys,
    epochMs,
    timeoutMs: clientTimeoutMs,
    tap: directory.tap("client"),
  };
  await writeFile(directory.config("load"), `${JSON.stringify(config, null, 1)}\n`);
  const child = await warden.spawn({
    id: "load",
    command: process.execPath,
    args: [embeddedMain, "--config", directory.config("load")],
    log: directory.log("load"),
  });
  await child.ready(readyTimeoutMs);
  const done = child.exited.then((exit) => {
    if (exit.code !== 0 && !exit.ordered) throw loadFailed(`it ended by ${describeExit(exit)}`, directory.log("load"));
  });
  // The run awaits it later; until then its rejection is not unhandled.
  done.catch(() => {});
  return { done, stop: async () => void (await child.stop(stopGraceMs)) };
}

const k6ExitInterrupted = 105;

async function startK6({ warden, directory, plan, arrivals, system, epochMs }: LoadContext, binary: string): Promise<RunningLoad> {
  const output = k6OutputFile(directory);
  const { command, args, env } = k6Command({
    binary,
    arrivalsFile: directory.arrivals,
    arrivals,
    targets: system.targets,
    keys: system.keys,
    epochMs,
    timeoutMs: clientTimeoutMs,
    output,
  });
  const child = await warden.spawn({ id: "load", command, args, env, log: directory.log("load") });
  let stoppedAtMs: number | null = null;
  const done = child.exited.then(async ({ code }) => {
    if (code !== 0 && !(stoppedAtMs !== null && code === k6ExitInterrupted)) throw loadFailed(`k6 ended with exit code ${code}`, directory.log("load"));
    await writeClientTap({ output, arrivals, plan, epochMs, stoppedAtMs, tap: directory.tap("client") });
  });
  // The run awaits it later; until then its rejection is not unhandled.
  done.catch(() => {});
  return {
    done,
    stop: async (atMs) => {
      stoppedAtMs ??= atMs;
      await child.stop(stopGraceMs);
      // A tap that could not be written has no trailer, which the verdict reports.
      await done.catch(() => {});
    },
  };
}

async function writeClientTap(options: {
  output: string;
  arrivals: readonly Arrival[];
  plan: Plan;
  epochMs: number;
  stoppedAtMs: number | null;
  tap: string;
}): Promise<void> {
  const { run, seed } = options.plan;
  try {
    const records = k6Records(options.output, options.arrivals, options.stoppedAtMs);
    await using tap = new TapWriter<ClientRecord>(options.tap, { tap: "client", source: "k6", run, seed, epochMs: options.epochMs });
    for (const record of records) tap.write(record);
  } catch (error) {
    throw loadFailed(`its records cannot be read: ${messageOf(error)}`, options.output);
  }
}

function loadFailed(detail: string, log: string): LabError {
  return new LabError({
    exit: "failed",
    code: "load_failed",
    message: `The load generator failed: ${detail}`,
    hint: `Read ${log}; \`--load embedded\` uses the generator that comes with the lab`,
  });
}
