import type { BreakerConfig } from "../config.ts";

const bucketCount = 10;

/** Successes and failures of one tenth of the window; `index` is time divided by the bucket's length. */
interface Bucket {
  readonly index: number;
  readonly successes: number;
  readonly failures: number;
}

/** Attempts that began within one tenth of the outage window, and how many of them have failed. */
interface BegunBucket {
  readonly index: number;
  readonly count: number;
  readonly failures: number;
}

/**
 * A circuit breaker for one deployment. No timer inside: `advance` turns `open` into `half_open` when its time has
 * passed. `generation` counts the changes of state: results of attempts sent before the last change are ignored.
 */
export type Breaker =
  | {
      readonly kind: "closed";
      readonly generation: number;
      readonly buckets: readonly Bucket[];
      /** By the time at which attempts began. Absent without `outageWindowMs`. */
      readonly begun?: readonly BegunBucket[];
      /** When probes closed it. Absent: it has never been open. */
      readonly closedAtMs?: number;
    }
  | {
      readonly kind: "open";
      readonly generation: number;
      readonly untilMs: number;
      readonly reason: string;
      /** Requests that must still go elsewhere before the next probe. Absent: none. */
      readonly passesLeft?: number;
    }
  | {
      readonly kind: "half_open";
      readonly generation: number;
      /**
       * Probes that have not reached their commit point, and those that have succeeded: together never above
       * `halfOpenMaxConcurrent`.
       */
      readonly probes: number;
      readonly successes: number;
      readonly untilMs: number;
      readonly reason: string;
      /** Requests that have gone elsewhere since it is half-open. Absent: none. */
      readonly passed?: number;
    };

/**
 * The permission for one attempt. `probe`: it occupies a slot of the half-open state until its commit point, or until
 * its result is recorded.
 */
export interface Ticket {
  readonly deployment: string;
  readonly generation: number;
  readonly probe: boolean;
  /** The deployment was known to be bad when it was sent: its success counts as a recovery. Absent: no. */
  readonly isKnownBad?: boolean;
}

/**
 * `neutral` is no evidence about the deployment (the caller's fault, or the client left): a probe only returns its
 * slot.
 */
export type BreakerResult = "success" | "failure" | "neutral";

export const closedBreaker: Breaker = { kind: "closed", generation: 0, buckets: [] };

/**
 * A probe is somebody's request. Of a deployment whose last probe took `cooldownMs` or longer to fail, so many requests
 * go elsewhere before the next one, or so much time passes: at a request in 20 s each would be a probe of its own.
 */
const PASSES_A_SLOW_PROBE = 10;
const SLOW_PROBE_MS = 5 * 60_000;

/** The state at `nowMs`. */
export function advance(breaker: Breaker, nowMs: number): Breaker {
  if (breaker.kind !== "open" || nowMs < breaker.untilMs) return breaker;
  if (breaker.passesLeft !== undefined && breaker.passesLeft > 0 && nowMs < breaker.untilMs + SLOW_PROBE_MS) return breaker;
  const { untilMs, reason } = breaker;
  return { kind: "half_open", generation: breaker.generation + 1, probes: 0, successes: 0, untilMs, reason };
}

/** Records that a request went elsewhere by choice. Call `advance` first. */
export function recordPass(breaker: Breaker): Breaker {
  if (breaker.kind === "half_open") return { ...breaker, passed: (breaker.passed ?? 0) + 1 };
  if (breaker.kind !== "open" || breaker.passesLeft === undefined) return breaker;
  return { ...breaker, passesLeft: Math.max(0, breaker.passesLeft - 1) };
}

/** Whether an attempt may be sent. Call `advance` first. */
export function permits(breaker: Breaker, settings: BreakerConfig): boolean {
  if (breaker.kind === "half_open") return breaker.probes + breaker.successes < settings.halfOpenMaxConcurrent;
  return breaker.kind === "closed";
}

/** The share at which a ramp starts. */
const RAMP_SHARE_MIN = 0.1;

/**
 * The share of requests that may begin here: 1, except for `rampMs` after probes have closed the breaker, during which
 * it rises from a tenth.
 */
