import { moment } from "../../measure/quantity.ts";
import { markup, type Markup, type Part } from "../markup.ts";
import { figureNamed, tableNamed, type Finding, type FigureName, type RunView, type TableName } from "../run-view.ts";
import { cellsHeat } from "./cells-heat.ts";
import { cacheFigure, countedFigure, effortFigure, type RunPlots } from "./more-figures.ts";
import type { Section } from "./page.ts";
import { notesMarkup, sentenceMarkup, tableMarkup, valueMarkup } from "./values.ts";
import { worldFigure } from "./world-figure.ts";

interface Chapter {
  readonly id: string;
  readonly title: string;
  /** What is shown before its figures and tables. */
  readonly first?: (view: RunView) => Part;
  readonly figures?: readonly FigureName[];
  readonly tables?: readonly TableName[];
}

const plotted = (plot: (plots: RunPlots) => Part) => (view: RunView) => (view.series === null ? null : plot({ series: view.series, marks: view.marks }));

/** In the order in which a reader asks. */
const chapters: readonly Chapter[] = [
  { id: "post-mortem", title: "Post-mortem", first: answers },
  { id: "hit", title: "Who was hit", first: plotted(({ series, marks }) => cellsHeat(series, marks)), figures: ["reach", "clientReach", "worstCell", "depth", "duration", "containment"], tables: ["hitCells", "cells", "causes"] },
  { id: "broken", title: "What was broken, and when", first: worldFigure, tables: ["faults", "actions", "notes", "attribution"] },
  { id: "marks", title: "Detection and recovery", first: marksTable, figures: ["detection", "gatewayDetection", "recovery", "dip", "recoveryCost"], tables: ["stages", "probes"] },
  { id: "counted", title: "What the gateway counted, and what was true", first: plotted(countedFigure), tables: ["gatewayCounts", "reportedUsage"] },
  { id: "effort", title: "Amplification and money", first: plotted(effortFigure), figures: ["amplification", "herdFactor", "tokenWaste", "money"], tables: ["deployments", "overload", "bypassed"] },
  { id: "cache", title: "Cache, gateways and configuration", first: plotted(cacheFigure), figures: ["idleReplicas", "packageReach"], tables: ["packages"] },
  { id: "bad", title: "Bad requests and their evidence", tables: ["badRequests", "errorAnswers", "wrongAnswers"] },
  { id: "expected", title: "What was expected", first: intervalNote, tables: ["expectations", "slos"] },
  { id: "figures", title: "All figures", first: ({ figures, ...view }) => figuresTable({ ...view, figures }, figures.map(({ name }) => name)) },
  { id: "made", title: "How the run was made", first: factsTable, tables: ["policy", "books"] },
  { id: "not-measured", title: "What was not measured", first: ({ notMeasured }) => markup`<ul>${notMeasured.map((sentence) => markup`<li>${sentence}</li>`)}</ul>` },
];

/** Sections without content are left out. */
export function sectionsOf(view: RunView): readonly Section[] {
  return chapters.flatMap(({ id, title, first, figures = [], tables = [] }) => {
    const body = [first?.(view) ?? null, figuresTable(view, figures), ...tables.map((name) => namedTable(view, name))];
    return body.some((part) => part !== null) ? [{ id, title, body }] : [];
  });
}

function answers(view: RunView): Part {
  const { postMortem } = view;
  if (postMortem.length === 0) return null;
  return markup`<dl class="answers">${postMortem.map(({ question, findings }) => markup`<dt>${question}</dt><dd><ul>${findings.map((finding) => findingMarkup(finding, view))}</ul></dd>
`)}</dl>`;
}

function findingMarkup({ sentence, evidence }: Finding, view: RunView): Markup {
  const table = evidence === null ? null : tableNamed(view, evidence);
  const link = table === null ? null : markup` <a class="meta" href="#table-${table.name}">${table.title}</a>`;
  return markup`<li>${sentenceMarkup(sentence)}${link}</li>`;
}

function marksTable({ marks }: RunView): Part {
  if (marks.length === 0) return null;
  return markup`<div class="scroll" tabindex="0" role="group" aria-label="Moments of the run"><table data-table="marks"><thead><tr><th scope="col">what</th><th scope="col" class="number">from</th><th scope="col" class="number">to</th></tr></thead><tbody>
${marks.map(({ kind, label, fromMs, toMs }) => markup`<tr><td>${kind === "stage" || kind === "fault" ? `${kind}: ${label}` : label}</td><td class="number">${valueMarkup(moment(fromMs))}</td><td class="number">${toMs === fromMs ? "" : valueMarkup(moment(toMs))}</td></tr>
`)}</tbody></table></div>`;
}

/** Expectations compare the point; how sure it is stands beside it. */
function intervalNote(view: RunView): Part {
  const figure = figureNamed(view, "blastRadius");
  return figure === null ? null : markup`<p class="note">An expectation is compared with the measured value itself. Lost demand: ${valueMarkup(figure.value)} ${figure.note}.</p>`;
}

function factsTable({ facts }: RunView): Part {
  return markup`<div class="scroll" tabindex="0" role="group" aria-label="Facts"><table data-table="facts"><tbody>
${facts.map(({ label, value }) => markup`<tr><th scope="row">${label}</th><td>${label === "replay" ? markup`<code>${typeof value === "string" ? value : ""}</code>` : valueMarkup(value)}</td></tr>
`)}</tbody></table></div>`;
}

function figuresTable(view: RunView, names: readonly FigureName[]): Part {
  const figures = names.flatMap((name) => figureNamed(view, name) ?? []);
  if (figures.length === 0) return null;
  return markup`<div class="scroll" tabindex="0" role="group" aria-label="Figures"><table data-table="figures"><thead><tr><th scope="col">measure</th><th scope="col">value</th><th scope="col">of what</th></tr></thead><tbody>
${figures.map(({ name, label, value, note }) => markup`<tr><th scope="row">${label}</th><td data-figure="${name}">${valueMarkup(value)}</td><td>${note}</td></tr>
`)}</tbody></table></div>`;
}

function namedTable(view: RunView, name: TableName): Part {
  const table = tableNamed(view, name);
  if (table === null) return null;
  return table.rows.length > foldedFrom
    ? markup`<h3 id="table-${name}">${table.title}</h3><details><summary>${table.rows.length} rows</summary>${tableMarkup({ ...table, notes: [] })}</details>${notesMarkup(table.notes)}`
    : markup`<h3 id="table-${name}">${table.title}</h3>${tableMarkup(table)}`;
}

/** A longer table is folded. */
const foldedFrom = 40;
