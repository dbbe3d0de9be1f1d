import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Cancelled, throwIfAborted } from "../../../kernel/signal.ts";
import { viewOf } from "../../../observer/view/view-of.ts";
import { paintFor } from "../../board/paint.ts";
import { playResolved, type PlayedRun } from "../../conductor/virtual/play.ts";
import { seedsOf } from "../../conductor/virtual/seeds.ts";
import { virtualInputs } from "../../conductor/virtual/virtual-inputs.ts";
import { assertFree, writeRun } from "../../conductor/virtual/write-run.ts";
import { Interrupted, listenForInterrupt } from "../../live/interrupt.ts";
import { virtualReplayCommand } from "../../live/options.ts";
import { exitCodeOf } from "../../live/run-live.ts";
import { resolveRun, type ResolvedRun, type RunInputs } from "../../plan/resolve-run.ts";
import { seedsText, worstOf } from "../../report/seeds-text.ts";
import { terminalReporter } from "../../report/terminal.ts";
import { writeJson, type Io } from "../io.ts";
import { noProgress, progressOn } from "../virtual-progress.ts";

export interface VirtualFlags {
  /** Such as `20`, which is `1..20`. */
  readonly seeds?: string;
  readonly out?: string;
  readonly json?: boolean;
  /** Without progress. */
  readonly quiet?: boolean;
}

/**
 * `blastlab run --virtual`: resolves to the exit code, with many seeds to that of the first present of failed, unknown,
 * deviated, held.
 */
export async function runVirtualCommand(inputs: RunInputs, { seeds, out, json = false, quiet = false }: VirtualFlags, io: Io): Promise<number> {
  const listed = seeds === undefined ? null : seedsOf(seeds);
  const runs = (listed ?? [inputs.seed]).map((seed) => resolveRun(virtualInputs({ ...inputs, ...(seed === undefined ? {} : { seed }) })));
  const directoryOf = ({ plan }: Pick<ResolvedRun, "plan">) => {
    if (listed === null) return out ?? path.join("runs", plan.run);
    return out === undefined ? null : path.join(out, `seed-${plan.seed}`);
  };
  for (const directory of runs.map(directoryOf)) if (directory !== null) await assertFree(directory);
  const played = await playAll(runs, { inputs, directoryOf, quiet }, io);
  const exitCode = exitCodeOf(worstOf(played.map(({ verdict }) => verdict)));
  const [first] = played;
  if (listed === null && first !== undefined) showOne(first, { inputs, directory: directoryOf(first)!, exitCode, json, io });
  else if (json) writeJson(io, { exitCode, runs: played.map((run) => ({ seed: run.plan.seed, directory: directoryOf(run), verdict: run.verdict })) });
  else io.stdout.write(seedsText(played.map((run) => viewOf(run)), paintFor(io.stdout)));
  return exitCode;
}

/** What is kept in memory of a run that has been judged. */
type JudgedRun = Pick<PlayedRun, "plan" | "verdict">;

/** Where each run is kept, and what it was made from. */
interface Kept {
  readonly inputs: RunInputs;
  /** Null: nowhere. */
  readonly directoryOf: (run: ResolvedRun) => string | null;
  readonly quiet: boolean;
}

/** One after the other, each written as soon as it is played. Rejects with `Interrupted` on Ctrl-C. */
async function playAll(runs: readonly ResolvedRun[], { inputs, directoryOf, quiet }: Kept, io: Io): Promise<readonly JudgedRun[]> {
  using interrupt = listenForInterrupt();
  const progress = quiet ? noProgress : progressOn(io.stderr, runs.length);
  const played: JudgedRun[] = [];
  try {
    for (const run of runs) {
      const done = await playResolved(run, { onProgress: progress.of(run.plan), signal: interrupt.cancelled });
      // A Ctrl-C that came while the run was judged.
      await nextTurn();
      throwIfAborted(interrupt.cancelled);
      const directory = directoryOf(run);
      if (directory !== null) await writeRun(directory, done, virtualReplayCommand(inputs, done.plan));
      played.push({ plan: done.plan, verdict: done.verdict });
    }
    return played;
  } catch (error) {
    throw error instanceof Cancelled && interrupt.signal.aborted ? new Interrupted() : error;
  } finally {
    progress.close();
  }
}

interface Shown {
  readonly inputs: RunInputs;
  readonly directory: string;
  readonly exitCode: number;
  readonly json: boolean;
  readonly io: Io;
}

function showOne({ plan, verdict }: JudgedRun, { inputs, directory, exitCode, json, io }: Shown): void {
  if (json) return writeJson(io, { exitCode, directory, verdict });
  terminalReporter(io.stdout, { directory, replay: virtualReplayCommand(inputs, plan) }, paintFor(io.stdout)).report(viewOf({ plan, verdict }));
}
