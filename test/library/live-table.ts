import { quantile } from "../../kernel/stats.ts";
import type { CellEnd, PlayedCell } from "../../lab/suite/cell.ts";
import { formatValue, percent, seconds } from "../../observer/measure/format.ts";
import { none, share } from "../../observer/measure/quantity.ts";

/** A cell that was played live once, beside the same cell in virtual time with some seeds. */
export interface LiveRow {
  readonly live: PlayedCell;
  readonly virtual: readonly PlayedCell[];
}

/** Lost demand of the two may differ by as much, in shares; beyond it the page gives the reason. */
export const toleratedDifference = 0.05;

/** A live run longer than this is too slow for a game day. */
export const wallMsMax = 120_000;

const lostOf = ({ result }: PlayedCell) => result.measures?.lostDemand?.value;

/** Live less the median of the virtual seeds. Null: one of the two has none. */
export function lostDifference({ live, virtual }: LiveRow): number | null {
  const own = lostOf(live);
  const others = virtual.flatMap((played) => lostOf(played) ?? []);
  return own === undefined || others.length === 0 ? null : own - quantile(others, 0.5);
}

/** What keeps a cell from being as it should: in words, or null. */
export function problemOf(row: LiveRow): string | null {
  const { result, effort } = row.live;
  const { end, meant, reasons } = result;
  if (meant !== null && end !== meant) return `live it ended as ${words(end)}: ${reasons[0] ?? ""}`;
  // What virtual time cannot have is judged live alone.
  const others = new Set(row.virtual.map((played) => played.result.end).filter((other) => other !== "not_applicable"));
  if (![...others].every((other) => other === end)) return `in virtual time it ended as ${[...others].map(words).join(", ")}`;
  if (effort.wallMs > wallMsMax) return `live it took ${seconds(effort.wallMs)}`;
  const difference = lostDifference(row);
  return difference !== null && Math.abs(difference) > toleratedDifference ? `lost demand differs by ${percent(Math.abs(difference))}` : null;
}

/** `reasons`: why live and virtual differ, by `scenario on stack`. */
export function liveLine(row: LiveRow, reasons: Readonly<Record<string, string>>): string {
  const { result, effort } = row.live;
  const { cell, end, meant } = result;
  const lost = (value: number | undefined) => (value === undefined ? none : formatValue(share(value)));
  const virtual = row.virtual.flatMap((played) => lostOf(played) ?? []);
  const problem = problemOf(row);
  const note = problem === null ? "" : `${problem}${reasons[`${cell.scenario} on ${cell.stack}`] === undefined ? "" : `. ${reasons[`${cell.scenario} on ${cell.stack}`]}`}`;
  const columns = [cell.scenario, cell.stack, meant === null ? none : words(meant), words(end), lost(lostOf(row.live)), virtual.length === 0 ? none : lost(quantile(virtual, 0.5)), seconds(effort.wallMs), note.replaceAll("|", "\\|")];
  return `| ${columns.join(" | ")} |`;
}

const words = (end: CellEnd) => end.replace("_", " ");
