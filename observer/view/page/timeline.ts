import { clockTime, duration } from "../../measure/format.ts";
import { markup, type Markup, type Part } from "../markup.ts";
import { smallMultiples, type Band, type Mark, type PlotRow, type SmallMultiples } from "../plots/small-multiples.ts";
import type { RunMark, RunSeries } from "../run-view.ts";
import { plotFigure, type Twin } from "./plot-figure.ts";
import { largest, most, stepsOf, sums, type Steps } from "./steps.ts";

/** A plot on the run's time axis has at most so many steps. */
export const stepsMax = 240;

/** What of a view the timeline shows. */
export interface TimelineOf {
  readonly title: string;
  readonly series: RunSeries;
  readonly marks: readonly RunMark[];
}

/** The largest values of several runs, so that they are drawn on the same axes. */
export interface Scales {
  readonly requests: number;
  readonly firstTokenMs: number;
  readonly attempts: number;
  readonly endMs: number;
}

export function scalesOf({ series }: Pick<TimelineOf, "series">): Scales {
  const steps = stepsOf(series, stepsMax);
  return {
    requests: Math.max(1, most(sums(series.offered, steps))),
    firstTokenMs: Math.max(1, most(largest(series.firstTokenMsP95, steps))),
    attempts: Math.max(1, most(...Object.values(series.attempts).map((values) => sums(values, steps)))),
    endMs: steps.axis.toMs,
  };
}

/** Load, damage, latency and providers on one time axis, with the faults behind them. */
export function timelineFigure(run: TimelineOf, scales: Scales = scalesOf(run)): Markup {
  const steps = stepsOf(run.series, stepsMax);
  return plotFigure({ name: "timeline", plot: smallMultiples(plotsOf(run, scales)), legend: legendOf(run.marks), twin: twinOf(run.series, steps) });
}

function plotsOf({ title, series, marks }: TimelineOf, scales: Scales): SmallMultiples {
  const steps = stepsOf(series, stepsMax);
  // A shorter run than the axis ends where it ended.
  const length = Math.ceil((scales.endMs - steps.axis.fromMs) / steps.stepMs);
  const axis = { fromMs: steps.axis.fromMs, toMs: steps.axis.fromMs + length * steps.stepMs };
  return { title: `Timeline: ${title}`, axis, steps: length, bands: bandsOf(marks), marks: signsOf(marks), rows: rowsOf(series, steps, scales) };
}

export function bandsOf(marks: readonly RunMark[]): readonly Band[] {
  return marks.filter(({ kind }) => kind === "fault").map(({ label, fromMs, toMs }, index) => ({ sign: String(index + 1), title: label, fromMs, toMs }));
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Moments that are no stage and no fault, by letter. */
function momentsOf(marks: readonly RunMark[]): readonly (RunMark & { readonly sign: string })[] {
  return marks.filter(({ kind }) => kind !== "fault" && kind !== "stage").map((mark, index) => ({ ...mark, sign: letters[index] ?? String(index + 1) }));
}

function signsOf(marks: readonly RunMark[]): readonly Mark[] {
  return momentsOf(marks).map(({ sign, fromMs, kind }) => ({ sign, atMs: fromMs, kind: kind as Mark["kind"] }));
}

function rowsOf(series: RunSeries, steps: Steps, { requests, firstTokenMs, attempts }: Scales): readonly PlotRow[] {
  const each = duration(steps.stepMs);
  const area = (label: string, tone: "bad" | "silent", values: readonly number[]): PlotRow => ({
    label,
    scale: `${most(sums(values, steps))} at most`,
    max: requests,
    layers: [{ shape: "area", tone, values: sums(values, steps) }],
  });
  return [
    {
      label: "offered (line) and good",
      scale: `top is ${requests} requests in ${each}`,
      max: requests,
      layers: [
        { shape: "area", tone: "good", values: sums(series.good, steps) },
        { shape: "line", tone: "offered", values: sums(series.offered, steps) },
      ],
    },
    area("bad", "bad", series.bad),
    area("silent: bad, delivered as a success", "silent", series.silent),
    {
      label: "first token, p50 and p95 (dashed)",
      scale: `top is ${duration(firstTokenMs)}`,
      max: firstTokenMs,
      layers: [
        { shape: "line", tone: "latency", values: largest(series.firstTokenMsP50, steps) },
        { shape: "line", tone: "latency-high", values: largest(series.firstTokenMsP95, steps) },
      ],
    },
    ...Object.entries(series.attempts).map(([name, values]): PlotRow => ({
      label: `attempts at ${name}`,
      scale: `top is ${attempts}`,
      max: attempts,
      layers: [{ shape: "area", tone: "attempts", values: sums(values, steps) }],
    })),
  ];
}

/** What the signs in the plots stand for. */
function legendOf(marks: readonly RunMark[]): Part {
  const faults = marks.filter(({ kind }) => kind === "fault");
  const span = ({ fromMs, toMs }: RunMark) => (fromMs === toMs ? `at ${clockTime(fromMs)}` : `${clockTime(fromMs)} to ${clockTime(toMs)}`);
  const items = [...faults.map((mark, index) => ({ ...mark, sign: String(index + 1) })), ...momentsOf(marks)];
  const stages = marks.filter(({ kind }) => kind === "stage").map((mark) => `${mark.label} ${span(mark)}`);
  return markup`<ul class="legend">${items.map((mark) => markup`<li><b>${mark.sign}</b> ${mark.label}, ${span(mark)}</li>`)}</ul>
<p class="note">${stages.join("; ")}. Requests are counted by their intended send, attempts by their arrival at the provider, the observer's own probes included.</p>`;
}

function twinOf(series: RunSeries, steps: Steps): Twin {
  const columns = [
    ["offered", sums(series.offered, steps)],
    ["good", sums(series.good, steps)],
    ["bad", sums(series.bad, steps)],
    ["silent", sums(series.silent, steps)],
    ["first token p50 ms", largest(series.firstTokenMsP50, steps)],
    ["first token p95 ms", largest(series.firstTokenMsP95, steps)],
    ...Object.entries(series.attempts).map(([name, values]) => [`attempts at ${name}`, sums(values, steps)] as const),
  ] as const;
  const whole = steps.size === 1 ? "" : ` First token: the largest of ${steps.size} parts.`;
  return {
    caption: `Each row is ${duration(steps.stepMs)} from its time on.${whole}`,
    columns: ["time", ...columns.map(([name]) => name)],
    rows: timesOf(steps).map((time, index) => [time, ...columns.map(([, values]) => values[index] ?? null)]),
  };
}

/** When each step begins. */
export function timesOf({ axis, length, stepMs }: Steps): readonly string[] {
  return Array.from({ length }, (_, index) => clockTime(axis.fromMs + index * stepMs));
}
