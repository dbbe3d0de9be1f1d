import { stripVTControlCharacters } from "node:util";
import type { Paint } from "../board/paint.ts";
import { plainTable, tableText } from "../report/plain-table.ts";
import type { ComparedScenario, ComparedStack, Comparison } from "./comparison.ts";
import { stackHeads, stackRow } from "./report-rows.ts";
import { interruptedText, pairSentence } from "./sentence.ts";

/**
 * A comparison on the terminal: a table and a sentence for each pair, by scenario. Where the table does not fit
 * `columns`, each stack has a list of its own.
 */
export function comparisonText(comparison: Comparison, paint: Paint, columns = Infinity): string {
  const interrupted = interruptedText(comparison);
  const sections = [...comparison.scenarios.map((scenario) => scenarioText(scenario, comparison, { paint, columns })), ...(interrupted === null ? [] : [interrupted])];
  return `${sections.join("\n\n")}\n`;
}

interface TextOptions {
  readonly paint: Paint;
  readonly columns: number;
}

function scenarioText(scenario: ComparedScenario, { level }: Comparison, { paint, columns }: TextOptions): string {
  const seeds = new Set(scenario.stacks.flatMap(({ ends }) => ends.map(({ seed }) => seed))).size;
  const lost = scenario.stacks.flatMap(({ label, ends }) => {
    const odd = ends.find(({ end }) => end === "not_applicable" || end === "unknown" || end === "failed");
    return odd === undefined ? [] : [`  ${label}, seed ${odd.seed}, ended ${odd.end.replace("_", " ")}: ${odd.reason}`];
  });
  const head = `${paint.bold(scenario.scenario)}  ${seeds === 1 ? "one seed, so without intervals over seeds" : `means over ${seeds} seeds, with their 95 % intervals`}`;
  return [head, "", stacksText(scenario, { paint, columns }), "", ...lost, ...scenario.pairs.map((pair) => `  ${pairSentence(scenario, pair, level)}`)].join("\n");
}

function stacksText({ stacks }: ComparedScenario, { paint, columns }: TextOptions): string {
  const table = plainTable();
  table.push(stackHeads.map((head, index) => paint.dim(index === 0 ? `  ${head}` : head)));
  for (const stack of stacks) table.push(stackRow(stack).map((text, index) => (index === 0 ? `  ${text}` : text)));
  const wide = tableText(table);
  return wide.split("\n").every((line) => stripVTControlCharacters(line).length <= columns) ? wide : stacks.map((stack) => listText(stack, paint)).join("\n\n");
}

function listText(stack: ComparedStack, paint: Paint): string {
  const [label, ...texts] = stackRow(stack);
  const table = plainTable();
  for (const [index, text] of texts.entries()) table.push([paint.dim(`    ${stackHeads[index + 1]!}`), text]);
  return `  ${paint.bold(label!)}\n${tableText(table)}`;
}
