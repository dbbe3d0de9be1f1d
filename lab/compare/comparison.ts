import { mean, meanInterval } from "../../kernel/stats.ts";
import type { Range } from "../../kernel/verdict.ts";
import { separationOf } from "../../observer/measure/separation.ts";
import { isJudged, type CellEnd, type CellResult } from "../suite/cell.ts";
import type { Contestant } from "./contestants.ts";
import { differenceOverClients, overClients, type ClientMean } from "./over-clients.ts";
import { comparedMeasures, type Compared, type ComparedMeasure } from "./measures.ts";

/** Stacks side by side, by scenario. A function of the cells' results alone. */
export interface Comparison {
  readonly schema: "blastlab.comparison/1";
  readonly contestants: readonly Contestant[];
  readonly seeds: readonly number[];
  /** Runs that were to be played and were not: the comparison was interrupted. */
  readonly unplayed: number;
  /**
   * Confidence of each pair's interval: of a comparison in which nothing differs, at most one in twenty reports a
   * difference.
   */
  readonly level: number;
  readonly scenarios: readonly ComparedScenario[];
}

export interface ComparedScenario {
  readonly scenario: string;
  readonly stacks: readonly ComparedStack[];
  readonly pairs: readonly ComparedPair[];
}

export interface ComparedStack {
  readonly label: string;
  readonly ends: readonly { readonly seed: number; readonly end: CellEnd; readonly reason: string }[];
  readonly figures: readonly ComparedFigure[];
  /** Lost demand with its interval over clients. Null: no seed measured it. */
  readonly lostOverClients: ClientMean | null;
}

export interface ComparedFigure {
  readonly measure: ComparedMeasure["name"];
  /** Seeds that measured it. */
  readonly seeds: number;
  /** Null: none did. */
  readonly mean: number | null;
  /** In a seed it did not come within the run, so the mean is the least that it can be. */
  readonly isLeast: boolean;
  /** 95 % over seeds. Null with fewer than two. */
  readonly interval: Range | null;
}

export interface ComparedPair {
  readonly first: string;
  readonly second: string;
  readonly differences: readonly ComparedDifference[];
  /** Of lost demand, with its interval over clients, as wide as those over seeds. Null: it is not measured on both. */
  readonly lostOverClients: ClientMean | null;
}

export interface ComparedDifference {
  readonly measure: ComparedMeasure["name"];
  /** Seeds that measured it on both. */
  readonly pairs: number;
  /** Of the second less that of the first, over these seeds. Null: no pair. */
  readonly difference: number | null;
  readonly interval: Range | null;
  readonly separated: boolean;
}

/** A result and the label of the contestant that it is of. */
export interface LabelledResult {
  readonly label: string;
  readonly result: CellResult;
}

/**
 * Of every pair of contestants, in their order, so that the first named is the one that others are compared with. `of`:
 * runs that were to be played.
 */
export function comparisonOf(contestants: readonly Contestant[], results: readonly LabelledResult[], of = results.length): Comparison {
  const scenarios = [...new Set(results.map(({ result }) => result.cell.scenario))];
  const seeds = [...new Set(results.map(({ result }) => result.cell.seed))];
  const pairs = contestants.flatMap((first, index) => contestants.slice(index + 1).map((second) => [first.label, second.label] as const));
  const level = 1 - 0.05 / (pairs.length * comparedMeasures.length * Math.max(1, scenarios.length));
  const compared = scenarios.map((scenario): ComparedScenario => {
    const resultsOf = (label: string) => results.flatMap((each) => (each.label === label && each.result.cell.scenario === scenario ? [each.result] : []));
    return {
      scenario,
      stacks: contestants.map(({ label }) => stackOf(label, resultsOf(label))),
      pairs: pairs.map(([first, second]) => pairOf(first, second, { of: resultsOf, level })),
    };
  });
  return { schema: "blastlab.comparison/1", contestants, seeds, unplayed: of - results.length, level, scenarios: compared };
}

function stackOf(label: string, results: readonly CellResult[]): ComparedStack {
  return {
    label,
    ends: results.map(({ cell, end, reasons }) => ({ seed: cell.seed, end, reason: reasons[0] ?? "" })),
    figures: comparedMeasures.map((measure) => figureOf(measure, results)),
    lostOverClients: lostOverClients(results),
  };
}

function figureOf(measure: ComparedMeasure, results: readonly CellResult[]): ComparedFigure {
  const values = results.flatMap((result) => valueIn(measure, result) ?? []);
  const numbers = values.map(({ value }) => value);
  return {
    measure: measure.name,
    seeds: values.length,
    mean: values.length === 0 ? null : mean(numbers),
    isLeast: values.some(({ isLeast }) => isLeast),
    interval: meanInterval(numbers),
  };
}

interface PairOptions {
  /** Results by label. */
  readonly of: (label: string) => readonly CellResult[];
  readonly level: number;
}

function pairOf(first: string, second: string, { of, level }: PairOptions): ComparedPair {
  const results = [of(first), of(second)] as const;
  const [before, after] = results.map(lostOverClients);
  return {
    first,
    second,
    differences: comparedMeasures.map((measure) => differenceOf(measure, results, level)),
    lostOverClients: before == null || after == null ? null : differenceOverClients(before, after, level),
  };
}

function lostOverClients(results: readonly CellResult[]): ClientMean | null {
  return overClients(results.flatMap(({ end, measures }) => (measures?.lostDemand == null || !isJudged(end) ? [] : [measures.lostDemand])));
}

function differenceOf(measure: ComparedMeasure, [first, second]: readonly [readonly CellResult[], readonly CellResult[]], level: number): ComparedDifference {
  const bySeed = new Map(second.map((result) => [result.cell.seed, result]));
  const pairs = first.flatMap((result) => {
    const other = bySeed.get(result.cell.seed);
    const values = other === undefined ? [] : [valueIn(measure, result), valueIn(measure, other)];
    return values.some((value) => value === null) || other === undefined ? [] : [[values[0]!.value, values[1]!.value] as const];
  });
  const { difference, interval, separated } = separationOf(pairs, { level, differenceMin: measure.differenceMin(mean(pairs.flat())), seedsMin: measure.seedsMin });
  return { measure: measure.name, pairs: pairs.length, difference: pairs.length === 0 ? null : difference, interval, separated };
}

function valueIn({ valueOf }: ComparedMeasure, { end, measures }: CellResult): Compared | null {
  return measures === null || !isJudged(end) ? null : valueOf(measures);
}
