import { count, ms, none, share, times, type Quantity, type Value } from "../../../observer/measure/quantity.ts";
import { markup, type Markup, type Part } from "../../../observer/view/markup.ts";
import { contentsOf, pageText, type Section } from "../../../observer/view/page/page.ts";
import { valueMarkup } from "../../../observer/view/page/values.ts";
import { admissionsOf, type Admission } from "../admission.ts";
import type { CellResult } from "../cell.ts";
import type { Finding } from "../findings.ts";
import type { Comparison } from "../regressions.ts";
import type { Suite } from "../suite.ts";
import { comparisonText } from "./markdown.ts";

export interface SuitePageInput {
  readonly suite: Suite;
  readonly summary: string;
  readonly findings: readonly Finding[];
  readonly comparison: Comparison | null;
  /** The report of a cell's run, relative to the page, by its place. Empty: none was kept. */
  readonly reports: ReadonlyMap<number, string>;
}

/**
 * A suite as a page of one file: what to look at, every scenario on every stack, and what may be said of each stack.
 */
export function suitePage(input: SuitePageInput): string {
  const { suite, summary, comparison } = input;
  const sections: readonly Section[] = [
    { id: "look-at", title: "To look at", body: findingsMarkup(input.findings) },
    { id: "cells", title: "Every scenario on every stack", body: cellsTable(input) },
    { id: "admission", title: "Admission", body: admissionMarkup(suite.results) },
  ];
  return pageText({
    title: `Suite: ${summary}`,
    header: markup`<a class="skip" href="#look-at">Skip to the results</a>
<p class="meta">A suite, ${suite.harness}. A cell is one scenario on one stack with one seed.</p>
<h1>${summary.charAt(0).toUpperCase()}${summary.slice(1)}</h1>
${comparison === null ? null : markup`<p class="lead">${comparisonText(comparison)}</p>`}
${contentsOf(sections)}`,
    sections,
    footer: markup`<p>Each number is that of a run's verdict, over the seeds that were played: the least to the most.</p>`,
  });
}

function findingsMarkup(findings: readonly Finding[]): Markup {
  if (findings.length === 0) return markup`<p>Nothing: every cell ended as was expected.</p>`;
  return markup`<ul>${findings.map(({ kind, title, message, file, line }) => markup`<li><b>${kind}: ${title}</b> ${message} <code>${file}:${line}</code></li>`)}</ul>`;
}

const heads = ["scenario", "stack", "meant", "ended", "lost demand", "silent share", "amplification", "recovery", "runs"];

function cellsTable({ suite, reports }: SuitePageInput): Markup {
  const groups = [...Map.groupBy(suite.results, ({ cell }) => JSON.stringify([cell.scenario, cell.stack, cell.sets])).values()];
  return markup`<div class="scroll" tabindex="0" role="group" aria-label="Cells"><table data-table="suite"><thead><tr>${heads.map((title) => markup`<th scope="col">${title}</th>`)}</tr></thead><tbody>
${groups.map((group) => markup`<tr>${rowOf(group).map((value) => markup`<td>${valueMarkup(value)}</td>`)}<td>${linksOf(group, reports)}</td></tr>
`)}</tbody></table></div>`;
}

type Results = readonly Suite["results"][number][];

function rowOf(results: Results): readonly Value[] {
  const { cell, meant } = results[0]!;
  const ends = [...Map.groupBy(results, ({ end }) => end)].map(([end, of]) => `${end.replace("_", " ")}${results.length === 1 ? "" : ` ${of.length} of ${results.length}`}`);
  const over = (unit: (range: readonly [number, number]) => Quantity, value: (measures: NonNullable<CellResult["measures"]>) => number | null | undefined): Value => {
    const numbers = results.flatMap(({ measures }) => (measures === null ? [] : (value(measures) ?? [])));
    return numbers.length === 0 ? none : unit([Math.min(...numbers), Math.max(...numbers)]);
  };
  const sets = cell.sets.length === 0 ? "" : ` (${cell.sets.join(", ")})`;
  return [
    cell.scenario + sets,
    cell.stack,
    meant?.replace("_", " ") ?? none,
    ends.join(", "),
    over(share, ({ lostDemand }) => lostDemand?.value),
    over(share, ({ silentShare }) => silentShare),
    over(times, ({ amplification }) => amplification),
    over(ms, ({ recoveryMs }) => recoveryMs),
  ];
}

function linksOf(results: Results, reports: ReadonlyMap<number, string>): Part {
  return results.map(({ place, cell }) => {
    const report = reports.get(place);
    return report === undefined ? null : markup`<a href="${report}">seed ${cell.seed}</a> `;
  });
}

function admissionMarkup(results: readonly CellResult[]): Part {
  return admissionsOf(results).map((admission) => markup`<h3>${admission.stack}</h3>
<p>${tierText(admission)}</p>
<dl class="answers"><dt>What it holds</dt><dd>${valueMarkup(count(admission.held.length))} of ${valueMarkup(count(admission.held.length + admission.notHeld.length))} scenarios with a verdict. ${admission.notHeld.length === 0 ? "It held all of them." : `It did not hold: ${admission.notHeld.join(", ")}.`}</dd>
<dt>Largest blast radius</dt><dd>${largestMarkup(admission)}</dd>
<dt>Protections</dt><dd><ul>${admission.protections.map(({ title, scenarios, tested }) => markup`<li>${title}: ${tested ? "tested" : "not tested"} (${scenarios.length === 0 ? "no scenario of the library suffers where it is missing" : scenarios.join(", ")})</li>`)}</ul></dd>
<dt>Never tested</dt><dd>${admission.untested.length === 0 ? "Every scenario of the library has a verdict." : `${admission.untested.join(", ")}.`} Agents and MCP are out of the lab's scope.</dd></dl>
`);
}

function tierText({ tier, largest, protections }: Admission): string {
  if (tier !== null) return `Service tier ${tier}: ${tierReasons[tier]}.`;
  const open = protections.filter(({ tested }) => !tested).map(({ title }) => title);
  return `Service tier unknown: ${[...(largest === null ? ["no fault of the gateway's own side has a verdict"] : []), ...(open.length === 0 ? [] : [`untested: ${open.join(", ")}`])].join("; ")}.`;
}

const tierReasons = {
  0: "a fault of the gateway can cost over half of the demand, so it needs what the most critical service has",
  1: "a fault of the gateway can cost over a tenth of the demand, and no more than half",
  2: "no fault of the gateway that was tested cost over a tenth of the demand",
} as const;

function largestMarkup({ largest }: Admission): Part {
  if (largest === null) return "No fault of the gateway's own side has a verdict.";
  return markup`${valueMarkup(share(largest.lostDemand))} of the demand, in ${largest.scenario} with seed ${largest.seed}. Faults of providers are not among them.`;
}
