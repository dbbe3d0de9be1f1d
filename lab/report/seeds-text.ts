import { mean, meanInterval } from "../../kernel/stats.ts";
import type { Verdict, VerdictKind } from "../../kernel/verdict.ts";
import { formatValue } from "../../observer/measure/format.ts";
import { none, quantity, share, type Quantity, type Value } from "../../observer/measure/quantity.ts";
import { separationOf } from "../../observer/measure/separation.ts";
import { figureNamed, type FigureName, type RunView } from "../../observer/view/run-view.ts";
import { paintVerdict, type Paint } from "../board/paint.ts";
import { plainTable, tableText } from "./plain-table.ts";

/** What is summed up over seeds, in this order. */
const summed: readonly FigureName[] = [
  "blastRadius", "badWindowShare", "reach", "clientReach", "depth", "containment", "silentShare", "badShare", "wrongAnswers", "amplification", "tokenWaste", "detection", "gatewayDetection", "recovery", "firstTokenP50", "firstTokenP99",
];

/**
 * Runs of the same scenario and stack on one screen: each seed's verdict, then the mean of each measure with its
 * interval over the seeds.
 */
export function seedsText(views: readonly RunView[], paint: Paint): string {
  const [first] = views;
  if (first === undefined) return "";
  const heading = `${verdictCounts(views)}  ${paint.bold(`${first.scenario} on ${first.stack}`)}  ${first.title}`;
  const apart = separationLine(views);
  return `${[heading, seedRows(views, paint), measureRows(views, paint), ...(apart === null ? [] : [apart])].join("\n\n")}\n`;
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

/** What the runs differ in. Runs of one seed differ in the machine alone. */
const differIn = (views: readonly RunView[]) => (new Set(views.map(({ seed }) => seed)).size === views.length ? "seeds" : "runs");

function measureRows(views: readonly RunView[], paint: Paint): string {
  const table = plainTable();
  const over = differIn(views);
  table.push(["  measure", "mean", `95 % over ${over}`, "lowest", "highest", over].map((text) => paint.dim(text)));
  for (const name of summed) {
    const figures = views.flatMap((view) => figureNamed(view, name) ?? []);
    const label = figures[0]?.label;
    if (label !== undefined) table.push([`  ${label}`, ...summaryOf(figures.map(({ value }) => value))]);
  }
  return tableText(table);
}

/**
 * Texts, such as `no alarm`, are no numbers: the last column says how many seeds had one. What never came within a run
 * has no number either, so where one did not there is no mean.
 */
function summaryOf(values: readonly Value[]): readonly string[] {
  const measured = values.filter((value): value is Quantity => typeof value !== "string").sort((a, b) => middle(a) - middle(b));
  const [lowest] = measured;
  if (lowest === undefined) return [formatValue(values[0] ?? none), none, none, none, `0 of ${values.length}`];
  const numbers = measured.map(middle);
  const shown = (value: number | readonly [number, number]) => formatValue(quantity(lowest.unit, value));
  const interval = numbers.includes(Infinity) ? null : meanInterval(numbers);
  return [
    numbers.includes(Infinity) ? none : shown(mean(numbers)),
    interval === null ? none : shown(interval),
    formatValue(lowest),
    formatValue(measured.at(-1)!),
    `${measured.length} of ${values.length}`,
  ];
}

/** Whether these runs distinguish the faults from the control. Null where too few measured both. */
function separationLine(views: readonly RunView[]): string | null {
  const shares = (view: RunView) => ["control", "badShare"].map((name) => figureNamed(view, name as FigureName)?.value);
  const pairs = views.map(shares).flatMap(([control, faults]) => (typeof control === "object" && typeof faults === "object" ? [[middle(control), middle(faults)] as const] : []));
  const { difference, interval, separated } = separationOf(pairs);
  if (interval === null) return null;
  const text = `Bad share less that of the control: ${formatValue(share(difference))} (99 % over ${differIn(views)}: ${formatValue(share(interval))})`;
  return `${text}. The two are ${separated ? "separated" : "not separated"}.`;
}

const middle = ({ range: [low, high] }: Quantity): number => (low + high) / 2;

/** The verdict that decides the exit code of several runs: the first present of failed, unknown, deviated, held. */
export function worstOf(verdicts: readonly Verdict[]): VerdictKind {
  return order.find((kind) => verdicts.some(({ verdict }) => verdict === kind)) ?? "unknown";
}
