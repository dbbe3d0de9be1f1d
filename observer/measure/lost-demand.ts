import type { Plan } from "../../kernel/plan.ts";
import { sum } from "../../kernel/stats.ts";
import type { BlastRadius, Range } from "../../kernel/verdict.ts";
import { expectedBad, isJudgedWhole, talliesOf, without, type CellTally, type ExcessSources, type Reading, type Tally } from "./excess.ts";
import { halfOverClients } from "./jackknife.ts";
import { exposureSpan, judgedWithin } from "./windows.ts";

/**
 * Excess bad requests over what the control predicts for the same cells, from the first fault to the end of the
 * observation, divided by the demand while faults were in force (docs/metrics.md). It does not shrink with the length
 * of the recovery, and exceeds 1 where the damage outlives the faults. Null without any demand in that time.
 */
export function lostDemandOf(plan: Plan, sources: ExcessSources): BlastRadius | null {
  const cells = talliesOf(plan, sources, "seen");
  const value = estimate(plan, totalsOf(cells));
  if (value === null) return null;
  const read = (reading: Reading) => estimate(plan, totalsOf(talliesOf(plan, sources, reading)))!.share;
  const evidence: Range = isJudgedWhole(sources) ? [value.share, value.share] : [read("low"), read("high")];
  const span = exposureSpan(plan);
  const perSecond = (judgedWithin(span, sources.judged).length * 1_000) / (span.toMs - span.fromMs);
  return { share: value.share, evidence, interval: intervalOf(plan, cells, value.share), excess: value.excess, demand: value.demand, lostMs: (1_000 * value.excess) / perSecond };
}

const totalsOf = (cells: readonly CellTally[]) => cells.map(({ total }) => total);

function estimate(plan: Plan, cells: readonly Readonly<Tally>[]): { readonly share: number; readonly excess: number; readonly demand: number } | null {
  const demand = sum(cells.map((cell) => cell.demand));
  if (demand === 0) return null;
  const expected = expectedBad(plan, cells);
  const excess = Math.max(0, sum(cells.map((cell) => cell.bad - expected(cell))));
  return { share: excess / demand, excess, demand };
}

/** Over clients. Null where a cell has too few of them. */
function intervalOf(plan: Plan, cells: readonly CellTally[], share: number): Range | null {
  const totals = totalsOf(cells);
  const half = halfOverClients(
    cells.map(({ clients }) => clients),
    (index, client) => estimate(plan, totals.with(index, without(totals[index]!, client)))?.share ?? 0,
  );
  return half === null ? null : [Math.max(0, share - half), share + half];
}
