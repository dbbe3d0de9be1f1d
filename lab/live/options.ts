import type { Plan } from "../../kernel/plan.ts";
import type { Verdict } from "../../kernel/verdict.ts";
import type { LoadKind, NetworkKind, ProgressEvent } from "../board/progress.ts";
import type { RunInputs } from "../plan/resolve-run.ts";
import type { RunHand } from "./hand.ts";

export interface RunOptions extends RunInputs {
  /** The run directory; by default a new one under `runs/`. */
  readonly out?: string;
  /** `out` may hold a void run, which is removed first. */
  readonly force?: boolean;
  readonly load: LoadKind;
  /** `auto`: the real part when it is found, else the embedded default. */
  readonly network: NetworkKind | "auto";
  /** A toxiproxy-server that runs already; the lab touches only what it creates there. */
  readonly toxiproxyUrl?: string;
  /** A file of hosts, besides loopback, that may be targets. */
  readonly allowTargets?: string;
  /** Where the observer sends its own metrics besides, as OTLP over HTTP; absent: nowhere. */
  readonly observerOtlp?: string;
  /** The stack may start a program of the user's. */
  readonly allowCommands?: boolean;
  /** The directory of an earlier run without faults, which is the control; absent: a paired run plays its own. */
  readonly control?: string;
  /** The first of its fixed ports (run-ports.ts); absent: each part gets any that is free. */
  readonly ports?: number;
  readonly onProgress: (event: ProgressEvent) => void;
  /** What a person does to the run while it goes on; absent: nobody can. */
  readonly hand?: RunHand;
}

export interface RunResult {
  readonly plan: Plan;
  readonly verdict: Verdict;
  readonly directory: string;
  /** The command that plays the same run again. */
  readonly replay: string;
  readonly exitCode: number;
}

/** The command that plays the same run again. */
export function replayCommand(options: RunOptions, resolved: { seed: number; speed: number; load: LoadKind; network: NetworkKind }): string {
  const words = inputWords(options, resolved);
  if (options.control !== undefined) words.push(`--control ${options.control}`);
  if (options.allowTargets !== undefined) words.push(`--allow-targets ${options.allowTargets}`);
  if (options.allowCommands === true) words.push("--allow-commands");
  words.push(`--load ${resolved.load}`);
  words.push(options.toxiproxyUrl === undefined ? `--network ${resolved.network}` : `--toxiproxy-url ${options.toxiproxyUrl}`);
  if (options.ports !== undefined) words.push(`--ports ${options.ports}`);
  return words.join(" ");
}

/** The same for a run in virtual time. */
export function virtualReplayCommand(inputs: RunInputs, resolved: { seed: number; speed: number }): string {
  return [...inputWords(inputs, resolved), "--virtual"].join(" ");
}

function inputWords({ scenario, stack, speed, sets }: RunInputs, resolved: { seed: number; speed: number }): string[] {
  const words = ["npx blastlab run", scenario, `--seed ${resolved.seed}`];
  if (stack !== undefined) words.push(`--stack ${stack}`);
  if (speed !== undefined) words.push(`--speed ${resolved.speed}`);
  for (const set of sets) words.push(`--set ${/[\s"'$\\]/.test(set) ? `'${set.replaceAll("'", `'\\''`)}'` : set}`);
  return words;
}
