import type { Arrival, Plan } from "../../kernel/plan.ts";
import type { LiveStep, WireRecord } from "../../kernel/records.ts";
import { quantile } from "../../kernel/stats.ts";
import type { Judged } from "./classify.ts";
import { cellOf } from "./knowledge.ts";
import { runStepsOf, stepAt, type RunSteps } from "./run-steps.ts";

/** What is counted of a step while the run goes on. */
interface Counts {
  offered: number;
  good: number;
  bad: number;
  silent: number;
  readonly firstTokensMs: number[];
  readonly attempts: Record<string, number>;
  readonly cells: Record<string, { offered: number; bad: number }>;
}

/**
 * The run step by step, as `seriesOf` counts it when the run is over. What was offered is known from the arrivals,
 * whether an answer came or not.
 */
export class LiveSteps {
  readonly #steps: RunSteps;
  readonly #counts: readonly Counts[];
  readonly #changed = new Set<number>();
  /** Steps before it have been reported at least once. */
  #next = 0;

  constructor(plan: Plan, arrivals: readonly Arrival[]) {
    this.#steps = runStepsOf(plan);
    this.#counts = Array.from({ length: this.#steps.length }, () => emptyCounts());
    for (const arrival of arrivals) {
      const counts = this.#counts[stepAt(arrival.atMs, this.#steps)]!;
      counts.offered++;
      (counts.cells[cellOf(arrival)] ??= { offered: 0, bad: 0 }).offered++;
    }
  }

  takeWire({ deployment, arrivedMs }: WireRecord): void {
    const { attempts } = this.#countsAt(arrivedMs);
    attempts[deployment] = (attempts[deployment] ?? 0) + 1;
  }

  takeJudged({ record, cell, state, silent }: Judged): void {
    const { intendedMs, firstTokenMs } = record;
    const counts = this.#countsAt(intendedMs);
    if (state !== "left") counts[state]++;
    if (silent) counts.silent++;
    if (state === "bad") (counts.cells[cell] ??= { offered: 0, bad: 0 }).bad++;
    if (firstTokenMs !== null) counts.firstTokensMs.push(firstTokenMs - intendedMs);
  }

  #countsAt(atMs: number): Counts {
    const index = stepAt(atMs, this.#steps);
    this.#changed.add(index);
    return this.#counts[index]!;
  }

  /** The steps that are over at `nowMs` and were not reported as they are now. Calls must not go back in time. */
  changed(nowMs: number): readonly LiveStep[] {
    const end = Math.min(this.#steps.length, Math.max(0, Math.floor(nowMs / this.#steps.stepMs)));
    for (; this.#next < end; this.#next++) this.#changed.add(this.#next);
    const due = [...this.#changed].filter((index) => index < end).sort((a, b) => a - b);
    for (const index of due) this.#changed.delete(index);
    return due.map((index) => shown(index, this.#counts[index]!));
  }
}

const emptyCounts = (): Counts => ({ offered: 0, good: 0, bad: 0, silent: 0, firstTokensMs: [], attempts: {}, cells: {} });

function shown(index: number, { firstTokensMs, attempts, cells, ...counts }: Counts): LiveStep {
  const at = (q: number) => (firstTokensMs.length === 0 ? null : quantile(firstTokensMs, q));
  const cellsNow = Object.fromEntries(Object.entries(cells).map(([cell, own]) => [cell, { ...own }]));
  return { index, ...counts, firstTokenMsP50: at(0.5), firstTokenMsP95: at(0.95), attempts: { ...attempts }, cells: cellsNow };
}
