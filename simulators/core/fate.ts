import { hashLetters, hashUnit } from "../../kernel/hash.ts";
import type { PlannedPhase } from "../../kernel/plan.ts";
import type { InForce } from "./timeline.ts";

/** The outcome of an attempt. Decided completely when it arrives. */
export type Fate =
  | { readonly kind: "answer" }
  | { readonly kind: "error"; readonly status: number }
  /**
   * The connection is reset before any header. Also stands for `dns` of a status mix: a server that was reached cannot
   * play a failed lookup.
   */
  | { readonly kind: "reset" }
  /** Accepted, and never answered. */
  | { readonly kind: "timeout" }
  /** Cut after `share` of the words, (0, 1). */
  | { readonly kind: "truncate"; readonly share: number; readonly ending: "reset" | "closed_early" }
  | { readonly kind: "wrong"; readonly wrong: PlannedPhase["wrongOutputKind"] };

/** Identifies one attempt at one deployment. Every draw about it is keyed by these. */
export interface AttemptKey {
  readonly seed: number;
  readonly deployment: string;
  readonly requestId: string;
  readonly ordinal: number;
}

/** 16 letters for ids, different for every attempt and label. */
export function attemptLetters(key: AttemptKey, label: string): string {
  return hashLetters(`${label}\u001f${key.seed}\u001f${key.deployment}\u001f${key.requestId}\u001f${key.ordinal}`);
}

/** Uniform in [0, 1), different for every attempt and label. */
export function attemptUnit(key: AttemptKey, ...label: readonly (string | number)[]): number {
  return hashUnit(...label, key.seed, key.deployment, key.requestId, key.ordinal);
}

/**
 * Draws the fate from hashes alone, so that concurrency and the order of arrivals change nothing. An attempt fails if
 * and only if hash(seed, incident, deployment, id, ordinal) < the phase's error rate. Each further draw has a hash of
 * its own. The truncation rate is a share of the attempts that do not fail. The wrong-output rate is a share of those
 * that are neither failed nor cut.
 */
export function drawFate(key: AttemptKey, force: InForce | null): Fate {
  if (force === null) return { kind: "answer" };
  const { phase } = force;
  const draw = (...label: readonly string[]) => hashUnit(key.seed, force.incident, key.deployment, key.requestId, key.ordinal, ...label);
  if (draw() < phase.errorRate) return failureOf(drawStatus(phase.statusMix, draw("status")));
  if (draw("truncate") < phase.streamTruncationRate) {
    return { kind: "truncate", share: draw("cut"), ending: draw("ending") < 0.5 ? "reset" : "closed_early" };
  }
  if (draw("wrong") < phase.wrongOutputRate) return { kind: "wrong", wrong: phase.wrongOutputKind };
  return { kind: "answer" };
}

function failureOf(status: string): Fate {
  if (status === "timeout") return { kind: "timeout" };
  if (status === "reset" || status === "dns") return { kind: "reset" };
  return { kind: "error", status: Number(status) };
}

/** The status whose part of [0, 1) contains `unit`. Keys are sorted, and weights are relative to their sum. */
export function drawStatus(mix: Readonly<Record<string, number>>, unit: number): string {
  const keys = Object.keys(mix).sort();
  let rest = unit * keys.reduce((total, key) => total + mix[key]!, 0);
  for (const key of keys) {
    rest -= mix[key]!;
    if (rest < 0) return key;
  }
  return keys.at(-1) ?? "500";
}

/** Problems of a phase, one sentence each. Empty when it is valid. */
export function phaseProblems(phase: PlannedPhase): string[] {
  const problems: string[] = [];
  const rates = { errorRate: phase.errorRate, streamTruncationRate: phase.streamTruncationRate, wrongOutputRate: phase.wrongOutputRate };
  for (const [name, rate] of Object.entries(rates)) {
    if (!(rate >= 0 && rate <= 1)) problems.push(`${name} is ${rate}: it must be between 0 and 1`);
  }
  for (const [status, weight] of Object.entries(phase.statusMix)) {
    if (!/^([4-9]\d\d|timeout|reset|dns)$/.test(status)) problems.push(`statusMix has "${status}", which is not an HTTP error status, timeout, reset or dns`);
    if (!(weight >= 0)) problems.push(`statusMix has the weight ${weight} for ${status}: it must not be negative`);
  }
  const total = Object.values(phase.statusMix).reduce((sum, weight) => sum + weight, 0);
  if (phase.errorRate > 0 && Math.abs(total - 1) > 1e-6) problems.push(`statusMix adds up to ${total}: it must add up to 1`);
  return problems;
}
