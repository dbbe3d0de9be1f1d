import type { Plan } from "../../kernel/plan.ts";
import type { Judged } from "./classify.ts";
import type { Case, Suspect } from "./evidence.ts";
import { meets } from "./fault-time.ts";
import { firstInBand } from "./recovery.ts";
import { isUnreachable } from "./system-decision.ts";

/**
 * For a bad request that no fault in force explains: the last fault lifted before it ended, when that was of its cell
 * and the run, or the cell, had not recovered when it was intended. A recovery is not seen within less than a window,
 * so an aftermath lasts one at least. Faults that do not reach the cell count where none that does was lifted and none
 * at all is in force. Faults that cannot make a request bad in this way play no part.
 */
export function lastLifted(plan: Plan, suspects: readonly Suspect[], all: readonly Judged[]): (bad: Case) => string | null {
  const untilMs = recoveredBy(plan, all);
  return (bad) => {
    const { record, cell } = bad.judged;
    const able = suspects.filter((suspect) => isAble(suspect, bad));
    const reaching = able.filter(({ fault }) => fault.affects.cells.includes(cell));
    const isInForce = ({ inForce }: Suspect) => meets(inForce, record.endMs, record.endMs);
    if (reaching.some(isInForce)) return null;
    const last = latest(reaching, record.endMs) ?? (able.some(isInForce) ? null : latest(able, record.endMs));
    return last !== null && record.intendedMs < untilMs(last.liftedMs, cell) ? last.id : null;
  };
}

/**
 * It can make requests bad for this cause, and, where this one did not reach the system, ends the connections of
 * clients so.
 */
function isAble({ fault: { signature }, sites }: Suspect, bad: Case): boolean {
  const { cause, record } = bad.judged;
  if (cause === null || !signature.causes.includes(cause)) return false;
  return !isUnreachable(bad) || (sites.onTheWay && signature.ends.some((end) => end === record.end));
}

interface Lifted {
  readonly id: string;
  readonly liftedMs: number;
}

function latest(suspects: readonly Suspect[], beforeMs: number): Lifted | null {
  const lifted = suspects.flatMap(({ fault: { id }, inForce }) => (inForce === undefined || inForce.toMs > beforeMs ? [] : [{ id, liftedMs: inForce.toMs }]));
  return lifted.reduce<Lifted | null>((last, each) => (last === null || each.liftedMs >= last.liftedMs ? each : last), null);
}

/** When the run and a cell had both recovered from a fault that was lifted at a time. */
function recoveredBy(plan: Plan, all: readonly Judged[]): (liftedMs: number, cell: string) => number {
  const known = new Map<string, number>();
  const since = (liftedMs: number, cell: string | null) => {
    const key = `${liftedMs} ${cell ?? ""}`;
    const ofCell = () => (cell === null ? all : all.filter((judged) => judged.cell === cell));
    const atMs = known.get(key) ?? firstInBand(plan, ofCell(), liftedMs) ?? Infinity;
    known.set(key, atMs);
    return atMs;
  };
  return (liftedMs, cell) => Math.max(since(liftedMs, null), since(liftedMs, cell), liftedMs + plan.measure.windowMs);
}
