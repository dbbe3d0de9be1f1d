import { duration } from "../../measure/format.ts";
import { markup, type Markup } from "../markup.ts";
import { smallMultiples } from "../plots/small-multiples.ts";
import { colours, plotPatterns, plotStyle } from "../plots/style.ts";
import type { RunMark, RunSeries } from "../run-view.ts";
import { plotsOf, seriesFigure, signsLegend, spanText, stepsMax, type SeriesRow } from "./series-figure.ts";
import { largest, most, stepsOf, sums, type Steps } from "./steps.ts";

/** What of a view the timeline shows. */
export interface TimelineOf {
  readonly title: string;
  readonly series: RunSeries;
  readonly marks: readonly RunMark[];
}

/** The largest values of a run, or of several that are drawn on the same axes. */
export interface Scales {
  readonly requests: number;
  readonly firstTokenMs: number;
  readonly attempts: number;
  readonly endMs: number;
}

export function scalesOf(series: RunSeries): Scales {
  const steps = stepsOf(series, stepsMax);
  return {
    requests: Math.max(1, most(sums(series.offered, steps))),
    firstTokenMs: Math.max(1, most(largest(series.firstTokenMsP95, steps))),
    attempts: Math.max(1, most(...Object.values(series.attempts).map((values) => sums(values, steps)))),
    endMs: steps.axis.toMs,
  };
}

/** Load, damage, latency and providers on one time axis, with the faults behind them. */
export function timelineFigure({ title, series, marks }: TimelineOf, scales: Scales = scalesOf(series)): Markup {
  const steps = stepsOf(series, stepsMax);
  const stages = marks.filter(({ kind }) => kind === "stage").map((mark) => `${mark.label} ${spanText(mark)}`);
  const legend = markup`${signsLegend(marks)}<p class="note">${stages.join("; ")}. Requests are counted by their intended send, attempts by their arrival at the provider, the observer's own probes included.</p>`;
  return seriesFigure({ name: "timeline", title: `Timeline: ${title}`, steps, endMs: scales.endMs, marks, rows: rowsOf(series, steps, scales), legend });
}

/** The same as a file of its own. */
export function timelineSvg({ title, series, marks }: TimelineOf): string {
  const scales = scalesOf(series);
  const steps = stepsOf(series, stepsMax);
  const svg = smallMultiples(plotsOf({ title, steps, endMs: scales.endMs, marks, rows: rowsOf(series, steps, scales) })).text;
  return `${svg.replace('width="100%"', 'width="1080"').replace("\n", `\n<style>${colours}\n${plotStyle}</style>${plotPatterns}\n`)}\n`;
}

function rowsOf(series: RunSeries, steps: Steps, { requests, firstTokenMs, attempts }: Scales): readonly SeriesRow[] {
  const of = (values: readonly number[]) => sums(values, steps);
  return [
    {
      label: "offered (line) and good",
      scale: `top is ${requests} requests in ${duration(steps.stepMs)}`,
      max: requests,
      layers: [
        { name: "good", shape: "area", tone: "good", values: of(series.good) },
        { name: "offered", shape: "line", tone: "offered", values: of(series.offered) },
      ],
    },
    { label: "bad", scale: `${most(of(series.bad))} at most`, max: requests, layers: [{ name: "bad", shape: "area", tone: "bad", values: of(series.bad) }] },
    {
      label: "silent: bad, delivered as a success",
      scale: `${most(of(series.silent))} at most`,
      max: requests,
      layers: [{ name: "silent", shape: "area", tone: "silent", values: of(series.silent) }],
    },
    {
      label: "first token, p50 and p95 (dashed)",
      scale: `top is ${duration(firstTokenMs)}`,
      max: firstTokenMs,
      layers: [
        { name: "first token p50 ms", shape: "line", tone: "latency", values: largest(series.firstTokenMsP50, steps) },
        { name: "first token p95 ms", shape: "line", tone: "latency-high", values: largest(series.firstTokenMsP95, steps) },
      ],
    },
    ...Object.entries(series.attempts).map(([name, values]): SeriesRow => ({
      label: `attempts at ${name}`,
      scale: `top is ${attempts}`,
      max: attempts,
      layers: [{ name: `attempts at ${name}`, shape: "area", tone: "attempts", values: of(values) }],
    })),
  ];
}