export function rampShare(breaker: Breaker, { rampMs }: BreakerConfig, nowMs: number): number {
  if (rampMs === undefined || breaker.kind !== "closed" || breaker.closedAtMs === undefined) return 1;
  return Math.min(1, Math.max(RAMP_SHARE_MIN, (nowMs - breaker.closedAtMs) / rampMs));
}

/**
 * Takes what `permits` allows. Call `advance` first. Without permission the attempt takes no slot and is not counted.
 */
export function admit(breaker: Breaker, settings: BreakerConfig, deployment: string): readonly [Ticket, Breaker] {
  const probe = breaker.kind === "half_open" && permits(breaker, settings);
  const ticket = { deployment, generation: breaker.generation, probe };
  return [ticket, probe ? { ...breaker, probes: breaker.probes + 1 } : breaker];
}

/** Records that an attempt began: the outage window counts by start. */
export function recordStart(breaker: Breaker, settings: BreakerConfig, nowMs: number): Breaker {
  if (breaker.kind !== "closed" || settings.outageWindowMs === undefined) return breaker;
  const index = bucketIndex(nowMs, settings.outageWindowMs);
  const recent = (breaker.begun ?? []).filter((bucket) => bucket.index > index - bucketCount);
  const current = recent.at(-1)?.index === index ? recent.at(-1)! : { index, count: 0, failures: 0 };
  return { ...breaker, begun: [...recent.filter((bucket) => bucket !== current), { ...current, count: current.count + 1 }] };
}

/**
 * Frees the slot of a probe that has reached its commit point, so that a recovered provider is not kept idle for the
 * length of one answer. How the probe ends counts as before.
 */
export function releaseProbeSlot(breaker: Breaker, ticket: Ticket): Breaker {
  if (breaker.kind !== "half_open" || !ticket.probe || ticket.generation !== breaker.generation) return breaker;
  return { ...breaker, probes: Math.max(0, breaker.probes - 1) };
}

/**
 * Records the result of an attempt. `commitReported`: its slot was freed by `releaseProbeSlot` before. `holdUntilMs`
 * (from Retry-After) may lengthen, never shorten, the time that the breaker stays open.
 */
export function recordResult(
  breaker: Breaker,
  settings: BreakerConfig,
  attempt: { ticket: Ticket; result: BreakerResult; nowMs: number; startedMs?: number; commitReported?: boolean; reason: string; holdUntilMs: number },
): Breaker {
  const now = advance(breaker, attempt.nowMs);
  if (attempt.ticket.generation !== now.generation) return now;
  if (now.kind === "closed") return recordWhileClosed(now, settings, attempt);
  if (now.kind === "half_open" && attempt.ticket.probe) return recordProbe(now, settings, attempt);
  return attempt.result === "success" && attempt.ticket.isKnownBad === true ? recovered(now, settings, attempt) : now;
}

/** Opens a breaker for what it does not count itself. */
export function opened(breaker: Breaker, settings: BreakerConfig, { nowMs, holdUntilMs, reason }: { nowMs: number; holdUntilMs: number; reason: string }): Breaker & { kind: "open" } {
  return { kind: "open", generation: breaker.generation + 1, untilMs: Math.max(holdUntilMs, nowMs + settings.cooldownMs), reason };
}

/**
 * The state after the commit point of an attempt that was sent while the breaker was open: probes may follow at once.
 */
export function halfOpenedBy(breaker: Breaker, ticket: Ticket): Breaker {
  if (breaker.kind !== "open" || ticket.generation !== breaker.generation) return breaker;
  const { untilMs, reason } = breaker;
  return { kind: "half_open", generation: breaker.generation + 1, probes: 0, successes: 0, untilMs, reason };
}

/** An attempt that no probe was due for has succeeded: it counts as one. */
function recovered(breaker: Exclude<Breaker, { kind: "closed" }>, settings: BreakerConfig, attempt: EndedAttempt): Breaker {
  const halfOpen = halfOpenedBy(breaker, attempt.ticket);
  return halfOpen.kind === "half_open" ? recordSuccessfulProbe(halfOpen, settings, halfOpen.probes, attempt.nowMs) : halfOpen;
}

type EndedAttempt = Parameters<typeof recordResult>[2];

