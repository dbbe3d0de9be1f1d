import { mean } from "../../kernel/stats.ts";
import type { Range } from "../../kernel/verdict.ts";
import { separationOf, separationOfSamples } from "../../observer/measure/separation.ts";
import { baselineCells, type Baseline, type BaselineCell } from "./baseline.ts";
import { isJudged, type Cell, type CellResult } from "./cell.ts";
import { changeRule, trackedNames, valueOf, type TrackedName } from "./tracked.ts";

/** A measure of a scenario on a stack that is another than in the baseline. */
export interface Change extends Pick<Cell, "scenario" | "stack" | "sets"> {
  readonly measure: TrackedName;
  /** Means over the seeds. */
  readonly before: number;
  readonly now: number;
  /** Of the mean difference. It excludes 0. */
  readonly interval: Range;
  readonly seeds: number;
  /** The same seeds as the baseline's: the differences of each seed decide. */
  readonly paired: boolean;
}

export interface Comparison {
  readonly worse: readonly Change[];
  readonly better: readonly Change[];
  /** Confidence of every interval, such as 0.99. */
  readonly level: number;
  /** Cells of the baseline, by scenario and stack, that were compared. */
  readonly compared: number;
  /** Cells that were measured with fewer than two seeds here or there: no interval, so nothing is said. */
  readonly tooFewSeeds: number;
  /** Cells that were played, and that the baseline does not have. */
  readonly unknown: number;
  /** Cells of the baseline that were not played. */
  readonly unplayed: number;
}

/**
 * Two settings are separated at 99 % (docs/metrics.md). With many comparisons each is held to more, so that at most one
 * suite in twenty reports a change that is none.
 */
const levelMin = 0.99;
const falseSuites = 0.05;

/** Compares results with a baseline. Only what the interval over the seeds supports is a change. */
export function compareWithBaseline(results: readonly CellResult[], baseline: Baseline): Comparison {
  const known = baselineCells(baseline);
  const groups = [...Map.groupBy(results, ({ cell: { scenario, stack, sets } }) => JSON.stringify([scenario, stack, sets])).values()];
  const both = groups.flatMap((group) => {
    const before = known(group[0]!.cell);
    return before === undefined ? [] : [{ group, before }];
  });
  const sampled = both.map(({ group, before }) => trackedNames.flatMap((measure) => samplesOf(measure, group, before) ?? []));
  const samples = sampled.flat();
  const level = Math.max(levelMin, 1 - falseSuites / Math.max(1, samples.length));
  const changes = samples.flatMap((sample) => changeOf(sample, level) ?? []);
  return {
    worse: changes.filter(({ before, now }) => now > before),
    better: changes.filter(({ before, now }) => now < before),
    level,
    compared: sampled.filter((of) => of.length > 0).length,
    tooFewSeeds: both.filter(({ group, before }, index) => sampled[index]!.length === 0 && isMeasured(group, before)).length,
    unknown: groups.length - both.length,
    unplayed: baseline.cells.length - both.length,
  };
}

/** Whether there was anything to measure, here or there: the stack may lack what the scenario breaks. */
const isMeasured = (group: readonly CellResult[], before: BaselineCell): boolean => trackedNames.some((name) => group.some((result) => judgedValue(name, result) !== null) || before.values[name].some((value) => value !== null));

/** Null: not measured, or by a run that gave no verdict, whose records are not to be trusted. */
const judgedValue = (name: TrackedName, result: CellResult): number | null => (isJudged(result.end) ? valueOf(name, result) : null);

interface Samples extends Pick<Change, "measure" | "paired"> {
  readonly cell: Cell;
  /** Of the same seeds in the same order, where they are paired. */
  readonly before: readonly number[];
  readonly now: readonly number[];
}

/** Null: fewer than two values on a side. Seeds in common are paired. Without two of them the two are independent. */
function samplesOf(measure: TrackedName, group: readonly CellResult[], before: BaselineCell): Samples | null {
  const { cell } = group[0]!;
  const old = new Map(before.seeds.map((seed, index) => [seed, before.values[measure][index] ?? null]));
  const pairs = group.flatMap((result) => {
    const then = old.get(result.cell.seed) ?? null;
    const value = judgedValue(measure, result);
    return then === null || value === null ? [] : [{ then, value }];
  });
  if (pairs.length > 1) return { measure, cell, paired: true, before: pairs.map(({ then }) => then), now: pairs.map(({ value }) => value) };
  const olds = [...old.values()].filter((value) => value !== null);
  const news = group.flatMap((result) => judgedValue(measure, result) ?? []);
  return olds.length < 2 || news.length < 2 ? null : { measure, cell, paired: false, before: olds, now: news };
}

function changeOf({ measure, cell: { scenario, stack, sets }, before, now, paired }: Samples, level: number): Change | null {
  const rule = { ...changeRule[measure], level };
  const { interval, separated } = paired ? separationOf(now.map((value, index) => [before[index]!, value]), rule) : separationOfSamples(before, now, rule);
  return separated ? { scenario, stack, sets, measure, before: mean(before), now: mean(now), interval: interval!, seeds: now.length, paired } : null;
}
