import { mean } from "../../kernel/stats.ts";
import { comparedQuantity, type Compared, type ComparedMeasure } from "../../lab/compare/measures.ts";
import { differenceOverClients, overClients, type ClientMean } from "../../lab/compare/over-clients.ts";
import { isJudged, type CellMeasures } from "../../lab/suite/cell.ts";
import type { Quantity } from "../../observer/measure/quantity.ts";
import { separationOfSamples } from "../../observer/measure/separation.ts";
import type { ResultStore } from "../support/result-store.ts";

/** The measures of the seeds that were judged. */
export const measuredIn = (store: ResultStore, scenario: string, stack: string): readonly CellMeasures[] =>
  store.of(scenario, stack).flatMap(({ result: { end, measures } }) => (measures === null || !isJudged(end) ? [] : [measures]));

/** Where nothing was lost there is nothing to recover from. */
const isShown = ({ name }: ComparedMeasure, { lostDemand }: CellMeasures) => name !== "recovery" || lostDemand?.value !== 0;

export const valuesOf = (measure: ComparedMeasure, seeds: readonly CellMeasures[]): readonly Compared[] =>
  seeds.flatMap((measures) => (isShown(measure, measures) ? (measure.valueOf(measures) ?? []) : []));

export function meanOf(measure: ComparedMeasure, values: readonly Compared[]): Quantity {
  return comparedQuantity(measure, mean(values.map(({ value }) => value)), values.some(({ isLeast }) => isLeast));
}

/** With its interval from the clients within the runs. Null: the measure has none, or was not measured. */
export const meanOverClients = ({ estimateOf }: ComparedMeasure, seeds: readonly CellMeasures[]): ClientMean | null =>
  estimateOf === undefined ? null : overClients(seeds.flatMap((measures) => estimateOf(measures) ?? []));

/**
 * Whether the first has more of it: by the clients within the runs where the measure has their interval, else by the
 * seeds.
 */
export function hasMore(measure: ComparedMeasure, first: readonly CellMeasures[], second: readonly CellMeasures[]): boolean {
  const [mine, theirs] = [first, second].map((seeds) => valuesOf(measure, seeds).map(({ value }) => value)) as [number[], number[]];
  if (mine.length === 0 || theirs.length === 0) return false;
  const differenceMin = measure.differenceMin(mean([...mine, ...theirs]));
  if (measure.estimateOf === undefined) {
    const { difference, separated } = separationOfSamples(theirs, mine, { differenceMin, level: 0.99, seedsMin: measure.seedsMin });
    return separated && difference > 0;
  }
  const { mean: difference, interval } = differenceOverClients(meanOverClients(measure, second)!, meanOverClients(measure, first)!);
  return difference >= differenceMin && interval !== null && interval[0] > 0;
}
