import type { Plan } from "../../kernel/plan.ts";
import { quantile } from "../../kernel/stats.ts";
import type { Judged } from "./classify.ts";
import { figure } from "./format.ts";

/**
 * Beyond it the run measured the machine that it ran on. A scenario may set another (`measure.lagMsMax`,
 * `--tolerate-lag`).
 */
const latenessMsP99Default = 50;
/** Spans over which the rate of the requests and their lateness are compared. */
const spanMs = 5_000;
/** In fewer requests, one that was late says nothing. */
const requestsMin = 20;

export const lagMsMaxOf = ({ measure }: Plan): number => measure.lagMsMax ?? latenessMsP99Default;

/**
 * The highest rate (requests a second) at which this machine was in time in this run: every span of 5 s that had at
 * most this rate kept the limit. Null: a span with fewer requests than any that kept it did not.
 */
export function rateInTime(judged: readonly Judged[], limitMs: number): number | null {
  const spans = Map.groupBy(judged.filter(({ record }) => record.sentMs !== null), ({ record }) => Math.floor(record.intendedMs / spanMs));
  const measured = [...spans.values()]
    .filter((requests) => requests.length >= requestsMin)
    .map((requests) => ({ rate: (requests.length * 1_000) / spanMs, latenessMs: quantile(requests.map(({ record }) => record.sentMs! - record.intendedMs), 0.99) }));
  const lowestLate = Math.min(...measured.filter(({ latenessMs }) => latenessMs > limitMs).map(({ rate }) => rate));
  const inTime = measured.filter(({ rate, latenessMs }) => latenessMs <= limitMs && rate < lowestLate).map(({ rate }) => rate);
  return inTime.length === 0 ? null : Math.max(...inTime);
}

/** Why a run whose load lagged is void, and what would not be. */
export function lagReason(latenessMs: number, limitMs: number, rate: number | null): string {
  const passes = rate === null ? "It was late at every rate of this run: other work had the machine" : `In this run the machine was in time up to ${figure(rate)} requests a second (--set workload.requestsPerSecond=${figure(rate)})`;
  return (
    `The load generator lagged: 1 % of its requests left more than ${figure(latenessMs)} ms late (limit ${figure(limitMs)} ms). The run measured the lab's machine, not the system. ` +
    `${passes}. --virtual needs no time of the machine's own; --tolerate-lag ${Math.ceil(latenessMs / 50) * 50} accepts the lag, and the verdict says so.`
  );
}
