import { markup, type Markup, type Part } from "../markup.ts";
import { figureNamed, tableNamed, type FigureName, type RunView, type TableName } from "../run-view.ts";
import { cellsHeat } from "./cells-heat.ts";
import { contentsOf, pageText, type Section } from "./page.ts";
import { timelineFigure } from "./timeline.ts";
import { sentenceMarkup, tableMarkup, valueMarkup } from "./values.ts";

/** A run as a page: what happened, by how much, and from what it was computed. */
export function runPage(view: RunView): string {
  const sections = sectionsOf(view);
  return pageText({
    title: `${view.verdict.replace("_", " ")}: ${view.title}`,
    header: headerOf(view, sections),
    sections,
    footer: markup`<p>The verdict is computed from <code>plan.json</code>, <code>arrivals.ndjson</code> and <code>taps/</code> alone: <code>npx blastlab verdict RUN_DIR</code> computes it again.</p>`,
  });
}

function headerOf(view: RunView, sections: readonly Section[]): Markup {
  const { verdict, scenario, stack, seed, title, headline, reasons } = view;
  const others = view.figures.length === 0 ? reasons.slice(1) : reasons;
  return markup`<a class="skip" href="#${sections[0]?.id ?? ""}">Skip to the report</a>
<p class="meta"><span class="verdict is-${verdict}">${verdict.replace("_", " ")}</span>scenario <code>${scenario}</code> on <code>${stack}</code>, seed ${seed}</p>
<h1>${title}</h1>
<p class="lead">${sentenceMarkup(headline)}</p>
${firstFigures(view)}
${others.length === 0 ? null : markup`<p class="note reasons">${others.join(" ")}</p>`}
${view.series === null ? null : timelineFigure({ title: view.title, series: view.series, marks: view.marks })}
${contentsOf(sections)}`;
}

const shownFirst: readonly (readonly [FigureName, string])[] = [
  ["blastRadius", "Lost demand"],
  ["reach", "Reach"],
  ["silentShare", "Silent"],
  ["recovery", "Recovery"],
];

function firstFigures(view: RunView): Part {
  if (view.figures.length === 0) return null;
  return markup`<dl class="figures">${shownFirst.map(([name, label]) => {
    const { value, note } = figureNamed(view, name)!;
    return markup`<div><dt>${label}</dt><dd data-figure="${name}">${valueMarkup(value)}<span class="of">${note}</span></dd></div>`;
  })}</dl>`;
}

interface Chapter {
  readonly id: string;
  readonly title: string;
  readonly figures?: readonly FigureName[];
  readonly tables?: readonly TableName[];
}

const chapters: readonly Chapter[] = [
  { id: "hit", title: "Who was hit, and how badly", figures: ["reach", "clientReach", "worstCell", "depth", "duration", "containment", "badShare", "errorBudgetBurned"], tables: ["cells", "causes"] },
  { id: "broken", title: "What was broken, and when", tables: ["faults", "actions", "packages", "bypassed"] },
  { id: "detection", title: "Detection and recovery", figures: ["detection", "gatewayDetection", "recovery", "dip", "recoveryCost"], tables: ["stages", "probes"] },
  { id: "counted", title: "What the gateway counted, and what was true", tables: ["gatewayCounts", "toldUsage"] },
  { id: "money", title: "Amplification and money", figures: ["amplification", "herdFactor", "tokenWaste", "money"], tables: ["deployments", "overload"] },
  { id: "bad", title: "Bad requests, with their evidence", tables: ["attribution", "badRequests", "errorAnswers", "wrongAnswers"] },
  { id: "expectations", title: "What was expected", tables: ["expectations", "slos"] },
  { id: "figures", title: "All figures" },
  { id: "provenance", title: "How the run was made", tables: ["policy", "books"] },
];

function sectionsOf(view: RunView): readonly Section[] {
  return chapters.flatMap(({ id, title, figures = [], tables = [] }) => {
    const body = [id === "hit" && view.series !== null ? cellsHeat(view.series, view.marks) : null, figuresTable(view, figures), ...tables.map((name) => namedTable(view, name)), ...(id === "figures" ? [figuresTable(view, view.figures.map(({ name }) => name))] : [])];
    return body.some((part) => part !== null) ? [{ id, title, body }] : [];
  });
}

function figuresTable(view: RunView, names: readonly FigureName[]): Part {
  const figures = names.flatMap((name) => figureNamed(view, name) ?? []);
  if (figures.length === 0) return null;
  return markup`<div class="scroll"><table><thead><tr><th scope="col">measure</th><th scope="col">value</th><th scope="col">of what</th></tr></thead><tbody>
${figures.map(({ name, label, value, note }) => markup`<tr><th scope="row">${label}</th><td data-figure="${name}">${valueMarkup(value)}</td><td>${note}</td></tr>
`)}</tbody></table></div>`;
}

function namedTable(view: RunView, name: TableName): Part {
  const table = tableNamed(view, name);
  return table === null ? null : markup`<h3 id="table-${name}">${table.title}</h3>${tableMarkup(table)}`;
}
