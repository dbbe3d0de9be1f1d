import { fisherTail, type Counts } from "../../../kernel/fisher.ts";
import type { ControlSettings, RolloutStep } from "./settings.ts";

/**
 * Requests by how they ended: `bad` failed, `rejected` were refused by the gateway itself, by a limit or a guard for
 * one.
 */
export interface Seen extends Counts {
  readonly rejected: number;
}

/**
 * What a data plane has counted since it was started, by package hash. `boot` names that start: its counts begin at 0.
 */
export interface EvidenceReport {
  readonly plane: string;
  readonly boot: string;
  readonly counts: readonly ({ readonly hash: string } & Seen)[];
}

/** Counts by plane, boot and hash: `plane boot hash`. */
export type Tally = Readonly<Record<string, Seen>>;

export function tallied(tally: Tally, { plane, boot, counts }: EvidenceReport): Tally {
  return { ...tally, ...Object.fromEntries(counts.map(({ hash, good, bad, rejected }) => [`${plane} ${boot} ${hash}`, { good, bad, rejected }])) };
}

/** What was counted for a package since `baseline`. */
export function countedSince(tally: Tally, baseline: Tally, hash: string): Seen {
  const sum = { good: 0, bad: 0, rejected: 0 };
  for (const [key, counts] of Object.entries(tally)) {
    if (!key.endsWith(` ${hash}`)) continue;
    for (const name of ["good", "bad", "rejected"] as const) sum[name] += Math.max(0, counts[name] - (baseline[key]?.[name] ?? 0));
  }
  return sum;
}

export type StepDecision = "promote" | "roll_back" | "hold";

export interface StepEvidence {
  readonly candidate: Seen;
  readonly control: Seen;
}

const totalOf = ({ good, bad, rejected }: Seen) => good + bad + rejected;

/**
 * The signs of a worse candidate: it fails more requests, or it refuses more, as after a kill switch or a limit by
 * mistake.
 */
const signs = [
  { name: "failed", of: ({ good, rejected, bad }: Seen): Counts => ({ good: good + rejected, bad }) },
  { name: "were refused", of: ({ good, rejected, bad }: Seen): Counts => ({ good: good + bad, bad: rejected }) },
];

/**
 * A step is left upwards only after its requests and its time, with no sign that the candidate is worse, and downwards
 * as soon as chance no longer explains what was seen. Anything between is undecided and holds.
 */
export function decideStep({ candidate, control }: StepEvidence, elapsedMs: number, step: RolloutStep, { rollbackP, promotionP }: Pick<ControlSettings, "rollbackP" | "promotionP">): { readonly decision: StepDecision; readonly p: number; readonly reason: string } {
  const [failed, refused] = signs.map(({ name, of }) => ({ name, p: fisherTail(of(candidate), of(control)), of }));
  const { name, p, of } = refused!.p < failed!.p ? refused! : failed!;
  const asked = totalOf(candidate);
  const seen = `${of(candidate).bad} of ${asked} requests ${name}, ${of(control).bad} of ${totalOf(control)} of the version before (p = ${p.toPrecision(2)})`;
  if (p < rollbackP) return { decision: "roll_back", p, reason: seen };
  if (asked < step.requestsMin) return { decision: "hold", p, reason: `${asked} of ${step.requestsMin} requests` };
  if (elapsedMs < step.msMin) return { decision: "hold", p, reason: `${Math.ceil((step.msMin - elapsedMs) / 1_000)} s are left` };
  if (totalOf(control) === 0) return { decision: "hold", p, reason: "undecided: the version before had no requests to compare with" };
  return p < promotionP ? { decision: "hold", p, reason: `undecided: ${seen}` } : { decision: "promote", p, reason: seen };
}
