import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { LabError } from "../../kernel/errors.ts";
import type { Arrival } from "../../kernel/plan.ts";
import { variablesOf } from "../child-environment.ts";
import { keysEnvironment, keysReference } from "../client-keys.ts";
import { k6Command, k6Failure } from "../load/k6.ts";
import { describeExit } from "../warden/client.ts";
import type { LoadPart } from "./parts.ts";
import { clientSettings } from "./client-settings.ts";
import { startRelay, type RelayContext } from "./relay.ts";
import { startLimitMs } from "./start-limit.ts";
import { partOptions } from "../node-options.ts";

const embeddedMain = fileURLToPath(new URL("../load/main.ts", import.meta.url));
/** A part of the lab ends by itself; killed, it leaves a tap without a trailer. */
const stopGraceMs = 15_000;
/** How long a client waits: longer than any SLO, so that a late answer is measured and not cut. */
const clientTimeoutMs = 60_000;

export interface LoadContext extends Omit<RelayContext, "epochMs"> {
  readonly part: LoadPart;
  readonly arrivals: readonly Arrival[];
}

/** A load generator that is up as far as it can be before the timeline has a zero. */
export interface WaitingLoad {
  /** It needs the zero this long before. */
  readonly leadMs: number;
  /** Resolves once it will offer the load from that zero (Unix ms) on. */
  begin(epochMs: number): Promise<RunningLoad>;
}

/** A running load generator. */
export interface RunningLoad {
  /** Settles when every arrival was sent and has ended. Rejects with LabError `failed` `load_failed`. */
  readonly done: Promise<void>;
  /** Stops it early and closes the client tap; harmless after `done`. */
  stop(): Promise<void>;
}

/** A line to a process that waits for it. */
const embeddedLeadMs = 2_000;
/** k6 takes a zero only when it starts, and does not say when it is ready. */
const k6LeadMs = 8_000;

export async function startLoad(context: LoadContext): Promise<WaitingLoad> {
  const { part } = context;
  if (part.kind === "k6") return { leadMs: k6LeadMs, begin: (epochMs) => startK6({ ...context, epochMs }, part.bin) };
  return { leadMs: embeddedLeadMs, begin: await startEmbedded(context) };
}

async function startEmbedded(context: LoadContext): Promise<WaitingLoad["begin"]> {
  const { warden, directory, system } = context;
  const config = {
    ...clientSettings(context),
    keys: keysReference,
    epochMs: null,
    timeoutMs: clientTimeoutMs,
  };
  await writeFile(directory.config("load"), `${JSON.stringify(config, null, 1)}\n`);
  const child = await warden.spawn({
    id: "load",
    command: process.execPath,
    args: [...partOptions, embeddedMain, "--config", directory.config("load")],
    variables: variablesOf.caller,
    env: keysEnvironment(system.keys),
    log: directory.log("load"),
  });
  await child.ready(startLimitMs);
  const done = child.exited.then((exit) => {
    if (exit.code !== 0 && !exit.ordered) throw loadFailed(`it ended by ${describeExit(exit)}`, directory.log("load"));
  });
  // The run awaits it later; until then its rejection is not unhandled.
  done.catch(() => {});
  return async (epochMs) => {
    child.input({ epochMs });
    return { done, stop: async () => void (await child.stop(stopGraceMs)) };
  };
}

/**
 * k6 offers the load through the relay, which measures it. The relay is stopped first, so that its records end at the
 * time of the stop.
 */
async function startK6(context: LoadContext & RelayContext, binary: string): Promise<RunningLoad> {
  const { warden, directory, arrivals, system, epochMs } = context;
  const relay = await startRelay(context, { generator: "k6", timeoutMs: clientTimeoutMs });
  const { command, args, env } = k6Command({
    binary,
    arrivalsFile: directory.arrivals,
    arrivals,
    targets: relay.targets,
    keys: system.keys,
    epochMs,
    timeoutMs: clientTimeoutMs,
    output: directory.log("k6"),
  });
  const child = await warden.spawn({ id: "load", command, args, variables: variablesOf.program, env, log: directory.log("load") });
  const done = child.exited.then(async ({ code, ordered }) => {
    const failure = ordered ? null : k6Failure(code);
    if (failure !== null) throw loadFailed(failure, directory.log("load"));
    await relay.stop(stopGraceMs);
  });
  // The run awaits it later; until then its rejection is not unhandled.
  done.catch(() => {});
  return {
    done,
    stop: async () => {
      await relay.stop(stopGraceMs);
      await child.stop(stopGraceMs);
    },
  };
}

function loadFailed(detail: string, log: string): LabError {
  return new LabError({
    exit: "failed",
    code: "load_failed",
    message: `The load generator failed: ${detail}`,
    hint: `Read ${log}; \`--load embedded\` uses the generator that comes with the lab`,
  });
}
