import { medianInterval, quantile } from "../../kernel/stats.ts";
import type { Verdict, VerdictKind } from "../../kernel/verdict.ts";
import { formatValue } from "../../observer/measure/format.ts";
import { none, quantity, type Quantity, type Value } from "../../observer/measure/quantity.ts";
import { figureNamed, type FigureName, type RunView } from "../../observer/view/run-view.ts";
import { paintVerdict, type Paint } from "../board/paint.ts";
import { plainTable, tableText } from "./plain-table.ts";

/** What is summed up over seeds, in this order. */
const summed: readonly FigureName[] = [
  "blastRadius", "badWindowShare", "reach", "clientReach", "depth", "containment", "silentShare", "badShare", "wrongAnswers", "amplification", "tokenWaste", "detection", "gatewayDetection", "recovery", "firstTokenP50", "firstTokenP99",
];

/** Runs of the same scenario and stack on one screen: each seed's verdict, then the median of each measure with its interval. */
export function seedsText(views: readonly RunView[], paint: Paint): string {
  const [first] = views;
  if (first === undefined) return "";
  const heading = `${verdictCounts(views)}  ${paint.bold(`${first.scenario} on ${first.stack}`)}  ${first.title}`;
  return `${[heading, seedRows(views, paint), measureRows(views, paint)].join("\n\n")}\n`;
}

const order: readonly VerdictKind[] = ["failed", "unknown", "not_recovered", "deviated", "held", "interrupted"];

function verdictCounts(views: readonly RunView[]): string {
  const counts = order.map((kind) => [kind.toUpperCase().replace("_", " "), views.filter(({ verdict }) => verdict === kind).length] as const);
  return counts.flatMap(([kind, count]) => (count === 0 ? [] : [`${kind} ${count} of ${views.length}`])).join(", ");
}

function seedRows(views: readonly RunView[], paint: Paint): string {
  const table = plainTable();
  table.push(["  seed", "verdict", "blast radius", "the deciding reason"].map((text) => paint.dim(text)));
  for (const view of views) {
    const radius = figureNamed(view, "blastRadius")?.value ?? none;
    table.push([`  ${view.seed}`, paintVerdict(paint, view.verdict, view.verdict.replace("_", " ")), formatValue(radius), view.reasons[0] ?? ""]);
  }
  return tableText(table);
}

function measureRows(views: readonly RunView[], paint: Paint): string {
  const table = plainTable();
  table.push(["  measure", "median", "95 % of the median", "lowest", "highest", "seeds"].map((text) => paint.dim(text)));
  for (const name of summed) {
    const figures = views.flatMap((view) => figureNamed(view, name) ?? []);
    const label = figures[0]?.label;
    if (label !== undefined) table.push([`  ${label}`, ...summaryOf(figures.map(({ value }) => value))]);
  }
  return tableText(table);
}

/** Texts, such as `no alarm`, are no numbers: the last column says how many seeds had one. */
function summaryOf(values: readonly Value[]): readonly string[] {
  const measured = values.filter((value): value is Quantity => typeof value !== "string").sort((a, b) => middle(a) - middle(b));
  const [lowest] = measured;
  if (lowest === undefined) return [formatValue(values[0] ?? none), none, none, none, `0 of ${values.length}`];
  const numbers = measured.map(middle);
  const interval = medianInterval(numbers);
  const shown = (number: number) => formatValue(measured.find((value) => middle(value) === number) ?? quantity(lowest.unit, number));
  const median = numbers.includes(Infinity) ? numbers[Math.floor((numbers.length - 1) / 2)]! : quantile(numbers, 0.5);
  return [
    shown(median),
    interval === null ? "too few seeds" : `${shown(interval[0])} to ${shown(interval[1])}`,
    formatValue(lowest),
    formatValue(measured.at(-1)!),
    `${measured.length} of ${values.length}`,
  ];
}

const middle = ({ range: [low, high] }: Quantity): number => (low + high) / 2;

/** The verdict that decides the exit code of several runs: the first present of failed, unknown, deviated, held. */
export function worstOf(verdicts: readonly Verdict[]): VerdictKind {
  return order.find((kind) => verdicts.some(({ verdict }) => verdict === kind)) ?? "unknown";
}
