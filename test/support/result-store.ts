import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { canonicalJson } from "../../kernel/canonical-json.ts";
import { cellName, type Cell, type CellResult, type PlayedCell } from "../../lab/suite/cell.ts";

/**
 * The rows that a page of docs/results is made of, one for each cell that was played. They are committed beside the
 * page, so that any clone can render it again and add to it, and a long run goes on where it was stopped.
 */
export interface ResultStore {
  /** By scenario, stack and seed. */
  readonly rows: () => readonly Row[];
  readonly of: (scenario: string, stack: string) => readonly Row[];
  /** Undefined: it was not played, with other settings, or another try may end in another way. */
  readonly decided: (cell: Cell) => Row | undefined;
  readonly add: (played: PlayedCell, origin: RowOrigin) => void;
}

/** Where a row is from. */
export interface RowOrigin {
  readonly commit: string;
  readonly machine: string;
  /** Version of the gateway that was played. Absent: the project's own, of this commit. */
  readonly version?: string;
}

/** A result without what pages do not show: expectations, all reasons but the first, the run directory. */
export interface Row extends PlayedCell, RowOrigin {}

const root = path.resolve(import.meta.dirname, "../..");

/** The rows of a page. */
export const rowsFile = (name: string): string => path.join(root, "docs/results/rows", `${name}.ndjson`);

/** Of the working tree and the machine. */
export function rowOrigin(): RowOrigin {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
  return { commit, machine: `${os.platform()}, ${os.cpus().length} cores, Node ${process.version}` };
}

/** Ends that another try may change, such as those of a busy machine. */
const undecided: ReadonlySet<string> = new Set(["failed", "unknown", "interrupted"]);

/** `again`: what was played before is forgotten. */
export function openStore(file: string, { again = false } = {}): ResultStore {
  if (again) rmSync(file, { force: true });
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const read = text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Row);
  const known = new Map(read.map((row) => [cellName(row.result.cell), row]));
  const rows = () => [...known.values()].sort(byCell);
  return {
    rows,
    of: (scenario, stack) => rows().filter(({ result: { cell } }) => cell.scenario === scenario && cell.stack === stack),
    decided: (cell) => {
      const row = known.get(cellName(cell));
      return row === undefined || undecided.has(row.result.end) || canonicalJson(row.result.cell) !== canonicalJson(cell) ? undefined : row;
    },
    add: (played, origin) => {
      const row = rowOf(played, origin);
      const isNew = !known.has(cellName(row.result.cell));
      known.set(cellName(row.result.cell), row);
      mkdirSync(path.dirname(file), { recursive: true });
      if (isNew) appendFileSync(file, lineOf(row));
      else writeFileSync(file, [...known.values()].map(lineOf).join(""));
    },
  };
}

const lineOf = (row: Row) => `${JSON.stringify(row)}\n`;

function rowOf({ result, effort }: PlayedCell, origin: RowOrigin): Row {
  // A reason may name a file of the machine.
  const reasons = result.reasons.slice(0, 1).map((reason) => reason.replaceAll(`${root}/`, ""));
  const { cpuMs, wallMs, playedAt } = effort;
  return { ...origin, result: { ...result, reasons, expectations: [] }, effort: { cpuMs: cpuMs === null ? null : Math.round(cpuMs), wallMs: Math.round(wallMs), playedAt, directory: null } };
}

function byCell({ result: { cell: a } }: Row, { result: { cell: b } }: Row): number {
  const [one, other] = [`${a.scenario} ${a.stack}`, `${b.scenario} ${b.stack}`];
  return one === other ? a.seed - b.seed : one < other ? -1 : 1;
}

export const resultsOf = (rows: readonly Row[]): readonly CellResult[] => rows.map(({ result }) => result);

/** `2026-11-29, at commit abc1234, def5678`: when and at which commits rows were played, the earliest first. */
export function playedText(rows: readonly Row[]): string {
  if (rows.length === 0) return "Not played yet";
  const byTime = rows.toSorted((a, b) => (a.effort.playedAt < b.effort.playedAt ? -1 : 1));
  const days = [byTime[0]!, byTime.at(-1)!].map(({ effort }) => effort.playedAt.slice(0, 10));
  return `${[...new Set(days)].join(" to ")}, at commit ${[...new Set(byTime.map(({ commit }) => commit))].join(", ")}`;
}
