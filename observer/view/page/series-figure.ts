import { clockTime, duration } from "../../measure/format.ts";
import { markup, type Markup, type Part } from "../markup.ts";
import { smallMultiples, type Band, type Layer, type Mark, type PlotRow, type SmallMultiples } from "../plots/small-multiples.ts";
import type { RunMark } from "../run-view.ts";
import { plotFigure, type Twin } from "./plot-figure.ts";
import type { Steps } from "./steps.ts";

/** A plot on the run's time axis has at most so many steps. */
export const stepsMax = 240;

/** One plot: its layers' names are the columns of the table beside it. */
export interface SeriesRow extends Omit<PlotRow, "layers"> {
  readonly layers: readonly (Layer & { readonly name: string })[];
}

export interface SeriesFigure {
  /** Of the figure in the page. */
  readonly name: string;
  readonly title: string;
  readonly steps: Steps;
  /** Where the axis ends; later than the steps do where another run is longer. */
  readonly endMs: number;
  readonly marks: readonly RunMark[];
  readonly rows: readonly SeriesRow[];
  readonly legend: Part;
}

/** Plots of series on the run's time axis, with the faults behind them and every number in a table. */
export function seriesFigure(figure: SeriesFigure): Markup {
  const { name, legend } = figure;
  const plots = plotsOf(figure);
  return plotFigure({ name, plot: smallMultiples(plots), legend, twin: twinOf(figure), steps: plots.steps });
}

export function plotsOf({ title, steps, endMs, marks, rows }: Omit<SeriesFigure, "name" | "legend">): SmallMultiples {
  const { fromMs } = steps.axis;
  const length = Math.max(steps.length, Math.ceil((endMs - fromMs) / steps.stepMs));
  return { title, axis: { fromMs, toMs: fromMs + length * steps.stepMs }, steps: length, bands: bandsOf(marks), marks: signsOf(marks), rows };
}

export function bandsOf(marks: readonly RunMark[]): readonly Band[] {
  return marks.filter(({ kind }) => kind === "fault").map(({ label, fromMs, toMs }, index) => ({ sign: String(index + 1), title: label, fromMs, toMs }));
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Moments that are no stage and no fault, by letter in the order of their times. */
function momentsOf(marks: readonly RunMark[]): readonly (RunMark & { readonly sign: string })[] {
  const moments = marks.filter(({ kind }) => kind !== "fault" && kind !== "stage").toSorted((a, b) => a.fromMs - b.fromMs);
  return moments.map((mark, index) => ({ ...mark, sign: letters[index] ?? String(index + 1) }));
}

function signsOf(marks: readonly RunMark[]): readonly Mark[] {
  return momentsOf(marks).map(({ sign, fromMs, kind }) => ({ sign, atMs: fromMs, kind: kind as Mark["kind"] }));
}

/** What the signs in the plots stand for. */
export function signsLegend(marks: readonly RunMark[]): Part {
  const faults = marks.filter(({ kind }) => kind === "fault").map((mark, index) => ({ ...mark, sign: String(index + 1) }));
  const items = [...faults, ...momentsOf(marks)];
  return items.length === 0 ? null : markup`<ul class="legend">${items.map((mark) => markup`<li><b>${mark.sign}</b> ${mark.label}, ${spanText(mark)}</li>`)}</ul>
`;
}

export function spanText({ fromMs, toMs }: RunMark): string {
  return fromMs === toMs ? `at ${clockTime(fromMs)}` : `${clockTime(fromMs)} to ${clockTime(toMs)}`;
}

function twinOf({ steps, rows }: SeriesFigure): Twin {
  const layers = rows.flatMap((row) => row.layers);
  const whole = steps.size === 1 ? "" : ` Times are the largest of ${steps.size} parts.`;
  return {
    caption: `Each row is ${duration(steps.stepMs)} from its time on.${whole}`,
    columns: ["time", ...layers.map(({ name }) => name)],
    rows: timesOf(steps).map((time, index) => [time, ...layers.map(({ values }) => values[index] ?? null)]),
  };
}

/** When each step begins. */
export function timesOf({ axis, length, stepMs }: Steps): readonly string[] {
  return Array.from({ length }, (_, index) => clockTime(axis.fromMs + index * stepMs));
}
