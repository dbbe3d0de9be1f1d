/**
 * The physics of a deployment: what it can serve at once, and how much its provider lets one customer ask. Types only.
 * A part that is absent, or null, has no limit. Times are ms, shares 0..1.
 */

export interface CapacitySettings {
  /** Answers that are generated at the same time. */
  readonly slots: number;
  /** Requests that wait for a slot, first come, first served. One more is refused with `fullStatus`. */
  readonly queueMax: number;
  /** The longest wait for a slot; then 504. */
  readonly queueMsMax: number;
  /** Null: the provider's own, 529 of Anthropic and 503 of others. */
  readonly fullStatus: 429 | 503 | 529 | null;
  /**
   * Time to a token when all slots are busy, times that of an idle deployment; in between by the busy share when the
   * answer is begun.
   */
  readonly loadedFactor: number;
  /**
   * Input tokens that are read a second, before the first token. Null: the latency profile's first-token time is for
   * any prompt.
   */
  readonly prefillTokensPerSecond: number | null;
  /**
   * Work for a caller that has gone: `runs_on` keeps its place in the queue and its slot to the end, and is thrown away
   * then.
   */
  readonly abandoned: "stops" | "runs_on";
  /** After a restart, times `factor` on every latency, falling to 1 within `lengthMs`. */
  readonly coldStart: { readonly lengthMs: number; readonly factor: number } | null;
}

/** What one customer may ask of a deployment. Each quota is a bucket that is refilled evenly. */
export interface LimitSettings {
  readonly requestsPerMinute: number | null;
  /** Input, and the most output that a request asks for, charged at its arrival: OpenAI's TPM. */
  readonly tokensPerMinute: number | null;
  /** Without what came out of the prompt cache: Anthropic's ITPM. */
  readonly inputTokensPerMinute: number | null;
  /** The most output that is asked for, corrected at the answer's end to what was generated: Anthropic's OTPM. */
  readonly outputTokensPerMinute: number | null;
  /** A bucket holds this much of its minute's quota: shorter than a minute forbids the burst and leaves the average. */
  readonly burstMs: number;
  /** Refuses what grows too fast: more in a window than `growthMax` times the one before, and than `floorRequests`. */
  readonly acceleration: { readonly windowMs: number; readonly growthMax: number; readonly floorRequests: number } | null;
  /** A share of the requests that other customers' load has refused, whatever one's own quota holds. */
  readonly pool: { readonly refusedShare: number } | null;
}

/** Prefixes of prompts that the provider remembers: read at once, and cheaper. */
export interface PromptCacheSettings {
  /** A shorter prefix is not remembered. */
  readonly tokensMin: number;
  /** Prefixes are whole multiples of this. */
  readonly blockTokens: number;
  /** Since its last use. */
  readonly ttlMs: number;
}

/** The load of the hour: latency times `peakFactor` at `peakHour`, falling to 1 twelve hours away. */
export interface DailySettings {
  readonly peakFactor: number;
  /** 0..24, UTC. */
  readonly peakHour: number;
  /**
   * Hour of day at the timeline's zero, 0..24, UTC: the plan's, not the machine's, so that a run can be played again.
   */
  readonly startHour: number;
  /** Hours of the day that pass in an hour of the run. */
  readonly speed: number;
}

/** What a deployment's capacity and limits did to one attempt. */
export interface LoadFacts {
  /** Waited for a slot. */
  readonly queuedMs: number;
  /** Of the time that it was generated, what an idle deployment would not have taken. */
  readonly slowedMs: number;
  readonly refused: LoadRefusal | null;
}

export type LoadRefusal =
  | "requests"
  | "tokens"
  | "input_tokens"
  | "output_tokens"
  | "acceleration"
  | "pool"
  /** No room to wait. */
  | "queue_full"
  /** Waited for too long. */
  | "queue_timeout";
