import type { MeasureSettings } from "../../kernel/plan.ts";
import type { CountedRecord } from "../../kernel/records.ts";
import type { Judged } from "./classify.ts";
import { firstAtOrAfter, tallyOf, type Count, type CountBetween } from "./tally.ts";

const stepMs = 1_000;

/**
 * First moment, evaluated each second from `fromMs` to `toMs`, at which both windows burn faster than `rate` times the
 * allowance `1 - slo`; null if none does. Source: multiwindow, multi-burn-rate alerts, The Site Reliability Workbook
 * (2018), chapter 5.
 */
export function firstAlarmMs(
  countBetween: CountBetween,
  burnRate: MeasureSettings["burnRate"],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): number | null {
  const limit = burnRate.rate * (1 - burnRate.slo);
  const burns = (atMs: number, windowMs: number) => {
    const { total, bad } = countBetween(atMs - windowMs, atMs);
    return total > 0 && bad / total > limit;
  };
  for (let atMs = fromMs; atMs <= toMs; atMs += stepMs) {
    if (burns(atMs, burnRate.shortMs) && burns(atMs, burnRate.longMs)) return atMs;
  }
  return null;
}

/** The observer's own counts: a request counts when its client knew how it ended. */
export function observedCounts(all: readonly Judged[]): CountBetween {
  return tallyOf(all.filter(({ state }) => state !== "left").map(({ record, state }) => ({ atMs: record.endMs, bad: state === "bad" })));
}

/**
 * The same from the gateway's counters, read as they were scraped: the last reading before each end of the window.
 * Nothing before the first reading, or while the readings are missing. When one counter fell, all began again at 0.
 */
export function countsReported(counted: readonly CountedRecord[]): CountBetween {
  const running = runningTotals(counted);
  const times = running.map(({ atMs }) => atMs);
  const before = (atMs: number): Count => running[firstAtOrAfter(times, atMs) - 1] ?? running[0] ?? { total: 0, bad: 0 };
  return (fromMs, toMs) => {
    const from = before(fromMs);
    const to = before(toMs);
    return { total: to.total - from.total, bad: to.bad - from.bad };
  };
}

/** A reading of the gateway's counters, as if it had never restarted. */
export interface RunningTotal extends Count {
  readonly atMs: number;
  readonly attempts: number;
}

/** The counters without the gateway's restarts. Readings that failed are left out. */
export function runningTotals(counted: readonly CountedRecord[]): readonly RunningTotal[] {
  const rows: RunningTotal[] = [];
  let base = { total: 0, bad: 0, attempts: 0 };
  let last = base;
  for (const { atMs, requestsTotal, failuresTotal, attemptsTotal } of [...counted].sort((a, b) => a.atMs - b.atMs)) {
    if (requestsTotal === null) continue;
    const now = { total: requestsTotal, bad: failuresTotal ?? 0, attempts: attemptsTotal ?? 0 };
    const restarted = now.total < last.total || now.bad < last.bad || now.attempts < last.attempts;
    if (restarted) base = { total: base.total + last.total, bad: base.bad + last.bad, attempts: base.attempts + last.attempts };
    rows.push({ atMs, total: base.total + now.total, bad: base.bad + now.bad, attempts: base.attempts + now.attempts });
    last = now;
  }
  return rows;
}
