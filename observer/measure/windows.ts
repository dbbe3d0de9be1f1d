import type { MeasureSettings, Plan } from "../../kernel/plan.ts";
import type { Range, UnitWindow } from "../../kernel/verdict.ts";
import type { Judged } from "./classify.ts";

/** A part of the run's timeline: `fromMs` <= intended send < `toMs`, or <= where `closed`. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly closed: boolean;
  /** Requests that ended then or later are left out; absent: none are. */
  readonly endedBeforeMs?: number;
}

/**
 * The self control: before anything was broken. What was still under way when the faults began may have been hit by
 * them.
 */
export function steadySpan(plan: Plan): Span {
  const { steadyFromMs, faultFromMs } = plan.timeline;
  return { fromMs: steadyFromMs, toMs: faultFromMs, closed: false, endedBeforeMs: faultFromMs };
}

/** From the start of the faults to the last intended send, recovery included. */
export function exposureSpan(plan: Plan): Span {
  return { fromMs: plan.timeline.faultFromMs, toMs: plan.timeline.endMs, closed: true };
}

/** Whether a request belongs to the span. */
function within(span: Span, { record }: Judged): boolean {
  const atMs = record.intendedMs;
  return atMs >= span.fromMs && (atMs < span.toMs || (span.closed && atMs === span.toMs)) && record.endMs < (span.endedBeforeMs ?? Infinity);
}

/** The requests of a span that can be judged: all but those whose clients left. */
export function judgedWithin(span: Span, all: readonly Judged[]): readonly Judged[] {
  return all.filter((judged) => judged.state !== "left" && within(span, judged));
}

/**
 * Cuts a span into cell x window units by intended send, in the order of cells and time. Windows begin at the span's
 * start. What is left at its end and shorter than a window is joined to the last whole one, so that no demand is lost
 * and no window is short. A window of fewer than `requestsMin` requests is pooled with the cell's next ones until they
 * are enough, and one at the end with those before it: only a cell that has fewer in the whole span is undecided.
 * Windows without a request do not exist: they have no weight.
 */
export function unitWindows(span: Span, all: readonly Judged[], settings: MeasureSettings): readonly UnitWindow[] {
  const byCell = Map.groupBy(judgedWithin(span, all), ({ cell }) => cell);
  return [...byCell.keys()].sort().flatMap((cell) => pooledWindows(windowsOfCell(span, byCell.get(cell)!, settings), settings));
}

type Counted = Omit<UnitWindow, "state">;

function windowsOfCell(span: Span, requests: readonly Judged[], { windowMs }: MeasureSettings): readonly Counted[] {
  const last = Math.max(1, Math.floor((span.toMs - span.fromMs) / windowMs)) - 1;
  const byIndex = Map.groupBy(requests, ({ record }) => Math.min(last, Math.floor((record.intendedMs - span.fromMs) / windowMs)));
  return [...byIndex]
    .sort(([a], [b]) => a - b)
    .map(([index, own]) => ({
      cell: own[0]!.cell,
      fromMs: span.fromMs + index * windowMs,
      toMs: index === last ? span.toMs : span.fromMs + (index + 1) * windowMs,
      requests: own.length,
      bad: own.filter(({ state }) => state === "bad").length,
    }));
}

function pooledWindows(windows: readonly Counted[], settings: MeasureSettings): readonly UnitWindow[] {
  const pooled: Counted[] = [];
  const isEnough = (window: Counted | undefined) => window !== undefined && window.requests >= settings.requestsMin;
  for (const window of windows) {
    const open = pooled.at(-1);
    if (open === undefined || isEnough(open)) pooled.push(window);
    else pooled.splice(-1, 1, joined(open, window));
  }
  const [before, rest] = pooled.slice(-2);
  if (before !== undefined && rest !== undefined && !isEnough(rest)) pooled.splice(-2, 2, joined(before, rest));
  return pooled.map((window) => ({ ...window, state: stateOf(window.requests, window.bad, settings) }));
}

const joined = (a: Counted, b: Counted): Counted => ({ ...a, toMs: b.toMs, requests: a.requests + b.requests, bad: a.bad + b.bad });

function stateOf(requests: number, bad: number, settings: MeasureSettings): UnitWindow["state"] {
  if (requests < settings.requestsMin) return "undecided";
  return bad / requests > settings.badShareMax ? "bad" : "good";
}

/**
 * Demand-weighted share of unit-windows that are bad: the undecided counted as good, and as bad. Null without any
 * demand.
 */
export function badWindowShare(windows: readonly UnitWindow[]): Range | null {
  let requests = 0;
  let bad = 0;
  let undecided = 0;
  for (const window of windows) {
    requests += window.requests;
    if (window.state === "bad") bad += window.requests;
    if (window.state === "undecided") undecided += window.requests;
  }
  return requests === 0 ? null : [bad / requests, (bad + undecided) / requests];
}
