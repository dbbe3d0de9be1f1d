import type { Clock } from "../../kernel/clock.ts";
import type { CountedRecord } from "../../kernel/records.ts";
import { GatewayTotals } from "../../observer/measure/gateway-totals.ts";
import type { VirtualComponent } from "./component.ts";
import type { GatewayProgram } from "./gateway.ts";

const readEveryMs = 1_000;

interface MetricsReading {
  readonly clock: Clock;
  readonly gateways: readonly VirtualComponent<GatewayProgram>[];
  /** Last reading. */
  readonly endMs: number;
  readonly emit: (record: CountedRecord) => void;
}

/**
 * Reads each second what the gateways' metrics show, and adds it up as the observer does live. They count from a
 * process' start.
 */
export function readMetrics({ clock, gateways, endMs, emit }: MetricsReading): void {
  const totals = new GatewayTotals();
  const read = () => emit(totals.add(gateways.map((gateway) => readOne(gateway, clock.nowMs())), clock.nowMs()));
  for (let atMs = 0; atMs <= endMs; atMs += readEveryMs) clock.at(atMs, read);
}

/** One that is dead or paused cannot be read. */
function readOne({ program, responsive }: VirtualComponent<GatewayProgram>, atMs: number): CountedRecord {
  if (program === null || !responsive) return { atMs, requestsTotal: null, failuresTotal: null, attemptsTotal: null, openBreakers: [] };
  const { requests, failures, attempts, costUsd } = program.counters;
  const open = program.gateway.state().breakers.filter(({ state }) => state === "open");
  return { atMs, requestsTotal: requests, failuresTotal: failures, attemptsTotal: attempts, openBreakers: open.map(({ deployment }) => deployment), costUsd: { ...costUsd } };
}
