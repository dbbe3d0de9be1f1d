import { mean } from "../../kernel/stats.ts";
import { separationOf, type Separation } from "../../observer/measure/separation.ts";
import { differenceOverClients, overClients, type ClientMean } from "../../lab/compare/over-clients.ts";
import { isJudged, type CellEnd, type CellResult } from "../../lab/suite/cell.ts";

/** What `hardened` has with a protection and without it, in one scenario and over the same seeds. */
export interface Worth {
  readonly seeds: number;
  readonly ends: readonly [withIt: readonly CellEnd[], without: readonly CellEnd[]];
  /** Lost demand, with intervals from the clients within runs. Null: it was not measured on both. */
  readonly lost: { readonly withIt: ClientMean; readonly without: ClientMean; readonly difference: ClientMean; readonly paired: Separation } | null;
  readonly detection: readonly [withIt: Detection, without: Detection];
}

export interface Detection {
  /** Runs with an alarm. */
  readonly alarms: number;
  readonly of: number;
  /** Mean of those, ms. Null: none had one. */
  readonly meanMs: number | null;
}

/** Null: no seed was judged on both. */
export function worthOf(withIt: readonly CellResult[], without: readonly CellResult[]): Worth | null {
  const counts = ({ end, measures }: CellResult) => measures !== null && isJudged(end);
  const bySeed = new Map(without.filter(counts).map((result) => [result.cell.seed, result]));
  const pairs = withIt.filter(counts).flatMap((result) => {
    const other = bySeed.get(result.cell.seed);
    return other === undefined ? [] : [[result, other] as const];
  });
  if (pairs.length === 0) return null;
  const [first, second] = [pairs.map(([one]) => one), pairs.map(([, other]) => other)];
  return {
    seeds: pairs.length,
    ends: [first.map(({ end }) => end), second.map(({ end }) => end)],
    lost: lostOf(first, second),
    detection: [detectionOf(first), detectionOf(second)],
  };
}

function lostOf(first: readonly CellResult[], second: readonly CellResult[]): Worth["lost"] {
  const lost = (results: readonly CellResult[]) => results.flatMap(({ measures }) => measures!.lostDemand ?? []);
  const [withIt, without] = [overClients(lost(first)), overClients(lost(second))];
  if (withIt === null || without === null || lost(first).length !== lost(second).length) return null;
  const pairs = lost(first).map(({ value }, index) => [value, lost(second)[index]!.value] as const);
  return { withIt, without, difference: differenceOverClients(withIt, without), paired: separationOf(pairs) };
}

function detectionOf(results: readonly CellResult[]): Detection {
  const alarms = results.flatMap(({ measures }) => measures!.detectionMs ?? []);
  return { alarms: alarms.length, of: results.length, meanMs: alarms.length === 0 ? null : mean(alarms) };
}
