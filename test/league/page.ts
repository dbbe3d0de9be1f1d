import { formatValue } from "../../observer/measure/format.ts";
import { count, quantity } from "../../observer/measure/quantity.ts";
import { comparedMeasures, goodAnswersMin, type ComparedMeasure } from "../../lab/compare/measures.ts";
import { markdownTable } from "../../lab/compare/markdown.ts";
import { openStack } from "../../lab/plan/library.ts";
import { wrapped } from "../../lab/report/wrapped.ts";
import type { CellMeasures } from "../../lab/suite/cell.ts";
import { playedText, type ResultStore, type Row } from "../support/result-store.ts";
import { hardened, leagueScenarios, leagueStacks, outsideGateways, ownGateway } from "./cells.ts";
import { meanOf, meanOverClients, measuredIn, valuesOf } from "./figures.ts";
import { headlineOf } from "./headline.ts";
import { lossesOf } from "./losses.ts";

/** What a figure does not say by itself. */
const captions: Readonly<Partial<Record<ComparedMeasure["name"], string>>> = {
  lostDemand:
    "Excess bad requests, by what was asked for while the fault was in force. It exceeds 100 % where a gateway also loses requests that were open when the fault began, or that were sent after its end: they count, and what was asked for then does not ([metrics.md](../metrics.md#lost-demand)).",
  silentShare: "Of the bad requests, those that their clients took for a success.",
  recovery: "From the end of the fault until at most 5 % of the requests of 10 s are bad. 0 ms: in the first 10 s after the fault already, whatever was lost before. `-`: nothing was lost.",
  amplification: "Attempts at providers for each request of a client. A gateway that gives up early asks less.",
  money: `In US dollars: all that providers billed from the start of the fault to the end of the run, for answers that nobody got too, by the answers that were good. \`-\` where there were fewer than ${goodAnswersMin}. While the primary is sick, good answers are those of the fallback, which cost several times as much. A gateway that loses them is cheaper for the rest, and so is one whose users wait in retries until the primary is back; one that turns to the fallback at once, and back with its breaker's next probe, buys more of them.`,
};

/** docs/results/gateways.md: the league table. */
export function leaguePage(store: ResultStore): string {
  const tables = comparedMeasures.map((measure) => {
    const caption = captions[measure.name];
    return [`## ${measure.label.charAt(0).toUpperCase()}${measure.label.slice(1)}`, ...(caption === undefined ? [] : [wrapped(caption)]), tableOf(measure, store)].join("\n\n");
  });
  const rows = store.rows();
  const configs = [ownGateway, ...outsideGateways].map((stack) => `### ${[stack, ...versionsOf(rows, stack)].join(": ")}\n\n\`\`\`yaml\n${openStack(stack).text.trimEnd()}\n\`\`\``);
  return `${[
    "# Gateways side by side",
    wrapped(headlineOf(store)),
    wrapped(
      `${playedText(rows)}, ${[...new Set(rows.map(({ machine }) => machine))].join("; ")}: \`npm run league\`. Ten scenarios of 60 s, live, with real processes and up to three seeds. \`${ownGateway}\` is one process of the reference gateway with its defaults, and is compared with one process of each outside gateway. \`${hardened}\` is two regions with four processes, so it stands in a column of its own. A cell is the mean over the seeds that were judged; after it, lost demand and cost have their 95 % interval from the clients within the runs, and in square brackets the range over seeds.`,
    ),
    ...tables,
    `## What \`${ownGateway}\` loses at\n\n${wrapped("Amplification and cost are compared only where the other gateway lost no more of the demand: what is not answered takes nothing.")}\n\n${lossesOf(store)}`,
    `## Cells without a figure\n\n${gapsOf(store)}`,
    `## Configurations\n\nAs their own documents recommend them, whole.\n\n${configs.join("\n\n")}`,
  ].join("\n\n")}\n`;
}

const versionsOf = (rows: readonly Row[], stack: string) => [...new Set(rows.flatMap(({ result, version }) => (result.cell.stack === stack ? (version ?? []) : [])))];

function tableOf(measure: ComparedMeasure, store: ResultStore): string {
  const heads = ["scenario", ...leagueStacks.map((stack) => `\`${stack}\``)];
  const rows = leagueScenarios.map(({ name }) => [`\`${name}\``, ...leagueStacks.map((stack) => cellText(measure, measuredIn(store, name, stack)))]);
  return markdownTable([heads, ...rows]);
}

function cellText(measure: ComparedMeasure, seeds: readonly CellMeasures[]): string {
  const values = valuesOf(measure, seeds);
  if (values.length === 0) return measure.name === "money" ? noCost(seeds) : "-";
  const { interval = null } = meanOverClients(measure, seeds) ?? {};
  const clients = interval === null || interval[0] === interval[1] ? "" : ` (${formatValue(quantity(measure.unit, interval))})`;
  return `${formatValue(meanOf(measure, values))}${clients}${rangeText(measure, values.map(({ value }) => value))}`;
}

function noCost(seeds: readonly CellMeasures[]): string {
  const good = seeds.flatMap(({ money }) => money?.goodAnswers ?? []);
  return good.length === 0 ? "-" : `- (${formatValue(count([Math.min(...good), Math.max(...good)]))} good answers)`;
}

function rangeText({ unit }: ComparedMeasure, values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? "" : ` [${formatValue(quantity(unit, [low, high]))}]`;
}

/** Which cells have no figure, with the reason of each. */
function gapsOf(store: ResultStore): string {
  const gaps = leagueStacks.flatMap((stack) => leagueScenarios.flatMap(({ name }) => (measuredIn(store, name, stack).length > 0 ? [] : [{ stack, name, why: whyNone(store.of(name, stack)) }])));
  if (gaps.length === 0) return "None.";
  const lines = [...Map.groupBy(gaps, ({ stack, why }) => `\`${stack}\`: ${why}`)];
  return lines.map(([what, of]) => `- ${what}: ${of.map(({ name }) => `\`${name}\``).join(", ")}`).join("\n");
}

function whyNone(rows: readonly Row[]): string {
  const last = rows.at(-1)?.result;
  return last === undefined ? "not played yet" : `${last.end.replace("_", " ")} (${last.reasons[0] ?? "no reason"})`;
}
