import type { CountedRecord } from "../../kernel/records.ts";

type Counters = Readonly<Record<"requestsTotal" | "failuresTotal" | "attemptsTotal", number>> & { readonly costUsd: Readonly<Record<string, number>> };

const none: Counters = { requestsTotal: 0, failuresTotal: 0, attemptsTotal: 0, costUsd: {} };

/**
 * Adds up what several gateways counted. A counter that has dropped was reset by a restart: what it had counted before
 * stays in the sum, and so does the last reading of a gateway that cannot be read. A gateway by itself is recorded as
 * it is read, resets and all.
 */
export class GatewayTotals {
  readonly #gateways: { before: Counters; last: Counters }[] = [];

  /** `readings` has one of each gateway, always in the same order. Nulls: none can be read. */
  add(readings: readonly CountedRecord[], atMs: number): CountedRecord {
    const [only, ...others] = readings;
    if (only !== undefined && others.length === 0) return only;
    readings.forEach((reading, index) => this.#read(reading, index));
    const openBreakers = [...new Set(readings.flatMap((reading) => reading.openBreakers))];
    if (readings.every((reading) => countersOf(reading) === null)) return { atMs, requestsTotal: null, failuresTotal: null, attemptsTotal: null, openBreakers };
    return { atMs, ...this.#gateways.map(({ before, last }) => sum(before, last)).reduce(sum, none), openBreakers };
  }

  #read(reading: CountedRecord, index: number): void {
    const gateway = (this.#gateways[index] ??= { before: none, last: none });
    const counters = countersOf(reading);
    if (counters === null) return;
    if (counters.requestsTotal < gateway.last.requestsTotal || counters.attemptsTotal < gateway.last.attemptsTotal) gateway.before = sum(gateway.before, gateway.last);
    gateway.last = counters;
  }
}

/** Null for a reading that failed. */
function countersOf({ requestsTotal, failuresTotal, attemptsTotal, costUsd = {} }: CountedRecord): Counters | null {
  return requestsTotal === null || failuresTotal === null || attemptsTotal === null ? null : { requestsTotal, failuresTotal, attemptsTotal, costUsd };
}

function sum(a: Counters, b: Counters): Counters {
  return {
    requestsTotal: a.requestsTotal + b.requestsTotal,
    failuresTotal: a.failuresTotal + b.failuresTotal,
    attemptsTotal: a.attemptsTotal + b.attemptsTotal,
    costUsd: Object.fromEntries([...new Set([...Object.keys(a.costUsd), ...Object.keys(b.costUsd)])].map((team) => [team, (a.costUsd[team] ?? 0) + (b.costUsd[team] ?? 0)])),
  };
}
