import { duration, figure, usdText } from "../../measure/format.ts";
import { markup, type Part } from "../markup.ts";
import { shortPackage } from "../outcome-tables.ts";
import type { RunMark, RunSeries } from "../run-view.ts";
import { seriesFigure, stepsMax, type SeriesRow } from "./series-figure.ts";
import { most, stepsOf, sums, sumsKnown, type Steps } from "./steps.ts";

/** The plots that belong to one section each. */
export interface RunPlots {
  readonly series: RunSeries;
  readonly marks: readonly RunMark[];
}

/** What the gateway's own metrics added to its failures, beside the requests that were bad. */
export function countedFigure({ series, marks }: RunPlots): Part {
  const steps = stepsOf(series, stepsMax);
  const counted = sumsKnown(series.countedFailures, steps);
  if (counted.every((value) => value === null)) return null;
  const bad = sums(series.bad, steps);
  const max = Math.max(1, most(bad, counted));
  const row = (label: string, name: string, tone: "bad" | "counted", values: readonly (number | null)[]): SeriesRow => ({
    label,
    scale: `${most(values)} at most`,
    max,
    layers: [{ name, shape: "area", tone, values }],
  });
  const rows = [row("observed: bad requests", "bad", "bad", bad), row("counted by the gateway: failures", "failures counted", "counted", counted)];
  const legend = markup`<p class="note">Both rows have one scale. Bad requests are counted by their intended send, the gateway's failures by the reading that shows them. Where no reading succeeded, the table is empty.</p>`;
  return figureOf("counted", "Bad requests that were observed, and failures that the gateway counted", { series, marks }, { steps, rows, legend });
}

/** Attempts for each request, and what they cost. */
export function effortFigure({ series, marks }: RunPlots): Part {
  const steps = stepsOf(series, stepsMax);
  const offered = sums(series.offered, steps);
  const attempts = Object.values(series.attempts).map((values) => sums(values, steps));
  const ratio = offered.map((requests, index) => (requests === 0 ? null : attempts.reduce((total, own) => total + own[index]!, 0) / requests));
  const max = Math.max(1, most(ratio));
  const billed = series.billedUsd === null ? null : sums(series.billedUsd, steps).map((usd) => usd * 1_000);
  const rows: readonly SeriesRow[] = [
    { label: "attempts for each request offered", scale: `top is ${figure(max)}`, max, layers: [{ name: "attempts for each request", shape: "line", tone: "latency", values: ratio }] },
    ...(billed === null ? [] : [{ label: "billed by the providers", scale: `top is ${usdText(most(billed) / 1_000)}`, max: most(billed), layers: [{ name: "billed, thousandths of a USD", shape: "area" as const, tone: "money" as const, values: billed }] }]),
  ];
  return figureOf("effort", "Attempts for each request, and money, over time", { series, marks }, { steps, rows, legend: null });
}

/** Answers out of a cache, and which gateway and which configuration answered. */
export function cacheFigure({ series, marks }: RunPlots): Part {
  const steps = stepsOf(series, stepsMax);
  const offered = sums(series.offered, steps);
  const max = Math.max(1, most(offered));
  const row = (label: string, values: readonly number[]): SeriesRow => ({ label, scale: `top is ${max} in ${duration(steps.stepMs)}`, max, layers: [{ name: label, shape: "area", tone: "attempts", values: sums(values, steps) }] });
  const packages = Object.entries(series.packages);
  const rows = [
    ...(series.reused.some((requests) => requests > 0) ? [row("answered with an earlier answer", series.reused)] : []),
    ...Object.entries(series.gateways).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, values]) => row(`answered by ${name}`, values)),
    ...(packages.length < 2 ? [] : packages.map(([name, values]) => row(`answered under package ${shortPackage(name)}`, values))),
  ];
  if (rows.length === 0) return null;
  const legend = markup`<p class="note">An earlier answer: no provider was asked for this request, because a cache had its answer or an equal request was under way.</p>`;
  return figureOf("cache", "Requests by what answered them", { series, marks }, { steps, rows, legend });
}

function figureOf(name: string, title: string, { marks }: RunPlots, { steps, rows, legend }: { readonly steps: Steps; readonly rows: readonly SeriesRow[]; readonly legend: Part }): Part {
  return seriesFigure({ name, title, steps, endMs: steps.axis.toMs, marks, rows, legend });
}
