import { timesFirstTokens } from "../../kernel/load-source.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { CountedRecord, WireRecord } from "../../kernel/records.ts";
import { quantile } from "../../kernel/stats.ts";
import { billOf, usdOf } from "../measure/bill.ts";
import { explain } from "../measure/books.ts";
import { runningTotals } from "../measure/burn-rate.ts";
import type { Judged } from "../measure/classify.ts";
import { knowledgeOf } from "../measure/knowledge.ts";
import { runStepsOf, stepAt, type RunSteps } from "../measure/run-steps.ts";
import type { Evidence } from "./evidence.ts";
import type { CellSeries, RunSeries } from "./run-view.ts";

/** The run step by step, from the timeline's zero to its end; what arrived after the end counts in the last step. */
export function seriesOf({ plan, records, judged }: Evidence): RunSeries {
  const steps = runStepsOf(plan);
  const knowledge = knowledgeOf(plan, records);
  const when = ({ record }: Judged) => record.intendedMs;
  const counting = (isCounted: (one: Judged) => boolean) => counted(judged.filter(isCounted), when, steps);
  const tokensTimed = timesFirstTokens(records.loadSource);
  const firstTokens = timed(judged.flatMap(({ record: { intendedMs, firstTokenMs } }) => (tokensTimed && firstTokenMs !== null ? [{ atMs: intendedMs, ms: firstTokenMs - intendedMs }] : [])), steps);
  const quantiles = (q: number) => firstTokens.map((times) => (times.length === 0 ? null : quantile(times, q)));
  const attempts = Object.fromEntries(plan.deployments.map(({ name }) => [name, zeros(steps)]));
  return {
    fromMs: 0,
    stepMs: steps.stepMs,
    offered: counting(() => true),
    good: counting(({ state }) => state === "good"),
    bad: counting(({ state }) => state === "bad"),
    silent: counting(({ silent }) => silent),
    firstTokenMsP50: quantiles(0.5),
    firstTokenMsP95: quantiles(0.95),
    attempts: { ...attempts, ...countedBy(records.wire, ({ deployment }) => deployment, ({ arrivedMs }) => arrivedMs, steps) },
    packages: countedBy(judged, ({ record }) => record.package, when, steps),
    cells: cellsOf(plan, judged, steps),
    reused: counting((one) => explain(one, knowledge) === "reused"),
    gateways: countedBy(judged, ({ record }) => record.replica, when, steps),
    countedFailures: countedFailures(records.counted, steps),
    billedUsd: billed(plan, records.wire, steps),
  };
}

const zeros = ({ length }: RunSteps): number[] => Array.from({ length }, () => 0);

function counted<T>(all: readonly T[], when: (one: T) => number, steps: RunSteps): readonly number[] {
  const counts = zeros(steps);
  for (const one of all) counts[stepAt(when(one), steps)]!++;
  return counts;
}

/** By the name that each has; those without one are left out. */
function countedBy<T>(all: readonly T[], nameOf: (one: T) => string | undefined, when: (one: T) => number, steps: RunSteps): Readonly<Record<string, readonly number[]>> {
  const named = Map.groupBy(all, nameOf);
  return Object.fromEntries([...named].flatMap(([name, own]) => (name === undefined ? [] : [[name, counted(own, when, steps)]])));
}

function timed(all: readonly { readonly atMs: number; readonly ms: number }[], steps: RunSteps): readonly (readonly number[])[] {
  const times: number[][] = Array.from({ length: steps.length }, () => []);
  for (const { atMs, ms } of all) times[stepAt(atMs, steps)]!.push(ms);
  return times;
}

function cellsOf(plan: Plan, judged: readonly Judged[], steps: RunSteps): Readonly<Record<string, CellSeries>> {
  const byCell = Map.groupBy(judged, ({ cell }) => cell);
  const when = ({ record }: Judged) => record.intendedMs;
  return Object.fromEntries(
    plan.cells.map(({ name }) => {
      const own = byCell.get(name) ?? [];
      return [name, { offered: counted(own, when, steps), bad: counted(own.filter(({ state }) => state === "bad"), when, steps) }];
    }),
  );
}

function countedFailures(counted: readonly CountedRecord[], steps: RunSteps): readonly (number | null)[] {
  const counts: (number | null)[] = Array.from({ length: steps.length }, () => null);
  runningTotals(counted).forEach(({ atMs, bad }, index, all) => {
    if (index === 0) return;
    const at = stepAt(atMs, steps);
    counts[at] = (counts[at] ?? 0) + bad - all[index - 1]!.bad;
  });
  return counts;
}

function billed(plan: Plan, wire: readonly WireRecord[], steps: RunSteps): readonly number[] | null {
  if (plan.deployments.every(({ price }) => (price ?? null) === null)) return null;
  const bill = billOf(plan);
  const nanoUsd = zeros(steps);
  for (const attempt of wire) nanoUsd[stepAt(attempt.arrivedMs, steps)]! += bill(attempt) ?? 0;
  return nanoUsd.map(usdOf);
}
