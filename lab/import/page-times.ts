import type { TimeKind } from "../../scenarios/incident-times.ts";
import type { Span } from "./entry.ts";
import { statedWindow, type StatedWindow } from "./stated-window.ts";

/** One update of a status page's incident; Unix ms. */
export interface PageUpdate {
  readonly status: string;
  readonly text: string;
  /** When it was written. */
  readonly postedMs: number;
  /** The time that the page shows for it: the writer may have dated it back to the impact. */
  readonly shownMs: number;
}

export interface PageTime {
  readonly ms: number;
  readonly is: TimeKind;
}

export interface PageTimes {
  readonly start: PageTime;
  /** Null: it has not ended. */
  readonly end: PageTime | null;
}

/** An update that is shown so much before it was written has been dated back. */
const backdatedMsMin = 60_000;

/**
 * When an incident was, by its page: the window that its last update with one states, else from the earliest time shown
 * to the last `resolved`. `startedMs` and `resolvedMs` are the incident's own fields, which follow the first post and
 * the first `resolved`.
 */
export function pageTimes(updates: readonly PageUpdate[], startedMs: number, resolvedMs: number | null): PageTimes {
  const first = updates.toSorted((a, b) => a.shownMs - b.shownMs)[0];
  const last = updates.filter(({ status }) => status === "resolved").toSorted((a, b) => a.shownMs - b.shownMs).at(-1);
  const start = first !== undefined && first.shownMs <= startedMs ? shownTime(first) : pageTime(startedMs);
  const resolved = resolvedMs === null ? null : pageTime(resolvedMs);
  const end = last !== undefined && last.shownMs >= (resolvedMs ?? -Infinity) ? shownTime(last) : resolved;
  if (end === null) return { start, end };
  const window = lastStated(updates, { startMs: Math.min(start.ms, end.ms), endMs: Math.max(start.ms, end.ms) });
  return window === null ? { start, end } : { start: { ms: window.startMs, is: "impact" }, end: { ms: window.endMs, is: "impact" } };
}

const pageTime = (ms: number): PageTime => ({ ms, is: "page" });

function shownTime({ shownMs, postedMs }: PageUpdate): PageTime {
  return { ms: shownMs, is: postedMs - shownMs >= backdatedMsMin ? "impact" : "page" };
}

/** The latest update that states a window is used. */
function lastStated(updates: readonly PageUpdate[], page: StatedWindow): StatedWindow | null {
  for (const { text, postedMs } of updates.toSorted((a, b) => b.postedMs - a.postedMs)) {
    const window = statedWindow(text, postedMs, page);
    if (window !== null) return window;
  }
  return null;
}

/**
 * Spans moved to a stated window: what lies outside is cut off, the first begins with it, and the last ends with it.
 */
export function spansWithin(spans: readonly Span[], { startMs, endMs }: StatedWindow): readonly Span[] {
  const inside = spans.filter((span) => span.startMs < endMs && span.endMs > startMs);
  const kept = inside.length > 0 ? inside : spans.slice(-1);
  return kept.map((span, index) => ({
    ...span,
    startMs: index === 0 ? startMs : span.startMs,
    endMs: index === kept.length - 1 ? endMs : span.endMs,
  }));
}
