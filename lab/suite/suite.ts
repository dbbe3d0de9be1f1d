import { createHash } from "node:crypto";
import { canonicalJson } from "../../kernel/canonical-json.ts";
import type { Cell, CellEffort, CellResult, PlayedCell } from "./cell.ts";

/**
 * A suite, or a part of one, as it was played. Its results are a function of its cells where they were played in
 * virtual time.
 */
export interface Suite {
  readonly schema: "blastlab.suite/1";
  readonly harness: "virtual" | "live";
  /** SHA-256 of all its cells: shards of one suite have the same. */
  readonly cells: string;
  /** How many cells it has in all shards. */
  readonly of: number;
  /** By place. */
  readonly results: readonly PlacedResult[];
}

/** A result with its place among all cells of the suite. */
export interface PlacedResult extends CellResult {
  readonly place: number;
}

/** How the cells of a suite were played: it differs from time to time. */
export interface SuiteEffort {
  readonly schema: "blastlab.suite-effort/1";
  /** SHA-256 of the code and the files that the cells were played with. Absent: an earlier version played them. */
  readonly code?: string;
  readonly cells: readonly (CellEffort & { readonly place: number })[];
}

export interface PlayedSuite {
  readonly suite: Suite;
  readonly effort: SuiteEffort;
}

/**
 * `cells`: all of the suite; `played`: those of this shard that were played; `code`: digest of what they were played
 * with.
 */
export function suiteOf(cells: readonly Cell[], played: readonly PlayedCell[], { harness, code }: Pick<Suite, "harness"> & Pick<SuiteEffort, "code">): PlayedSuite {
  const places = new Map(cells.map((cell, place) => [canonicalJson(cell), place]));
  const placed = played.map(({ result, effort }) => ({ place: places.get(canonicalJson(result.cell))!, result, effort })).sort((a, b) => a.place - b.place);
  return {
    suite: {
      schema: "blastlab.suite/1",
      harness,
      cells: createHash("sha256").update(canonicalJson(cells)).digest("hex"),
      of: cells.length,
      results: placed.map(({ place, result }) => ({ place, ...result })),
    },
    effort: { schema: "blastlab.suite-effort/1", ...(code !== undefined && { code }), cells: placed.map(({ place, effort }) => ({ place, ...effort })) },
  };
}
