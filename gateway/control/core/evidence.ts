import { fisherTail, type Counts } from "../../../kernel/fisher.ts";
import type { ControlSettings, RolloutStep } from "./settings.ts";

/** What a data plane has counted since it was started, by package hash. `boot` names that start: its counts begin at 0. */
export interface EvidenceReport {
  readonly plane: string;
  readonly boot: string;
  readonly counts: readonly ({ readonly hash: string } & Counts)[];
}

/** Counts by plane, boot and hash: `plane boot hash`. */
export type Tally = Readonly<Record<string, Counts>>;

export function tallied(tally: Tally, { plane, boot, counts }: EvidenceReport): Tally {
  return { ...tally, ...Object.fromEntries(counts.map(({ hash, good, bad }) => [`${plane} ${boot} ${hash}`, { good, bad }])) };
}

/** What was counted for a package since `baseline`. */
export function countedSince(tally: Tally, baseline: Tally, hash: string): Counts {
  let [good, bad] = [0, 0];
  for (const [key, counts] of Object.entries(tally)) {
    if (!key.endsWith(` ${hash}`)) continue;
    good += Math.max(0, counts.good - (baseline[key]?.good ?? 0));
    bad += Math.max(0, counts.bad - (baseline[key]?.bad ?? 0));
  }
  return { good, bad };
}

export type StepDecision = "promote" | "roll_back" | "hold";

export interface StepEvidence {
  readonly candidate: Counts;
  readonly control: Counts;
}

/**
 * A step is left upwards only after its requests and its time, with no sign that the candidate is worse, and downwards as soon as chance no longer explains
 * what was seen. Anything between is undecided and holds.
 */
export function decideStep({ candidate, control }: StepEvidence, elapsedMs: number, step: RolloutStep, { rollbackP, promotionP }: Pick<ControlSettings, "rollbackP" | "promotionP">): { readonly decision: StepDecision; readonly p: number; readonly reason: string } {
  const p = fisherTail(candidate, control);
  const asked = candidate.good + candidate.bad;
  const seen = `${candidate.bad} of ${asked} requests failed, ${control.bad} of ${control.good + control.bad} of the version before (p = ${p.toPrecision(2)})`;
  if (p < rollbackP) return { decision: "roll_back", p, reason: seen };
  if (asked < step.requestsMin) return { decision: "hold", p, reason: `${asked} of ${step.requestsMin} requests` };
  if (elapsedMs < step.msMin) return { decision: "hold", p, reason: `${Math.ceil((step.msMin - elapsedMs) / 1_000)} s are left` };
  if (control.good + control.bad === 0) return { decision: "hold", p, reason: "undecided: the version before had no requests to compare with" };
  return p < promotionP ? { decision: "hold", p, reason: `undecided: ${seen}` } : { decision: "promote", p, reason: seen };
}
