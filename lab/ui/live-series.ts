import type { Plan } from "../../kernel/plan.ts";
import type { LiveStep } from "../../kernel/records.ts";
import { runStepsOf } from "../../observer/measure/run-steps.ts";
import type { RunSeries } from "../../observer/view/run-view.ts";

/**
 * The series of a run so far, of the steps that the observer has reported. What only a verdict can know is empty in it.
 */
export function liveSeries(plan: Plan, reported: ReadonlyMap<number, LiveStep>): RunSeries {
  const { stepMs } = runStepsOf(plan);
  const steps = Array.from({ length: Math.max(-1, ...reported.keys()) + 1 }, (_, index) => reported.get(index));
  const counts = (of: (step: LiveStep) => number | undefined) => steps.map((step) => (step === undefined ? 0 : (of(step) ?? 0)));
  const times = (of: (step: LiveStep) => number | null) => steps.map((step) => (step === undefined ? null : of(step)));
  return {
    fromMs: 0,
    stepMs,
    offered: counts(({ offered }) => offered),
    good: counts(({ good }) => good),
    bad: counts(({ bad }) => bad),
    silent: counts(({ silent }) => silent),
    firstTokenMsP50: times(({ firstTokenMsP50 }) => firstTokenMsP50),
    firstTokenMsP95: times(({ firstTokenMsP95 }) => firstTokenMsP95),
    attempts: Object.fromEntries(plan.deployments.map(({ name }) => [name, counts(({ attempts }) => attempts[name])])),
    cells: Object.fromEntries(plan.cells.map(({ name }) => [name, { offered: counts(({ cells }) => cells[name]?.offered), bad: counts(({ cells }) => cells[name]?.bad) }])),
    packages: {},
    reused: counts(() => 0),
    gateways: {},
    countedFailures: times(() => null),
    billedUsd: null,
  };
}

/** The same up to the run's end, so that an axis does not grow while the run goes on. */
export function padded(plan: Plan, series: RunSeries): RunSeries {
  const { length } = runStepsOf(plan);
  const pad = (values: readonly number[]) => [...values, ...Array.from({ length: Math.max(0, length - values.length) }, () => 0)];
  const cells = Object.fromEntries(Object.entries(series.cells).map(([name, { offered, bad }]) => [name, { offered: pad(offered), bad: pad(bad) }]));
  return { ...series, offered: pad(series.offered), cells };
}
