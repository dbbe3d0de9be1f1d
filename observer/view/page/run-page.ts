import { markup, type Markup, type Part } from "../markup.ts";
import { figureNamed, type FigureName, type RunView } from "../run-view.ts";
import { contentsOf, pageText, type Section } from "./page.ts";
import { sectionsOf } from "./run-sections.ts";
import { timelineFigure } from "./timeline.ts";
import { sentenceMarkup, valueMarkup } from "./values.ts";

/** A run as a page: what happened, by how much, and from what it was computed. */
export function runPage(view: RunView): string {
  const sections = sectionsOf(view);
  return pageText({ title: `${verdictText(view)}: ${view.title}`, header: headerOf(view, sections), sections, footer: footer });
}

const footer = markup`<p>The verdict is computed from <code>plan.json</code>, <code>arrivals.ndjson</code> and <code>taps/</code> alone: <code>npx blastlab verdict RUN_DIR</code> computes it again, and writes this page again. What the words mean: <code>docs/metrics.md</code>.</p>`;

export function verdictText({ verdict }: Pick<RunView, "verdict">): string {
  return verdict.replace("_", " ");
}

function headerOf(view: RunView, sections: readonly Section[]): Markup {
  const { verdict, scenario, stack, seed, title, headline, reasons } = view;
  // The headline of a run without a result has its first reason.
  const others = isDecided(view) ? reasons : [...reasons.slice(1), ...(view.figures.length === 0 ? [] : ["The figures here were measured from the records that there are, and decide nothing."])];
  return markup`<a class="skip" href="#${sections[0]?.id ?? ""}">Skip to the report</a>
<p class="meta"><span class="verdict is-${verdict}">${verdictText(view)}</span>scenario <code>${scenario}</code> on <code>${stack}</code>, seed ${seed}</p>
<h1>${title}</h1>
<p class="lead">${sentenceMarkup(headline)}</p>
${firstFigures(view)}
${others.length === 0 ? null : markup`<p class="note reasons">${others.join(" ")}</p>`}
${view.series === null ? null : timelineFigure({ title, series: view.series, marks: view.marks })}
${contentsOf(sections)}`;
}

const isDecided = ({ verdict }: RunView) => verdict === "held" || verdict === "deviated" || verdict === "not_recovered";

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
