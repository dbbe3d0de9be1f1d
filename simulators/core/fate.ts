import { hashLetters, hashUnit } from "../../kernel/hash.ts";
import type { PlannedPhase } from "../../kernel/plan.ts";
import type { InForce } from "./timeline.ts";

/** What becomes of an attempt. Decided whole at its arrival. */
export type Fate =
  | { readonly kind: "answer" }
  | { readonly kind: "error"; readonly status: number }
  /** The connection is reset before any header. `dns` of a status mix is this too: a server that is reached cannot play a failed lookup. */
  | { readonly kind: "reset" }
  /** Accepted and never answered. */
  | { readonly kind: "timeout" }
  /** Cut after `share` of its words, (0, 1). */
  | { readonly kind: "truncate"; readonly share: number; readonly ending: "reset" | "closed_early" }
  | { readonly kind: "wrong"; readonly wrong: PlannedPhase["wrongOutputKind"] };

/** One attempt at one deployment: what every draw about it is keyed by. */
export interface AttemptKey {
  readonly seed: number;
  readonly deployment: string;
  readonly requestId: string;
  readonly ordinal: number;
}

/** 16 letters that no other attempt has, for ids; `label` keeps those of one attempt apart. */
export function attemptLetters(key: AttemptKey, label: string): string {
  return hashLetters(`${label}\u001f${key.seed}\u001f${key.deployment}\u001f${key.requestId}\u001f${key.ordinal}`);
}

/** Uniform in [0, 1), the attempt's own for each label. */
export function attemptUnit(key: AttemptKey, ...label: readonly (string | number)[]): number {
  return hashUnit(...label, key.seed, key.deployment, key.requestId, key.ordinal);
}

/**
 * Draws the fate from hashes alone, so that concurrency and the order of arrivals change nothing (design, section 3.8). It fails iff
 * hash(seed, incident, deployment, id, ordinal) < the phase's error rate; each further question has a hash of its own. The truncation rate is
 * a share of the attempts that do not fail, the wrong-output rate of those that are neither failed nor cut.
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

/** The status whose stretch of [0, 1) holds `unit`; keys in sorted order, weights relative to their sum. */
export function drawStatus(mix: Readonly<Record<string, number>>, unit: number): string {
  const keys = Object.keys(mix).sort();
  let rest = unit * keys.reduce((total, key) => total + mix[key]!, 0);
  for (const key of keys) {
    rest -= mix[key]!;
    if (rest < 0) return key;
  }
  return keys.at(-1) ?? "500";
}

/** What is wrong with a phase, in plain sentences; empty when it can be played. */
export function phaseProblems(phase: PlannedPhase): string[] {
  const problems: string[] = [];
  const rates = { errorRate: phase.errorRate, streamTruncationRate: phase.streamTruncationRate, wrongOutputRate: phase.wrongOutputRate };
  for (const [name, rate] of Object.entries(rates)) {
    if (!(rate >= 0 && rate <= 1)) problems.push(`${name} is ${rate}, not a share of 0 to 1`);
  }
  for (const [status, weight] of Object.entries(phase.statusMix)) {
    if (!/^([4-9]\d\d|timeout|reset|dns)$/.test(status)) problems.push(`statusMix has "${status}", which is no HTTP error status, timeout, reset or dns`);
    if (!(weight >= 0)) problems.push(`statusMix gives ${status} the weight ${weight}`);
  }
  const total = Object.values(phase.statusMix).reduce((sum, weight) => sum + weight, 0);
  if (phase.errorRate > 0 && Math.abs(total - 1) > 1e-6) problems.push(`statusMix adds up to ${total}, not to 1`);
  return problems;
}
