import { exitCodes } from "../../kernel/errors.ts";
import type { CellEnd, CellResult } from "./cell.ts";

/** What a cell does to the exit code of a suite. */
export type Standing = "held" | "deviated" | "unknown" | "failed";

/** From good to bad, where a system was judged. */
const rank: Readonly<Partial<Record<CellEnd, number>>> = { held: 0, deviated: 1, not_recovered: 2 };

/**
 * A cell that ends as its scenario says, or better, is as good as one that held. Where the scenario says nothing of the stack, it has to hold. A cell
 * that is not applicable says nothing, unless the scenario says how it ends there.
 */
export function standingOf({ end, meant }: Pick<CellResult, "end" | "meant">): Standing {
  if (end === "unknown") return "unknown";
  if (end === "not_applicable") return meant === null || meant === end ? "held" : "deviated";
  const reached = rank[end];
  if (reached === undefined) return "failed";
  return reached <= (rank[meant ?? "held"] ?? 0) ? "held" : "deviated";
}

const order: readonly Standing[] = ["failed", "unknown", "deviated", "held"];

/** That of the first present of failed, unknown, deviated, held. */
export function suiteExitCode(standings: readonly Standing[]): number {
  return exitCodes[order.find((standing) => standings.includes(standing)) ?? "held"];
}
