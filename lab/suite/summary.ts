import { cellEnds, type CellEnd, type CellResult } from "./cell.ts";

/** A suite in one line. It is never one number. */
export interface SuiteSummary {
  /** Cells that were chosen, whether or not they were played. */
  readonly of: number;
  /** Cells with a verdict on the stack. */
  readonly tested: number;
  readonly ends: Readonly<Record<CellEnd, number>>;
  /** Whole days since the oldest was played. Null: none was. */
  readonly oldestDays: number | null;
}

const verdicts: readonly CellEnd[] = ["held", "deviated", "not_recovered", "unknown"];

const dayMs = 86_400_000;

export function summaryOf(results: readonly Pick<CellResult, "end">[], { of, playedAt, nowMs }: { readonly of: number; readonly playedAt: readonly string[]; readonly nowMs: number }): SuiteSummary {
  const count = (kind: CellEnd) => results.filter(({ end }) => end === kind).length;
  const counted = Object.fromEntries(cellEnds.map((kind) => [kind, count(kind)])) as Record<CellEnd, number>;
  const oldest = Math.min(...playedAt.map((at) => Date.parse(at)));
  return { of, tested: verdicts.reduce((sum, kind) => sum + counted[kind], 0), ends: counted, oldestDays: Number.isFinite(oldest) ? Math.max(0, Math.floor((nowMs - oldest) / dayMs)) : null };
}

/**
 * `tested 44 of 45: 40 held, 3 deviated, 0 not recovered, 1 unknown, 1 not applicable, oldest 0 days`. Failed cells are
 * named where there are any.
 */
export function summaryText({ of, tested, ends: counts, oldestDays }: SuiteSummary): string {
  const always: readonly CellEnd[] = ["held", "deviated", "not_recovered", "unknown", "not_applicable"];
  const shown = [...always, ...(["failed", "interrupted"] as const).filter((kind) => counts[kind] > 0)];
  const parts = shown.map((kind) => `${counts[kind]} ${kind.replace("_", " ")}`);
  const left = of - Object.values(counts).reduce((sum, count) => sum + count, 0);
  const age = oldestDays === null ? "none played" : `oldest ${oldestDays} ${oldestDays === 1 ? "day" : "days"}`;
  return `tested ${tested} of ${of}: ${[...parts, ...(left > 0 ? [`${left} not played`] : []), age].join(", ")}`;
}
