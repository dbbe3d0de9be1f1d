import type { Plan } from "../../kernel/plan.ts";
import type { ClientRecord, WireRecord } from "../../kernel/records.ts";
import type { Judged } from "../../observer/measure/classify.ts";

export interface Played {
  readonly plan: Pick<Plan, "timeline">;
  readonly wire: readonly Pick<WireRecord, "requestId" | "arrivedMs" | "status">[];
  readonly judged: readonly { readonly record: Pick<ClientRecord, "requestId" | "intendedMs" | "endMs">; readonly state: Judged["state"] }[];
}

export interface ColdCacheFigures {
  /** Share of the steady state's requests that were answered without an attempt at a provider. Null: nobody asked. */
  readonly hitsBefore: number | null;
  /**
   * From the end of the faults to 10 s in which good answers came at 0.9 of the rate of the steady state, or faster.
   * Null: never.
   */
  readonly goodputBackMs: number | null;
  /** Share of the attempts since the end of the faults that providers refused with 429. Null: there was none. */
  readonly refusedShare: number | null;
}

export const goodputSpanMs = 10_000;
export const goodputShareMin = 0.9;
const stepMs = 1_000;

/** What clients and providers saw before a cache was lost, and after. */
export function coldCacheFigures({ plan: { timeline }, wire, judged }: Played): ColdCacheFigures {
  const { steadyFromMs, faultFromMs, faultToMs, endMs } = timeline;
  const attempted = new Set(wire.map(({ requestId }) => requestId));
  const before = judged.filter(({ record }) => record.intendedMs >= steadyFromMs && record.intendedMs < faultFromMs);
  const hits = before.filter(({ record }) => !attempted.has(record.requestId));
  const goodEnds = judged.filter(({ state }) => state === "good").map(({ record }) => record.endMs);
  const goodBetween = (fromMs: number, toMs: number) => goodEnds.filter((ms) => ms >= fromMs && ms < toMs).length;
  const wanted = (goodputShareMin * goodBetween(steadyFromMs, faultFromMs) * goodputSpanMs) / (faultFromMs - steadyFromMs);
  const steps = Array.from({ length: Math.max(0, Math.floor((endMs - goodputSpanMs - faultToMs) / stepMs) + 1) }, (_, step) => faultToMs + step * stepMs);
  const backFromMs = steps.find((fromMs) => goodBetween(fromMs, fromMs + goodputSpanMs) >= wanted);
  const after = wire.filter(({ arrivedMs }) => arrivedMs >= faultToMs);
  return {
    hitsBefore: before.length === 0 ? null : hits.length / before.length,
    goodputBackMs: backFromMs === undefined ? null : backFromMs + goodputSpanMs - faultToMs,
    refusedShare: after.length === 0 ? null : after.filter(({ status }) => status === 429).length / after.length,
  };
}
