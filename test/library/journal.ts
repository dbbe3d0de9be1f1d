import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { canonicalJson } from "../../kernel/canonical-json.ts";
import type { Cell, PlayedCell } from "../../lab/suite/cell.ts";

/** Cells that were played, a line each, so that a long run goes on where it was stopped. */
export interface Journal {
  /** Undefined: it was not played, or another try may end in another way. */
  readonly of: (cell: Cell) => PlayedCell | undefined;
  readonly add: (played: PlayedCell, commit: string) => void;
  /** Commits at which these cells were played. */
  readonly commitsOf: (cells: readonly Cell[]) => readonly string[];
}

interface Line {
  readonly commit: string;
  readonly played: PlayedCell;
}

/** Ends that another try may change, such as those of a busy machine. */
const undecided: ReadonlySet<string> = new Set(["failed", "unknown", "interrupted"]);

/** `again`: what was played before is forgotten. */
export function openJournal(file: string, { again }: { readonly again: boolean }): Journal {
  if (again) rmSync(file, { force: true });
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const lines = text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Line);
  const known = new Map(lines.map((line) => [canonicalJson(line.played.result.cell), line]));
  const lineOf = (cell: Cell) => known.get(canonicalJson(cell));
  return {
    of: (cell) => {
      const played = lineOf(cell)?.played;
      return played === undefined || undecided.has(played.result.end) ? undefined : played;
    },
    add: (played, commit) => {
      known.set(canonicalJson(played.result.cell), { commit, played });
      mkdirSync(path.dirname(file), { recursive: true });
      appendFileSync(file, `${JSON.stringify({ commit, played } satisfies Line)}\n`);
    },
    commitsOf: (cells) => [...new Set(cells.flatMap((cell) => lineOf(cell)?.commit ?? []))],
  };
}
