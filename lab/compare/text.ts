import type { Paint } from "../board/paint.ts";
import { plainTable, tableText } from "../report/plain-table.ts";
import type { ComparedScenario, Comparison } from "./comparison.ts";
import { stackHeads, stackRow } from "./report-rows.ts";
import { interruptedText, pairSentence } from "./sentence.ts";

/** A comparison on the terminal: a table and a sentence for each pair, by scenario. */
export function comparisonText(comparison: Comparison, paint: Paint): string {
  const interrupted = interruptedText(comparison);
  const sections = [...comparison.scenarios.map((scenario) => scenarioText(scenario, comparison, paint)), ...(interrupted === null ? [] : [interrupted])];
  return `${sections.join("\n\n")}\n`;
}

function scenarioText(scenario: ComparedScenario, { level }: Comparison, paint: Paint): string {
  const seeds = new Set(scenario.stacks.flatMap(({ ends }) => ends.map(({ seed }) => seed))).size;
  const table = plainTable();
  table.push(stackHeads.map((head, index) => paint.dim(index === 0 ? `  ${head}` : head)));
  for (const stack of scenario.stacks) table.push(stackRow(stack).map((text, index) => (index === 0 ? `  ${text}` : text)));
  const lost = scenario.stacks.flatMap(({ label, ends }) => {
    const odd = ends.find(({ end }) => end === "not_applicable" || end === "unknown" || end === "failed");
    return odd === undefined ? [] : [`  ${label}, seed ${odd.seed}, ended ${odd.end.replace("_", " ")}: ${odd.reason}`];
  });
  const head = `${paint.bold(scenario.scenario)}  ${seeds === 1 ? "one seed, so without intervals over seeds" : `means over ${seeds} seeds, with their 95 % intervals`}`;
  return [head, "", tableText(table), "", ...lost, ...scenario.pairs.map((pair) => `  ${pairSentence(scenario, pair, level)}`)].join("\n");
}
