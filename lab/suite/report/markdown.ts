import { formatValue } from "../../../observer/measure/format.ts";
import { ms, none, share, times } from "../../../observer/measure/quantity.ts";
import type { CellResult } from "../cell.ts";
import type { Finding } from "../findings.ts";
import type { Comparison } from "../regressions.ts";
import type { Suite } from "../suite.ts";

export interface MarkdownInput {
  readonly suite: Suite;
  /** The line that says what was tested. */
  readonly summary: string;
  readonly findings: readonly Finding[];
  readonly comparison: Comparison | null;
}

/** GitHub refuses a job summary of 1 MiB or more. */
export const summaryBytesMax = (1 << 20) - 1;

/**
 * The suite for a person: what was tested, what to look at, then a row for each scenario on each stack. Never longer
 * than `bytesMax`: empty, where not even the summary fits.
 */
export function markdown({ suite, summary, findings, comparison }: MarkdownInput, bytesMax: number): string {
  const head = ["# Suite", "", summary, ...(comparison === null ? [] : ["", comparisonText(comparison)]), ""];
  const rows = [...Map.groupBy(suite.results, ({ cell }) => JSON.stringify([cell.scenario, cell.stack, cell.sets])).values()].map(rowOf);
  const sections: readonly Section[] = [
    { head: findings.length === 0 ? [] : ["## To look at", ""], lines: findings.map(findingLine) },
    { head: ["", "## Cells", "", "| scenario | stack | meant | ended | lost demand | amplification | recovery |", "|---|---|---|---|---|---|---|"], lines: rows },
  ];
  return fit(head, sections, bytesMax);
}

interface Section {
  readonly head: readonly string[];
  readonly lines: readonly string[];
}

/** Room for the lines that say what is left out. */
const noteBytes = 200;

function fit(head: readonly string[], sections: readonly Section[], bytesMax: number): string {
  const text: string[] = [...head];
  let left = bytesMax - noteBytes - bytes(head) - sections.reduce((sum, section) => sum + bytes(section.head), 0);
  if (left < 0) return "";
  for (const section of sections) {
    text.push(...section.head);
    let shown = 0;
    for (const line of section.lines) {
      if (bytes([line]) > left) break;
      left -= bytes([line]);
      text.push(line);
      shown++;
    }
    if (shown < section.lines.length) text.push("", `${section.lines.length - shown} more are left out here.`);
  }
  return `${text.join("\n")}\n`;
}

const bytes = (lines: readonly string[]) => lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);

const marks = { error: "**Error**", warning: "Warning", notice: "Notice" } as const;

const findingLine = ({ kind, title, message, file, line }: Finding) => `- ${marks[kind]}: ${cellText(title)}. ${cellText(message)} (\`${file}:${line}\`)`;

/** A text of somebody's file, in a table or a list. */
const cellText = (text: string) => text.replaceAll(/\s+/g, " ").replaceAll(/[|<>\\]/g, (character) => `\\${character}`);

export function comparisonText({ worse, better, compared, tooFewSeeds, unknown, unplayed, level }: Comparison): string {
  const few = [
    tooFewSeeds === 0 ? "" : ` ${tooFewSeeds} with fewer than two seeds could not be compared.`,
    unknown === 0 ? "" : ` ${unknown} ${unknown === 1 ? "is" : "are"} not in the baseline.`,
    unplayed === 0 ? "" : ` ${unplayed} of the baseline ${unplayed === 1 ? "was" : "were"} not played.`,
  ].join("");
  return `Against the baseline: ${worse.length} worse and ${better.length} better in ${compared === 1 ? "1 scenario on a stack" : `${compared} scenarios on stacks`}, each by its interval of ${Number((level * 100).toFixed(2))} %.${few}`;
}

function rowOf(results: readonly CellResult[]): string {
  const { cell, meant } = results[0]!;
  const counts = [...Map.groupBy(results, ({ end }) => end)].map(([end, of]) => `${end.replace("_", " ")}${results.length === 1 ? "" : ` ${of.length} of ${results.length}`}`);
  const range = (unit: typeof share, value: (measures: NonNullable<CellResult["measures"]>) => number | null | undefined) => {
    const numbers = results.flatMap(({ measures }) => (measures === null ? [] : (value(measures) ?? [])));
    return numbers.length === 0 ? none : formatValue(unit([Math.min(...numbers), Math.max(...numbers)]));
  };
  const measures = [range(share, ({ lostDemand }) => lostDemand?.value), range(times, ({ amplification }) => amplification), range(ms, ({ recoveryMs }) => recoveryMs)];
  const set = cell.sets.length === 0 ? "" : ` (${cell.sets.join(", ")})`;
  return `| ${[cellText(cell.scenario + set), cellText(cell.stack), meant?.replace("_", " ") ?? none, counts.join(", "), ...measures].join(" | ")} |`;
}
