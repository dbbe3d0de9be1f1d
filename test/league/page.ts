import { formatValue } from "../../observer/measure/format.ts";
import { quantity, share, type Unit } from "../../observer/measure/quantity.ts";
import { comparedMeasures, comparedQuantity, type Compared, type ComparedMeasure } from "../../lab/compare/measures.ts";
import { differenceOverClients, overClients, type ClientMean } from "../../lab/compare/over-clients.ts";
import { markdownTable } from "../../lab/compare/markdown.ts";
import { openStack } from "../../lab/plan/library.ts";
import type { CellEnd, CellResult } from "../../lab/suite/cell.ts";
import type { ResultStore } from "../support/result-store.ts";
import { hardened, leagueScenarios, leagueStacks, outsideGateways, ownGateway } from "./cells.ts";

export interface LeaguePage {
  readonly store: ResultStore;
  readonly date: string;
  readonly machine: string;
  /** Versions of the outside gateways, by stack; a text of its own where it is not installed. */
  readonly versions: ReadonlyMap<string, string>;
}

/** What a figure does not say by itself. */
const captions: Readonly<Partial<Record<ComparedMeasure["name"], string>>> = {
  amplification: "Attempts at providers for each request of a client. A gateway that gives up early asks less.",
  money: "What all requests would have cost, had each been answered well at the price of those that were.",
};

const judged: ReadonlySet<CellEnd> = new Set(["held", "deviated", "not_recovered"]);

/** docs/results/gateways.md: the league table. */
export function leaguePage({ store, date, machine, versions }: LeaguePage): string {
  const tables = comparedMeasures.map((measure) => {
    const caption = captions[measure.name];
    return [`## ${measure.label.charAt(0).toUpperCase()}${measure.label.slice(1)}`, ...(caption === undefined ? [] : [caption]), tableOf(measure, store)].join("\n\n");
  });
  const configs = [ownGateway, ...outsideGateways].map((stack) => `### ${stack}${versions.has(stack) ? `: ${versions.get(stack)}` : ""}\n\n\`\`\`yaml\n${openStack(stack).text.trimEnd()}\n\`\`\``);
  return `${[
    "# Gateways side by side",
    `${date}, at commit ${store.commits().join(", ") || "none"}, ${machine}: \`npm run league\`. Ten scenarios of 60 s, live, with real processes and up to three seeds. \`${ownGateway}\` is one process of the reference\ngateway with its defaults, and is compared with one process of each outside gateway. \`${hardened}\` is two regions with four processes, so it stands in a column of its own.\nA cell is the mean over the seeds that were judged; after it, lost demand has its 95 % interval from the clients within the runs, and in square brackets the range over seeds.`,
    ...tables,
    `## What \`${ownGateway}\` loses at\n\n${lossesOf(store)}`,
    `## Cells without a figure\n\n${gapsOf(store, versions)}`,
    `## Configurations\n\nAs their own documents recommend them, whole.\n\n${configs.join("\n\n")}`,
  ].join("\n\n")}\n`;
}

function tableOf(measure: ComparedMeasure, store: ResultStore): string {
  const heads = ["scenario", ...leagueStacks.map((stack) => `\`${stack}\``)];
  const rows = leagueScenarios.map(({ name }) => [`\`${name}\``, ...leagueStacks.map((stack) => cellText(measure, counted(store, name, stack)))]);
  return markdownTable([heads, ...rows]);
}

const counted = (store: ResultStore, scenario: string, stack: string) => store.of(scenario, stack).filter(({ end, measures }) => measures !== null && judged.has(end));

function cellText(measure: ComparedMeasure, results: readonly CellResult[]): string {
  const values = results.flatMap(({ measures }) => measure.valueOf(measures!) ?? []);
  if (values.length === 0) return "-";
  const text = formatValue(meanOf(measure, values));
  const clients = measure.name === "lostDemand" ? intervalText(lostOverClients(results)) : "";
  return `${text}${clients}${rangeText(measure.unit, values)}`;
}

