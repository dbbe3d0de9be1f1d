import { clockTime, duration, formatValue, sparkline } from "../measure/format.ts";
import { shortPackage } from "./outcome-tables.ts";
import type { RunMark, RunSeries, RunView, Sentence, ViewTable } from "./run-view.ts";

/** A run's view as a page of Markdown: what happened, by how much, and from what it was computed. */
export function markdownOf(view: RunView): string {
  const sections = [
    `# ${view.title}\n\n**${view.verdict.replace("_", " ")}** · scenario \`${view.scenario}\` on \`${view.stack}\`, seed ${view.seed}\n\n${sentenceText(view.headline)}\n\n${list(view.reasons)}`,
    figuresSection(view),
    view.series === null ? "" : timelineSection(view.series, view.marks),
    postMortemSection(view),
    ...view.tables.map(tableSection),
    factsSection(view),
    `## What was not measured\n\n${list(view.notMeasured)}`,
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function figuresSection({ figures }: RunView): string {
  if (figures.length === 0) return "";
  const rows = figures.map(({ name, label, value, note }) => {
    const cells = [label, formatValue(value)];
    return [...(name === "blastRadius" ? cells.map((cell) => `**${cell}**`) : cells), note];
  });
  return `## Blast radius\n\n${table(["measure", "value", "of what"], rows)}`;
}

const columnsMax = 80;

/** The run as rows of bars, one column for each part of the timeline, and when what happened. */
function timelineSection(series: RunSeries, marks: readonly RunMark[]): string {
  const perColumn = Math.ceil(series.offered.length / columnsMax);
  const sums = (values: readonly number[]) => columns(values, perColumn).map((part) => part.reduce((sum, value) => sum + value, 0));
  const offered = sums(series.offered);
  const most = Math.max(1, ...offered);
  const shareRow = (values: readonly number[]) => sums(values).map((value, index) => (offered[index] === 0 ? null : value / offered[index]!));
  const slowest = columns(series.firstTokenMsP95, perColumn).map((part) => part.reduce<number | null>((most, value) => (value === null ? most : Math.max(most ?? 0, value)), null));
  const slowestMs = Math.max(1, ...slowest.map((value) => value ?? 0));
  const rows: readonly (readonly [string, string])[] = [
    ["offered", sparkline(offered.map((value) => value / most))],
    ["bad share", sparkline(shareRow(series.bad))],
    ["silent share", sparkline(shareRow(series.silent))],
    ["first token p95", sparkline(slowest.map((value) => (value === null ? null : value / slowestMs)))],
    ...Object.entries(series.attempts).map(([name, values]) => [name, sparkline(sums(values).map((value) => Math.min(1, value / most)))] as const),
    ...packageRows(series).map(([name, values]) => [`package ${shortPackage(name)}`, sparkline(shareRow(values))] as const),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const bars = rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join("\n");
  const scale = `A column is ${duration(perColumn * series.stepMs)}. A full bar is ${most} requests offered, or attempts at a deployment; all requests, for a share; ${duration(slowestMs)}, for the first token.`;
  return `## Timeline\n\n\`\`\`\n${bars}\n\`\`\`\n\n${scale}\n\n${table(["what", "from", "to"], marks.map(markRow))}`;
}

/** Only where there was more than one. */
function packageRows({ packages }: RunSeries): readonly (readonly [string, readonly number[]])[] {
  const rows = Object.entries(packages);
  return rows.length < 2 ? [] : rows;
}

function columns<T>(values: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) => values.slice(index * size, (index + 1) * size));
}

function markRow({ kind, label, fromMs, toMs }: RunMark): readonly string[] {
  return [kind === "stage" || kind === "fault" ? `${kind}: ${label}` : label, clockTime(fromMs), toMs === fromMs ? "" : clockTime(toMs)];
}

function tableSection({ title, columns: heads, rows, notes }: ViewTable): string {
  const body = table(heads, rows.map((row) => row.map(formatValue)));
  return [`## ${title}`, body, ...(notes.length < 2 ? notes : [list(notes)])].join("\n\n");
}

function postMortemSection({ postMortem }: RunView): string {
  const answers = postMortem.map(({ question, findings }) => `### ${question}\n\n${list(findings.map(({ sentence }) => sentenceText(sentence)))}`);
  return answers.length === 0 ? "" : `## Post-mortem\n\n${answers.join("\n\n")}`;
}

const sentenceText = (sentence: Sentence): string => sentence.map(formatValue).join("");

function factsSection({ facts }: RunView): string {
  const rows = facts.map(({ label, value }) => [label, formatValue(value)]);
  return `## Provenance\n\n${table(["", ""], rows)}\n\nThe verdict is computed from \`plan.json\`, \`arrivals.ndjson\` and \`taps/\` alone: \`npx blastlab verdict RUN_DIR\` computes it again.`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(heads), `|${heads.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

function list(sentences: readonly string[]): string {
  return sentences.map((sentence) => `- ${sentence}`).join("\n");
}
