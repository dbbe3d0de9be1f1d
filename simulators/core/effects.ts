import type { EffectKind, PlannedEffect } from "../../kernel/effects.ts";
import { hashUnit } from "../../kernel/hash.ts";
import type { AttemptKey } from "./fate.ts";
import type { InForce } from "./timeline.ts";

/** An effect that was drawn for one attempt. */
export type Effect = Required<Omit<PlannedEffect, "share" | "status">> & {
  /** Null: the provider's default. */
  readonly status: number | null;
  /** Where in the answer, [0, 1). */
  readonly place: number;
};

/** Effects that need the events of a stream. */
const streamOnly: ReadonlySet<EffectKind> = new Set(["duplicated", "reordered", "error_mid_stream", "clean_end"]);

/**
 * Draws the phase's effect on an attempt whose fate is an answer. Null: none. Drawn from hashes, as the fate is, with a
 * hash of its own. An effect that needs a stream does not apply to a JSON answer.
 */
export function drawEffect(key: AttemptKey, force: InForce | null, stream: boolean): Effect | null {
  const effects = force?.phase.effects ?? [];
  if (force === null || effects.length === 0) return null;
  const draw = (label: string) => hashUnit(key.seed, force.incident, key.deployment, key.requestId, key.ordinal, label);
  const repeat = effects.find((effect) => effect.kind === "fail_first" && key.ordinal < timesOf(effect));
  const hit = repeat ?? effectAt(effects, draw("effect"));
  if (hit === null || (!stream && streamOnly.has(hit.kind))) return null;
  const { kind, status = null, bytesPerSecond = 50 } = hit;
  return { kind, status, times: timesOf(hit), bytesPerSecond, place: draw("place") };
}

const timesOf = (effect: PlannedEffect) => effect.times ?? 1;

/** The effect whose part of [0, 1) contains `unit`. */
function effectAt(effects: readonly PlannedEffect[], unit: number): PlannedEffect | null {
  let rest = unit;
  for (const effect of effects) {
    if (effect.kind === "fail_first") continue;
    rest -= effect.share ?? 1;
    if (rest < 0) return effect;
  }
  return null;
}

/** Problems of a phase's effects, one sentence each. Empty when they are valid. */
export function effectProblems(effects: readonly PlannedEffect[]): string[] {
  const problems: string[] = [];
  for (const { kind, share = 1, status, times = 1, bytesPerSecond = 1 } of effects) {
    if (!(share >= 0 && share <= 1)) problems.push(`effect ${kind} has the share ${share}: it must be between 0 and 1`);
    if (status !== undefined && !(Number.isInteger(status) && status >= 400 && status <= 599)) problems.push(`effect ${kind} has the status ${status}: it must be between 400 and 599`);
    if (!(Number.isInteger(times) && times >= 1)) problems.push(`effect ${kind} has times ${times}: it must be a whole number of at least 1`);
    if (!(bytesPerSecond > 0)) problems.push(`effect ${kind} has bytesPerSecond ${bytesPerSecond}: it must be above 0`);
  }
  const total = effects.reduce((sum, effect) => sum + (effect.kind === "fail_first" ? 0 : (effect.share ?? 1)), 0);
  if (total > 1 + 1e-9) problems.push(`the shares of the effects add up to ${total}: they must not exceed 1`);
  return problems;
}