function recordWhileClosed(breaker: Breaker & { kind: "closed" }, settings: BreakerConfig, attempt: EndedAttempt): Breaker {
  if (attempt.result === "neutral") return breaker;
  const buckets = countResult(breaker.buckets, settings, attempt);
  const next: Breaker = { ...breaker, buckets, ...(breaker.begun !== undefined && { begun: recordFailureByStart(breaker.begun, settings, attempt) }) };
  const failures = buckets.reduce((sum, bucket) => sum + bucket.failures, 0);
  const total = failures + buckets.reduce((sum, bucket) => sum + bucket.successes, 0);
  if (attempt.result === "success") return next;
  if (isTooMany(settings, failures, total)) {
    return opened(breaker, settings, { ...attempt, reason: `${failures} of ${total} attempts failed within ${settings.windowMs} ms, the last with ${attempt.reason}` });
  }
  return openedByOutage(next, settings, attempt) ?? next;
}

function isTooMany(settings: BreakerConfig, failures: number, total: number): boolean {
  return total >= settings.minimumThroughput && failures / total > settings.failureRateThreshold;
}

function openedByOutage(breaker: Breaker & { kind: "closed" }, settings: BreakerConfig, attempt: EndedAttempt): Breaker | null {
  const { outageWindowMs } = settings;
  if (outageWindowMs === undefined) return null;
  const oldest = bucketIndex(attempt.nowMs, outageWindowMs) - bucketCount;
  let [count, failures] = [0, 0];
  for (const bucket of breaker.begun ?? []) {
    if (bucket.index <= oldest) continue;
    count += bucket.count;
    failures += bucket.failures;
  }
  if (!isTooMany(settings, failures, count)) return null;
  return opened(breaker, settings, { ...attempt, reason: `${failures} of ${count} attempts begun within ${outageWindowMs} ms have failed, the last with ${attempt.reason}` });
}

function recordFailureByStart(begun: readonly BegunBucket[], settings: BreakerConfig, attempt: EndedAttempt): readonly BegunBucket[] {
  if (attempt.result !== "failure" || attempt.startedMs === undefined || settings.outageWindowMs === undefined) return begun;
  const index = bucketIndex(attempt.startedMs, settings.outageWindowMs);
  return begun.map((bucket) => (bucket.index === index ? { ...bucket, failures: bucket.failures + 1 } : bucket));
}

function bucketIndex(atMs: number, windowMs: number): number {
  return Math.floor(atMs / (windowMs / bucketCount));
}

function recordProbe(breaker: Breaker & { kind: "half_open" }, settings: BreakerConfig, attempt: EndedAttempt): Breaker {
  const probes = attempt.commitReported === true ? breaker.probes : Math.max(0, breaker.probes - 1);
  if (attempt.result === "neutral") return { ...breaker, probes };
  if (attempt.result === "failure") {
    const reopened = opened(breaker, settings, { ...attempt, reason: `Probe failed with ${attempt.reason}` });
    const isSlow = attempt.startedMs !== undefined && attempt.nowMs - attempt.startedMs >= settings.cooldownMs;
    return isSlow ? { ...reopened, passesLeft: Math.max(0, PASSES_A_SLOW_PROBE - (breaker.passed ?? 0)) } : reopened;
  }
  return recordSuccessfulProbe(breaker, settings, probes, attempt.nowMs);
}

function recordSuccessfulProbe(breaker: Breaker & { kind: "half_open" }, settings: BreakerConfig, probes: number, nowMs: number): Breaker {
  const successes = breaker.successes + 1;
  if (successes < settings.halfOpenMaxConcurrent) return { ...breaker, probes, successes };
  return { kind: "closed", generation: breaker.generation + 1, buckets: [], closedAtMs: nowMs };
}

function countResult(buckets: readonly Bucket[], settings: BreakerConfig, attempt: EndedAttempt): readonly Bucket[] {
  const index = bucketIndex(attempt.nowMs, settings.windowMs);
  const recent = buckets.filter((bucket) => bucket.index > index - bucketCount);
  const last = recent.at(-1);
  const current = last?.index === index ? last : { index, successes: 0, failures: 0 };
  const kept = last?.index === index ? recent.slice(0, -1) : recent;
  const field = attempt.result === "success" ? "successes" : "failures";
  return [...kept, { ...current, [field]: current[field] + 1 }];
}
