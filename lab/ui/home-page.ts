import { minutes } from "../../observer/measure/format.ts";
import { none, share } from "../../observer/measure/quantity.ts";
import { markup, type Markup, type Part } from "../../observer/view/markup.ts";
import { contentsOf, pageText, type Section } from "../../observer/view/page/page.ts";
import { valueMarkup } from "../../observer/view/page/values.ts";
import { defaultStack } from "../plan/resolve-run.ts";
import type { Catalogue, KeptRun } from "./catalogue.ts";
import { homeScript } from "./home-script.ts";
import { liveStyle } from "./live-style.ts";

export interface Home {
  readonly catalogue: Catalogue;
  readonly runs: readonly KeptRun[];
  /** The scenario of the run that goes on. Null: none does. */
  readonly running: string | null;
}

/** The page of `blastlab ui`: start a run, and what there is to be read. */
export function homePage(home: Home): string {
  const { catalogue, runs } = home;
  const sections = sectionsOf(catalogue, runs);
  return pageText({
    title: "Blastlab",
    header: markup`<a class="skip" href="#runs">Skip to the runs</a>
<h1>Blastlab</h1>
<p id="lost" class="lost" role="alert" hidden></p>
${startForm(home)}
${contentsOf(sections)}`,
    sections,
    footer: markup`<p>This page is served on this machine alone, as long as <code>blastlab ui</code> runs.</p>`,
    live: { script: homeScript, style: liveStyle },
  });
}

function sectionsOf({ scenarios, stacks, incidents }: Catalogue, runs: readonly KeptRun[]): readonly Section[] {
  const code = (text: string) => markup`<code>${text}</code>`;
  const titled = (title: string, description: string) => markup`${title}. <span class="note">${description}</span>`;
  const scenarioRows = scenarios.map(({ name, family, title, description }) => [code(name), family, titled(title, description)]);
  const stackRows = stacks.map(({ name, title, description }) => [code(name), titled(title, description)]);
  const incidentRows = incidents.map(({ id, durationMin, severity, cause }) => [code(id), minutes(durationMin), severity, cause]);
  return [
    { id: "runs", title: "Runs", body: runsTable(runs) },
    { id: "scenarios", title: "Scenarios", body: table("Scenarios", ["name", "family", "what happens"], scenarioRows) },
    { id: "stacks", title: "Stacks", body: table("Stacks", ["name", "what stands between clients and providers"], stackRows) },
    { id: "incidents", title: "Incidents", body: table("Incidents", ["outage", "length", "severity", "cause"], incidentRows) },
  ];
}

function startForm({ catalogue, running }: Home): Markup {
  if (running !== null) return markup`<p class="lead">A run of <code>${running}</code> goes on. <a href="live/">Watch it</a></p>`;
  const options = (names: readonly string[], chosen: string) => names.map((name) => markup`<option${name === chosen ? markup` selected` : null}>${name}</option>`);
  return markup`<form id="start-form"><div class="row">
<div><label for="scenario">Scenario</label><select id="scenario">${options(catalogue.scenarios.map(({ name }) => name), "flagship")}</select></div>
<div><label for="stack">Stack</label><select id="stack">${options(catalogue.stacks.map(({ name }) => name), defaultStack)}</select></div>
<div><label for="seed">Seed</label><input id="seed" inputmode="numeric" pattern="[0-9]*" placeholder="the scenario's own" autocomplete="off"></div>
<button id="start">Start the run</button></div></form>`;
}

function runsTable(runs: readonly KeptRun[]): Part {
  if (runs.length === 0) return markup`<p>There is no run with a verdict yet.</p>`;
  return table("Runs", ["report", "verdict", "scenario", "stack", "seed", "lost demand"], runs.map(runRow));
}

function runRow({ name, verdict: { scenario, stack, seed, verdict, measures } }: KeptRun): readonly Part[] {
  const lost = measures?.blastRadius ?? null;
  return [
    markup`<a href="runs/${name}/report.html">${name}</a>`,
    markup`<span class="verdict is-${verdict}">${verdict.replace("_", " ")}</span>`,
    markup`<code>${scenario}</code>`,
    markup`<code>${stack}</code>`,
    seed,
    valueMarkup(lost === null ? none : share(lost.evidence)),
  ];
}

function table(title: string, columns: readonly string[], rows: readonly (readonly Part[])[]): Markup {
  return markup`<div class="scroll" tabindex="0" role="group" aria-label="${title}"><table><thead><tr>${columns.map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead><tbody>
${rows.map((row) => markup`<tr>${row.map((cell) => markup`<td>${cell}</td>`)}</tr>
`)}</tbody></table></div>`;
}
