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

/** The self control: before anything was broken. What was still under way when the faults began may have been hit by them. */
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
 * Cuts a span into cell x window units by intended send, in the order of cells and time. Windows begin at the span's start; what is left at its
 * end and shorter than a window is joined to the last whole one, so that no demand is lost and no window is short. Units without a request
 * do not exist: they have no weight.
 */
export function unitWindows(span: Span, all: readonly Judged[], settings: MeasureSettings): readonly UnitWindow[] {
  const count = Math.max(1, Math.floor((span.toMs - span.fromMs) / settings.windowMs));
  const tallies = new Map<string, { cell: string; index: number; requests: number; bad: number }>();
  for (const judged of judgedWithin(span, all)) {
    const index = Math.min(count - 1, Math.floor((judged.record.intendedMs - span.fromMs) / settings.windowMs));
    const key = `${judged.cell}\u001f${index}`;
    const tally = tallies.get(key) ?? { cell: judged.cell, index, requests: 0, bad: 0 };
    tally.requests++;
    if (judged.state === "bad") tally.bad++;
    tallies.set(key, tally);
  }
  return [...tallies.values()]
    .sort((a, b) => (a.cell === b.cell ? a.index - b.index : a.cell < b.cell ? -1 : 1))
    .map(({ cell, index, requests, bad }) => ({
      cell,
      fromMs: span.fromMs + index * settings.windowMs,
      requests,
      bad,
      state: stateOf(requests, bad, settings),
    }));
}

function stateOf(requests: number, bad: number, settings: MeasureSettings): UnitWindow["state"] {
  if (requests < settings.requestsMin) return "undecided";
  return bad / requests > settings.badShareMax ? "bad" : "good";
}

/** End of a unit-window that `unitWindows` cut from the span. */
export function windowEndMs(window: UnitWindow, span: Span, settings: MeasureSettings): number {
  const nextMs = window.fromMs + settings.windowMs;
  return nextMs + settings.windowMs > span.toMs ? span.toMs : nextMs;
}

/** Demand-weighted share of unit-windows that are bad: the undecided counted as good, and as bad. Null without any demand. */
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
