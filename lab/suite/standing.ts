import { exitCodes } from "../../kernel/errors.ts";
import type { Cell, CellEnd, CellResult } from "./cell.ts";

/** What a cell does to the exit code of a suite. */
export type Standing = "held" | "deviated" | "unknown" | "failed";

/** Ends of a cell that a team has accepted, in its baseline. Undefined: it has accepted none. */
export type Accepted = (cell: Cell) => CellEnd | undefined;

export const nothingAccepted: Accepted = () => undefined;

/** From good to bad, where a system was judged. */
const rank: Readonly<Partial<Record<CellEnd, number>>> = { held: 0, deviated: 1, not_recovered: 2 };

/**
 * How a cell is expected to end: as its baseline has accepted, else as its scenario says. Null: neither says anything.
 */
export const expectedEnd = ({ cell, meant }: Pick<CellResult, "cell" | "meant">, accepted: Accepted): CellEnd | null => accepted(cell) ?? meant;

/**
 * A cell that ends as expected, or better, is as good as one that held. Where nothing is expected, it has to hold. A
 * cell that is not applicable says nothing, unless another end is expected.
 */
export function standingOf(result: Pick<CellResult, "cell" | "end" | "meant">, accepted: Accepted): Standing {
  const { end } = result;
  const expected = expectedEnd(result, accepted);
  if (end === "unknown") return "unknown";
  if (end === "not_applicable") return expected === null || expected === end ? "held" : "deviated";
  const reached = rank[end];
  if (reached === undefined) return "failed";
  return reached <= (rank[expected ?? "held"] ?? 0) ? "held" : "deviated";
}

const order: readonly Standing[] = ["failed", "unknown", "deviated", "held"];

/** That of the first present of failed, unknown, deviated, held. */
export function suiteExitCode(standings: readonly Standing[]): number {
  return exitCodes[order.find((standing) => standings.includes(standing)) ?? "held"];
}
