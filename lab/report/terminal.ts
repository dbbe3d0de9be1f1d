import { formatValue } from "../../observer/measure/format.ts";
import { aliasNote } from "../../observer/view/outcome-tables.ts";
import { figureNamed, tableNamed, type FigureName, type Reporter, type RunView, type ViewTable } from "../../observer/view/run-view.ts";
import { paintVerdict, type Paint } from "../board/paint.ts";
import { fitColumns } from "./fit-columns.ts";
import { plainTable, tableText } from "./plain-table.ts";

/** Where a run is kept, and how to play it again. */
export interface RunPlace {
  readonly directory: string;
  /** Null where the command is not known. */
  readonly replay: string | null;
}

/** Writes a run's view to a terminal, or to whatever stands in for one. */
export function terminalReporter(stream: NodeJS.WritableStream & { readonly columns?: number }, place: RunPlace, paint: Paint): Reporter {
  return { report: (view) => void stream.write(fitColumns(terminalText(view, place, paint), stream.columns)) };
}

/** The headline, and figures that the report alone shows. One that is expected has a row in the table of these. */
const leftOut: ReadonlySet<FigureName> = new Set([
  "blastRadius", "badWindowShare", "depth", "duration", "containment", "badShare", "errorBudgetBurned", "wrongAnswers", "herdFactor", "tokenWaste", "recoveryCost", "gapP50", "gapP99", "totalP50", "totalP99",
]);

const loadFacts: ReadonlySet<string> = new Set(["load offered by", "answers timed by", "load lateness p99", "lag tolerated"]);

/**
 * A run's end on one screen: verdict, blast radius with its parts, expectations, what the gateway counted, where it is
 * kept.
 */
export function terminalText(view: RunView, { directory, replay }: RunPlace, paint: Paint): string {
  const [reason, ...others] = view.reasons;
  const word = view.verdict.toUpperCase().replace("_", " ");
  const sections = [
    [
      `${paintVerdict(paint, view.verdict, paint.bold(word))}  ${paint.bold(`${view.scenario} on ${view.stack}`)}  ${view.title}`,
      ...(reason === undefined ? [] : [`  ${reason}`]),
      // Of a run that held, the table of expectations shows the rest.
      ...(view.verdict === "held" ? [] : others.map((text) => paint.dim(`  ${text}`))),
    ],
    figuresSection(view, paint),
    tableSection(tableNamed(view, "expectations"), paint),
    tableSection(tableNamed(view, "bypassed"), paint),
    tableSection(tableNamed(view, "gatewayCounts"), paint),
    wrongSection(view, paint),
    [
      `books     ${booksLine(view)}`,
      `load      ${loadLine(view)}`,
      `inputs    ${formatValue(view.facts.find(({ label }) => label === "inputs")!.value)}`,
      `run       ${directory}`,
      `report    ${directory}/report.html`,
      ...(replay === null ? [] : [`replay    ${paint.cyan(replay)}`]),
    ],
  ];
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function figuresSection(view: RunView, paint: Paint): string[] {
  const headline = figureNamed(view, "blastRadius");
  if (headline === null) return [];
  const table = plainTable();
  table.push(...view.figures.filter(({ name }) => !leftOut.has(name)).map(({ label, value, note }) => [`  ${label}`, formatValue(value), paint.dim(note)]));
  return [`${paint.bold(`${headline.label} ${formatValue(headline.value)}`)}  ${paint.dim(headline.note)}`, tableText(table)];
}

function tableSection(shown: ViewTable | null, paint: Paint): string[] {
  if (shown === null) return [];
  const table = plainTable();
  table.push(shown.columns.map((text, index) => paint.dim(index === 0 ? `  ${text}` : text)));
  for (const row of shown.rows) table.push(row.map((value, index) => (index === 0 ? `  ${formatValue(value)}` : paintResult(formatValue(value), paint))));
  return [tableText(table), ...shown.notes.map((note) => `  ${note}`)];
}

const wrongShownMax = 3;

/** Which answers are wrong, and why, of the first few. */
function wrongSection(view: RunView, paint: Paint): string[] {
  const wrong = tableNamed(view, "wrongAnswers");
  if (wrong === null || wrong.rows.length === 0) return [];
  const rows = wrong.rows.slice(0, wrongShownMax).map((row) => `  ${row.map(formatValue).join("  ")}`);
  return [paint.dim(`  wrong answers, the first ${rows.length}`), ...rows, ...(wrong.notes.includes(aliasNote) ? [`  ${aliasNote}`] : [])];
}

function paintResult(text: string, paint: Paint): string {
  if (text === "held") return paint.green(text);
  if (text === "deviated") return paint.red(text);
  return text === "inconclusive" ? paint.yellow(text) : text;
}

function booksLine(view: RunView): string {
  const books = tableNamed(view, "books");
  const counts = (books?.rows[0] ?? []).map((value, index) => `${formatValue(value)} ${books!.columns[index]}`).slice(0, 3);
  return [`${counts.join(", ")}.`, ...(books?.notes ?? [])].join(" ");
}

function loadLine({ facts }: RunView): string {
  return facts.flatMap(({ label, value }) => (loadFacts.has(label) ? [`${label.replace("load ", "")} ${formatValue(value)}`] : [])).join(", ");
}
