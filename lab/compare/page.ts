import { formatValue } from "../../observer/measure/format.ts";
import { none, share } from "../../observer/measure/quantity.ts";
import { markup, type Markup } from "../../observer/view/markup.ts";
import { contentsOf, pageText, type Section } from "../../observer/view/page/page.ts";
import { intervalPlot } from "../../observer/view/plots/intervals.ts";
import type { ComparedScenario, Comparison } from "./comparison.ts";
import type { PageOptions } from "./markdown.ts";
import { comparedMeasures } from "./measures.ts";
import { differenceText, stackHeads, stackRow } from "./report-rows.ts";
import { interruptedText, levelText, pairSentence } from "./sentence.ts";

const numbered = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/**
 * A comparison as a page of one file: lost demand of every stack on one scale, the tables, and what can be told apart.
 */
export function comparisonPage(comparison: Comparison, { command, notExpressed }: PageOptions): string {
  const { contestants, level, seeds, scenarios } = comparison;
  const title = `${contestants.map(({ label }) => label).join(", ")}: ${numbered(scenarios.length, "scenario")}, ${numbered(seeds.length, "seed")}`;
  const interrupted = interruptedText(comparison);
  const max = Math.max(0.01, ...scenarios.flatMap(({ stacks }) => stacks.flatMap((stack) => lostOf(stack)?.interval?.[1] ?? lostOf(stack)?.mean ?? [])));
  const sections: readonly Section[] = [
    ...scenarios.map((scenario, index) => ({ id: `scenario-${index + 1}`, title: scenario.scenario, body: scenarioMarkup(scenario, { level, max }) })),
    ...notExpressed.map(([label, texts], index) => ({ id: `not-expressed-${index + 1}`, title: `What ${label} cannot express`, body: markup`<ul>${texts.map((text) => markup`<li>${text}</li>`)}</ul>` })),
  ];
  return pageText({
    title: `Stacks compared: ${title}`,
    header: markup`<a class="skip" href="#scenario-1">Skip to the results</a>
<p class="meta"><code>${command}</code></p>
<h1>${title}</h1>
${interrupted === null ? null : markup`<p class="lead">${interrupted}</p>`}
<p>Means over seeds, each with its 95 % interval over seeds. A pair's difference is that of the second less that of the first, over the seeds that both played. It is bold where its ${levelText(level)} interval excludes 0 and the difference matters.</p>
${contentsOf(sections)}`,
    sections,
    footer: markup`<p>Each number is that of runs' verdicts. The command above makes this page again.</p>`,
  });
}

function lostOf({ figures }: ComparedScenario["stacks"][number]) {
  return figures.find(({ measure }) => measure === "lostDemand");
}

function scenarioMarkup(scenario: ComparedScenario, { level, max }: { readonly level: number; readonly max: number }): Markup {
  const rows = scenario.stacks.map((stack) => {
    const { mean = null, interval = null } = lostOf(stack) ?? {};
    return { label: stack.label, value: mean === null ? none : formatValue(share(mean)), mean, interval };
  });
  const pairs = scenario.pairs.map(({ first, second, differences }) => [`${second} less ${first}`, ...differences.map(differenceText)]);
  return markup`<figure>${intervalPlot({ title: `Lost demand in ${scenario.scenario}`, max, rows })}<p class="note">Lost demand, from 0 to ${formatValue(share(max))}, on the same scale in every scenario.</p></figure>
${tableMarkup(`Stacks in ${scenario.scenario}`, stackHeads, scenario.stacks.map(stackRow))}
${tableMarkup(`Pairs in ${scenario.scenario}`, ["pair", ...comparedMeasures.map(({ label }) => label)], pairs)}
<ul>${scenario.pairs.map((pair) => markup`<li>${pairSentence(scenario, pair, level)}</li>`)}</ul>`;
}

function tableMarkup(title: string, heads: readonly string[], rows: readonly (readonly string[])[]): Markup {
  return markup`<div class="scroll" tabindex="0" role="group" aria-label="${title}"><table><thead><tr>${heads.map((head) => markup`<th scope="col">${head}</th>`)}</tr></thead><tbody>
${rows.map((row) => markup`<tr>${row.map((cell) => markup`<td>${boldMarkup(cell)}</td>`)}</tr>
`)}</tbody></table></div>`;
}

/** The rows mark a difference that is told apart as Markdown does. */
function boldMarkup(text: string): Markup {
  const [, bold, rest] = /^\*\*(.*)\*\*(.*)$/.exec(text) ?? [];
  return bold === undefined ? markup`${text}` : markup`<b>${bold}</b>${rest ?? ""}`;
}
