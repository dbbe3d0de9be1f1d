import { formatValue } from "../../measure/format.ts";
import { comparedNotes, comparedTable, type Pair } from "../compared.ts";
import { markup, type Markup, type Part } from "../markup.ts";
import { tableNamed, type RunView, type ViewTable } from "../run-view.ts";
import { cellsHeat } from "./cells-heat.ts";
import { contentsOf, pageText, type Section } from "./page.ts";
import { verdictText } from "./run-page.ts";
import { scalesOf, timelineFigure, type Scales } from "./timeline.ts";
import { sentenceMarkup, tableMarkup } from "./values.ts";

/** Two runs on one page: side by side, on the same axes, each figure of one beside that of the other. */
export function diffPage(pair: Pair): string {
  const title = titleOf(pair);
  const sections = sectionsOf(pair);
  return pageText({
    title,
    header: markup`<a class="skip" href="#compared">Skip to the figures</a>
<p class="meta">Two runs, on the same axes. A is on the left, or above.</p>
<h1>${title}</h1>
${sidesMarkup(pair, (view, index) => headOf(view, index))}
${sidesMarkup(pair, (view) => timelineOf(view, commonScales(pair)))}
${contentsOf(sections)}`,
    sections,
    footer: markup`<p>Both runs were judged again from their own records to make this page.</p>`,
  });
}

/** What they share stands once. */
function titleOf([a, b]: Pair): string {
  return a.scenario === b.scenario && a.seed === b.seed ? `${a.scenario}, seed ${a.seed}: ${a.stack} and ${b.stack}` : `${nameOf(a)} and ${nameOf(b)}`;
}

function nameOf({ scenario, stack, seed }: RunView): string {
  return `${scenario} on ${stack}, seed ${seed}`;
}

function sidesMarkup(pair: Pair, of: (view: RunView, index: number) => Part): Markup {
  return markup`<div class="sides">${pair.map((view, index) => markup`<div>${of(view, index)}</div>
`)}</div>`;
}

function headOf(view: RunView, index: number): Markup {
  return markup`<p class="meta"><b>${index === 0 ? "A" : "B"}</b> <span class="verdict is-${view.verdict}">${verdictText(view)}</span>${nameOf(view)}</p>
<p>${sentenceMarkup(view.headline)}</p>`;
}

function commonScales(pair: Pair): Scales {
  const all = pair.flatMap(({ series }) => (series === null ? [] : [scalesOf(series)]));
  const largest = (name: keyof Scales) => Math.max(1, ...all.map((scales) => scales[name]));
  return { requests: largest("requests"), firstTokenMs: largest("firstTokenMs"), attempts: largest("attempts"), endMs: largest("endMs") };
}

function timelineOf({ title, series, marks }: RunView, scales: Scales): Part {
  return series === null ? markup`<p class="note">Its records could not be read by its plan.</p>` : timelineFigure({ title, series, marks }, scales);
}

function sectionsOf(pair: Pair): readonly Section[] {
  return [
    { id: "compared", title: "Figure by figure", body: [comparedNotes(pair).map((note) => markup`<p class="note">${note}</p>`), tableMarkup(comparedTable(pair))] },
    { id: "cells", title: "Who was hit", body: sidesMarkup(pair, ({ series, marks }) => (series === null ? null : cellsHeat(series, marks))) },
    { id: "post-mortem", title: "Post-mortem", body: sidesMarkup(pair, answersOf) },
    { id: "expectations", title: "What was expected", body: sidesMarkup(pair, (view) => named(view, "expectations")) },
    { id: "policy", title: "Settings that differ", body: tableMarkup(settingsTable(pair)) },
  ];
}

function answersOf({ postMortem }: RunView): Part {
  return postMortem.map(({ question, findings }) => markup`<h3>${question}</h3><ul>${findings.map(({ sentence }) => markup`<li>${sentenceMarkup(sentence)}</li>`)}</ul>
`);
}

function named(view: RunView, name: "expectations"): Part {
  const table = tableNamed(view, name);
  return table === null ? markup`<p class="note">It has none.</p>` : tableMarkup(table);
}

/** The stacks' settings of the gateway, where they are not the same. */
function settingsTable([a, b]: Pair): ViewTable {
  const [one, other] = [settingsOf(a), settingsOf(b)];
  const names = [...new Set([...one.keys(), ...other.keys()])].filter((name) => one.get(name) !== other.get(name));
  return {
    name: "policy",
    title: "Settings that differ",
    columns: ["setting", "A", "B"],
    rows: names.map((name) => [name, one.get(name) ?? "the gateway's default", other.get(name) ?? "the gateway's default"]),
    notes: [names.length === 0 ? "The stacks set the gateway alike." : "Regions, edges and control planes of the stacks are not settings of the gateway: see each run's stack.yaml."],
  };
}

function settingsOf(view: RunView): ReadonlyMap<string, string> {
  return new Map((tableNamed(view, "policy")?.rows ?? []).map(([name, value]) => [formatValue(name ?? ""), formatValue(value ?? "")]));
}
