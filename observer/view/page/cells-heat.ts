import { duration } from "../../measure/format.ts";
import { markup, type Markup, type Part } from "../markup.ts";
import { heatLevels, heatMap, levelOf, type HeatField } from "../plots/heat-map.ts";
import type { RunMark, RunSeries } from "../run-view.ts";
import { plotFigure } from "./plot-figure.ts";
import { stepsOf, sums, type Steps } from "./steps.ts";
import { bandsOf, timesOf } from "./series-figure.ts";

const stepsMax = 90;
const cellsMax = 24;

interface CellRow {
  readonly name: string;
  readonly offered: readonly number[];
  readonly bad: readonly number[];
  readonly total: number;
  readonly badTotal: number;
}

/** Which cells were bad when: of many cells the worst. */
export function cellsHeat(series: RunSeries, marks: readonly RunMark[]): Part {
  const steps = stepsOf(series, stepsMax);
  const cells = Object.entries(series.cells).map(([name, { offered, bad }]) => rowOf(name, sums(offered, steps), sums(bad, steps)));
  const shown = cells.length <= cellsMax ? cells : cells.toSorted((a, b) => b.badTotal - a.badTotal).slice(0, cellsMax);
  if (shown.length === 0) return null;
  const title = `Share of bad requests by cell, in parts of ${duration(steps.stepMs)}`;
  return plotFigure({
    name: "cells",
    plot: heatMap({ title, axis: steps.axis, bands: bandsOf(marks), rows: shown.map((row) => ({ label: row.name, total: `${row.badTotal} of ${row.total} bad`, fields: fieldsOf(row, steps) })) }),
    legend: legendOf(cells.length - shown.length, marks.some(({ kind }) => kind === "fault")),
    twin: {
      caption: `Bad requests of those offered, in each ${duration(steps.stepMs)} from its time on.`,
      columns: ["time", ...shown.map(({ name }) => name)],
      rows: timesOf(steps).map((time, index) => [time, ...shown.map(({ bad, offered }) => `${bad[index]}/${offered[index]}`)]),
    },
  });
}

function rowOf(name: string, offered: readonly number[], bad: readonly number[]): CellRow {
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  return { name, offered, bad, total: total(offered), badTotal: total(bad) };
}

/** Neighbours that look alike are one field. */
function fieldsOf({ offered, bad }: CellRow, { axis, stepMs }: Steps): readonly HeatField[] {
  const fields: HeatField[] = [];
  offered.forEach((requests, index) => {
    const fromMs = axis.fromMs + index * stepMs;
    const share = requests === 0 ? 0 : bad[index]! / requests;
    const last = fields.at(-1);
    if (last !== undefined && levelOf(last.share) === levelOf(share)) fields[fields.length - 1] = { ...last, toMs: fromMs + stepMs };
    else fields.push({ fromMs, toMs: fromMs + stepMs, share });
  });
  return fields;
}

function legendOf(hidden: number, hasFaults: boolean): Markup {
  const keys = heatLevels.map((text, level) => markup`<li><svg class="key plots" aria-hidden="true" width="24" height="12"><rect class="heat-${level}" width="24" height="12"/></svg>${text}</li>`);
  return markup`<ul class="legend keys">${keys}</ul>
<p class="note">Share of a cell's requests that were bad, by intended send.${hasFaults ? " The bar above is the faults' time." : null}${hidden === 0 ? null : ` ${hidden} cells with fewer bad requests are not drawn.`}</p>`;
}
