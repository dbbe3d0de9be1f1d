import type { RampSettings } from "./settings.ts";
import type { SignalSummary } from "./signals.ts";

/** Which share of its traffic a returning replica gets. */
export interface Ramp {
  readonly step: number;
  readonly sinceMs: number;
}

/** What decides about a step: the answers since it began, and those before the replica went out. */
export interface RampGates {
  readonly now: SignalSummary;
  readonly before: SignalSummary;
}

export type RampMove = "hold" | "forward" | "back";

/**
 * Decides about a step (decision 57). Providers that are unwell take it back at once. A cold cache holds it until
 * `stepMsMax`: by then it has had its time, and more of the same share would not warm it.
 */
export function rampMove(ramp: Ramp, nowMs: number, gates: RampGates, settings: RampSettings): RampMove {
  if (areProvidersUnwell(gates, settings)) return "back";
  const elapsedMs = nowMs - ramp.sinceMs;
  if (elapsedMs < settings.stepMsMin) return "hold";
  if (elapsedMs < settings.stepMsMax && isCold(gates, settings)) return "hold";
  return "forward";
}

/** The ramp after a move; null: it is over, the replica has all of its traffic. */
export function rampAfter(ramp: Ramp, move: RampMove, nowMs: number, settings: RampSettings): Ramp | null {
  if (move === "hold") return ramp;
  const step = move === "forward" ? ramp.step + 1 : Math.max(0, ramp.step - 1);
  return step >= settings.steps.length - 1 && move === "forward" ? null : { step, sinceMs: nowMs };
}

function areProvidersUnwell({ now, before }: RampGates, { lookUpsMin, share429Max, providerP95FactorMax }: RampSettings): boolean {
  if (now.attempts < lookUpsMin) return false;
  if (now.share429 > share429Max) return true;
  return now.providerP95Ms !== null && before.providerP95Ms !== null && now.providerP95Ms > providerP95FactorMax * before.providerP95Ms;
}

function isCold({ now, before }: RampGates, { lookUpsMin, hitRateMin, hitRateBeforeMin }: RampSettings): boolean {
  if (before.hitRate === null || before.lookUps < lookUpsMin || before.hitRate < hitRateBeforeMin) return false;
  return now.lookUps < lookUpsMin || now.hitRate! < hitRateMin * before.hitRate;
}
