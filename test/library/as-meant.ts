import type { CellEnd, CellResult } from "../../lab/suite/cell.ts";

/** Ends that a cell of which its scenario says nothing may have: never `unknown`, never void. */
const explained: ReadonlySet<CellEnd> = new Set<CellEnd>(["held", "deviated", "not_recovered", "not_applicable"]);

/** Whether it ended exactly as its scenario says. Where that says nothing, whether it ended at all. */
export const endsAsMeant = ({ end, meant }: Pick<CellResult, "end" | "meant">): boolean => (meant === null ? explained.has(end) : end === meant);