function meanOf(measure: ComparedMeasure, values: readonly Compared[]) {
  const sum = values.reduce((total, { value }) => total + value, 0);
  return comparedQuantity(measure, sum / values.length, values.some(({ isLeast }) => isLeast));
}

const lostOverClients = (results: readonly CellResult[]) => overClients(results.flatMap(({ measures }) => measures!.lostDemand ?? []));

const intervalText = (mean: ClientMean | null) => (mean?.interval == null || mean.interval[0] === mean.interval[1] ? "" : ` (${formatValue(share(mean.interval))})`);

function rangeText(unit: Unit, values: readonly Compared[]): string {
  const numbers = values.map(({ value }) => value);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  return low === high ? "" : ` [${formatValue(quantity(unit, [low, high]))}]`;
}

/** Where an outside gateway does better: by clients for lost demand, by every seed for the other measures. */
function lossesOf(store: ResultStore): string {
  const lines = leagueScenarios.flatMap(({ name }) =>
    outsideGateways.flatMap((rival) => comparedMeasures.flatMap((measure) => lossOf(measure, { name, rival, own: counted(store, name, ownGateway), others: counted(store, name, rival) }) ?? [])),
  );
  const played = outsideGateways.filter((rival) => leagueScenarios.some(({ name }) => counted(store, name, rival).length > 0));
  if (played.length === 0) return "No outside gateway was played, so nothing can be said.";
  return lines.length === 0 ? `Nothing that these runs can tell, against ${played.join(" and ")}.` : lines.map((line) => `- ${line}`).join("\n");
}

interface Duel {
  readonly name: string;
  readonly rival: string;
  readonly own: readonly CellResult[];
  readonly others: readonly CellResult[];
}

function lossOf(measure: ComparedMeasure, { name, rival, own, others }: Duel): string | null {
  const values = [own, others].map((results) => results.flatMap(({ measures }) => measure.valueOf(measures!) ?? []));
  if (values.some(({ length }) => length === 0)) return null;
  const [mine, theirs] = values.map((each) => each.map(({ value }) => value)) as [number[], number[]];
  const least = measure.differenceMin((mine[0]! + theirs[0]!) / 2);
  const isWorse = measure.name === "lostDemand" ? worseByClients(own, others, least) : Math.min(...mine) - Math.max(...theirs) >= least;
  return isWorse ? `\`${name}\`, ${measure.label}: ${formatValue(meanOf(measure, values[0]!))} against ${formatValue(meanOf(measure, values[1]!))} of ${rival}.` : null;
}

function worseByClients(own: readonly CellResult[], others: readonly CellResult[], least: number): boolean {
  const [mine, theirs] = [lostOverClients(own), lostOverClients(others)];
  if (mine === null || theirs === null) return false;
  const { mean, interval } = differenceOverClients(theirs, mine);
  return mean >= least && interval !== null && interval[0] > 0;
}

/** Which cells have no figure, with the reason of each. */
function gapsOf(store: ResultStore, versions: ReadonlyMap<string, string>): string {
  const gaps = leagueStacks.flatMap((stack) => leagueScenarios.flatMap(({ name }) => (counted(store, name, stack).length > 0 ? [] : [{ stack, name, why: whyNone(store.of(name, stack), versions.get(stack)) }])));
  if (gaps.length === 0) return "None.";
  const lines = [...Map.groupBy(gaps, ({ stack, why }) => `\`${stack}\`: ${why}`)];
  return lines.map(([what, of]) => `- ${what}: ${of.map(({ name }) => `\`${name}\``).join(", ")}`).join("\n");
}

function whyNone(results: readonly CellResult[], version: string | undefined): string {
  const last = results.at(-1);
  if (last !== undefined) return `${last.end.replace("_", " ")} (${last.reasons[0] ?? "no reason"})`;
  return version?.startsWith("not installed") === true ? version : "not run yet";
}
