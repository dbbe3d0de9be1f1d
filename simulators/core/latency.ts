import type { LatencyProfile, PlannedPhase } from "../../kernel/plan.ts";
import { exponential, logNormal, seededRng, type Rng } from "../../kernel/rng.ts";
import type { AttemptKey } from "./fate.ts";

/** When the parts of an answer exist, in ms since the attempt's arrival. */
export interface Schedule {
  /** Request read and accepted: a stream's headers and opening leave, or an error. */
  readonly acceptedMs: number;
  /** One entry a word, rising. */
  readonly wordMs: readonly number[];
}

/** Providers answer errors, and a stream's headers, after about this long; a realistic range, from no one source. */
const accepted = { fromMs: 50, toMs: 150 };

/** The attempt's own stream of chance: no other attempt shifts it. */
export function attemptRng(key: AttemptKey, label: string): Rng {
  return seededRng(`${key.seed}/${key.deployment}/${key.requestId}/${key.ordinal}`, label);
}

/** How long the provider takes to accept the request, ms. */
export function drawAcceptedMs(key: AttemptKey): number {
  return accepted.fromMs + (accepted.toMs - accepted.fromMs) * attemptRng(key, "accepted").next();
}

/**
 * First token log-normal, the next at exponential gaps of mean 1000 / tokensPerSecond; both times the phase's latency factor, its added
 * latency on the first token. A JSON answer is ready with its last word.
 */
export function drawSchedule(key: AttemptKey, profile: LatencyProfile, phase: PlannedPhase | null, words: number): Schedule {
  const factor = phase?.latencyFactor ?? 1;
  const rng = attemptRng(key, "latency");
  let atMs = logNormal(rng, profile.firstTokenMsP50, profile.firstTokenSigma) * factor + (phase?.addedLatencyMs ?? 0);
  const wordMs = [atMs];
  while (wordMs.length < words) {
    atMs += exponential(rng, 1000 / profile.tokensPerSecond) * factor;
    wordMs.push(atMs);
  }
  return new DrawnSchedule(key, wordMs);
}

/** Draws the acceptance when it is asked for: a JSON answer never does. */
class DrawnSchedule implements Schedule {
  readonly #key: AttemptKey;
  readonly wordMs: readonly number[];

  constructor(key: AttemptKey, wordMs: readonly number[]) {
    this.#key = key;
    this.wordMs = wordMs;
  }

  get acceptedMs(): number {
    return Math.min(drawAcceptedMs(this.#key), this.wordMs[0]!);
  }
}

/** Words that exist `elapsedMs` after arrival, whether or not anybody has read them. */
export function wordsBy(schedule: Schedule, elapsedMs: number): number {
  let low = 0;
  let high = schedule.wordMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (schedule.wordMs[middle]! <= elapsedMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
