import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { cellName, type Cell, type CellResult } from "../../lab/suite/cell.ts";

/** Results of cells that were played, a line each, so that a long run goes on where it was stopped. */
export interface ResultStore {
  /** It was played, and ended as a run. What failed may be played again. */
  readonly has: (cell: Cell) => boolean;
  readonly add: (result: CellResult, commit: string) => void;
  /** Commits at which the results were played. */
  readonly commits: () => readonly string[];
  readonly of: (scenario: string, stack: string) => readonly CellResult[];
}

interface Line {
  readonly commit: string;
  readonly result: CellResult;
}

export function openStore(file: string): ResultStore {
  const lines = new Map<string, Line>();
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  for (const line of text.split("\n").filter((each) => each !== "")) {
    const parsed = JSON.parse(line) as Line;
    lines.set(cellName(parsed.result.cell), parsed);
  }
  return {
    has: (cell) => (lines.get(cellName(cell))?.result.end ?? "failed") !== "failed",
    add: (result, commit) => {
      lines.set(cellName(result.cell), { commit, result });
      mkdirSync(path.dirname(file), { recursive: true });
      appendFileSync(file, `${JSON.stringify({ commit, result })}\n`);
    },
    commits: () => [...new Set([...lines.values()].map(({ commit }) => commit))],
    of: (scenario, stack) => {
      const results = [...lines.values()].map(({ result }) => result).filter(({ cell }) => cell.scenario === scenario && cell.stack === stack);
      return results.sort((a, b) => a.cell.seed - b.cell.seed);
    },
  };
}
