import { markdownTable } from "../../lab/compare/markdown.ts";

/** Between these lines README repeats rows of docs/results/worth.md. */
const begin = "<!-- rows of docs/results/worth.md -->";
const end = "<!-- end of rows -->";

export interface WorthRow {
  readonly protection: string;
  readonly scenario: string;
  readonly seeds: string;
  /** Lost demand, or when the alarm came. */
  readonly withIt: string;
  readonly without: string;
}

/** The rows of the page's first table that were played. */
export function playedRows(page: string): readonly WorthRow[] {
  const [, table = ""] = /^## The six protections\n\n(.+?)\n\n/ms.exec(page) ?? [];
  const cells = table.split("\n").slice(2).map((line) => line.split("|").map((cell) => cell.trim()).slice(1, -1));
  return cells.filter(([, , seeds]) => seeds !== "0").map(([protection = "", scenario = "", seeds = "", , , withIt = "", without = ""]) => ({ protection, scenario, seeds, withIt, without }));
}

/** README with the rows of the page in place of those that it has. Throws where README has no place for them. */
export function withWorth(readme: string, page: string): string {
  const [before, after] = [readme.split(begin)[0], readme.split(end)[1]];
  if (before === undefined || after === undefined || !readme.includes(begin)) throw new Error(`README has no lines "${begin}" and "${end}"`);
  const rows = playedRows(page).map(({ protection, scenario, seeds, withIt, without }) => [protection, scenario, seeds, withIt, without]);
  return `${before}${begin}\n${markdownTable([["protection", "scenario", "seeds", "with it", "without it"], ...rows])}\n${end}${after}`;
}
