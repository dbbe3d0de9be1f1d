import type { Page } from "playwright-core";
import { clockTime } from "../../observer/measure/format.ts";

/** A time of the run as the page showed it, and when (Unix ms). */
export interface ShownTime {
  readonly text: string;
  readonly atMs: number;
}

/** Runs in the page: keeps each text of the clock with the time of the frame that shows it. */
const watchClock = `
globalThis.shownTimes = [];
document.addEventListener("DOMContentLoaded", () => {
  const clock = document.querySelector('[data-part="clock"]');
  const keep = () => requestAnimationFrame(() => shownTimes.push({ text: clock.textContent, atMs: Date.now() }));
  new MutationObserver(keep).observe(clock, { childList: true, characterData: true, subtree: true });
  keep();
});`;

/** To be called before the live page is opened. Resolves to a function that reads what the page has shown so far. */
export async function watchShownTimes(page: Page): Promise<() => Promise<readonly ShownTime[]>> {
  await page.addInitScript(watchClock);
  return () => page.evaluate<readonly ShownTime[]>("globalThis.shownTimes");
}

export interface ShownSeconds {
  /** Of the run, its zero and its end included. */
  readonly expected: number;
  readonly missed: readonly string[];
  /** How long after its second each was first shown, ms, in the order of the run. */
  readonly delaysMs: readonly number[];
}

/** The seconds of a run of `endMs` that began at `epochMs`, and those that the page did not show. */
export function shownSecondsOf(shown: readonly ShownTime[], { epochMs, endMs }: { readonly epochMs: number; readonly endMs: number }): ShownSeconds {
  const first = new Map<string, number>();
  for (const { text, atMs } of shown) {
    const [, time] = /^(\S+) of /.exec(text) ?? [];
    if (time !== undefined && !first.has(time)) first.set(time, atMs);
  }
  const times = Array.from({ length: Math.floor(endMs / 1_000) + 1 }, (_, second) => ({ time: clockTime(1_000 * second), atMs: epochMs + 1_000 * second }));
  return {
    expected: times.length,
    missed: times.filter(({ time }) => !first.has(time)).map(({ time }) => time),
    delaysMs: times.flatMap(({ time, atMs }) => (first.has(time) ? [first.get(time)! - atMs] : [])),
  };
}
