import type { Plan } from "../../kernel/plan.ts";
import type { Verdict } from "../../kernel/verdict.ts";
import type { LoadKind, NetworkKind, ProgressEvent } from "../board/progress.ts";

export interface RunOptions {
  /** A name of `scenarios/library`, or a path to a YAML file. */
  readonly scenario: string;
  /** A name of `scenarios/stacks`, or a path to a YAML file. */
  readonly stack?: string;
  readonly seed?: number;
  readonly speed?: number;
  /** `key=value`, the key a dotted path into the scenario, or into the stack after `stack.`. */
  readonly sets: readonly string[];
  /** The run directory; by default a new one under `runs/`. */
  readonly out?: string;
  readonly load: LoadKind;
  /** `auto`: the real part when it is found, else the embedded default. */
  readonly network: NetworkKind | "auto";
  /** A toxiproxy-server that runs already; the lab touches only what it creates there. */
  readonly toxiproxyUrl?: string;
  /** A file of hosts, besides loopback, that may be targets. */
  readonly allowTargets?: string;
  readonly onProgress: (event: ProgressEvent) => void;
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
  const words = ["npx blastlab run", options.scenario, `--seed ${resolved.seed}`];
  if (options.stack !== undefined) words.push(`--stack ${options.stack}`);
  if (options.speed !== undefined) words.push(`--speed ${resolved.speed}`);
  for (const set of options.sets) words.push(`--set ${/[\s"'$\\]/.test(set) ? `'${set.replaceAll("'", `'\\''`)}'` : set}`);
  if (options.allowTargets !== undefined) words.push(`--allow-targets ${options.allowTargets}`);
  words.push(`--load ${resolved.load}`);
  words.push(options.toxiproxyUrl === undefined ? `--network ${resolved.network}` : `--toxiproxy-url ${options.toxiproxyUrl}`);
  return words.join(" ");
}
