/**
 * Faults of a provider that are about the bytes of an answer. Those of chunks and of ends touch streams only; a JSON
 * answer stays as it is.
 */
export const effectKinds = [
  /** Attempts 0 .. `times` - 1 of each request id fail with `status`, the next is answered. Takes no share. */
  "fail_first",
  /** One event of a stream, or the JSON answer, is cut in half; the rest is whole. */
  "malformed",
  /** One event of a stream comes twice. */
  "duplicated",
  /** Two neighbouring events of a stream are swapped. */
  "reordered",
  /** After the opening nothing but keep-alive comments, or blank lines before a JSON answer. */
  "keep_alive",
  /** All bytes, at `bytesPerSecond`. */
  "slow_drip",
  /** 200 and not a byte of body. */
  "empty_200",
  /** 200 and a page of HTML. */
  "html_200",
  /** 200, and the first that follows is the provider's error: an event of a stream, the body of a JSON answer. */
  "error_first",
  /** A stream goes over to the provider's own in-band error after some words. */
  "error_mid_stream",
  /** A field of the answer goes by another name, as after an unannounced release. */
  "contract_drift",
  /** Usage counts are ten times the truth. */
  "wrong_usage",
  /** The whole and right answer to another request's question, the latest that differed. */
  "mixed_up",
  /** The model is not there any more. */
  "model_withdrawn",
  /** Accepted, and then silence: no byte, no end. */
  "half_open",
  /** Some words (or some of a JSON answer), and then silence without an end. */
  "stall",
  /** RST in the middle of the response's header lines. */
  "reset_mid_header",
  /** A stream ends after some words, clean by HTTP's framing, without its terminal events. */
  "clean_end",
] as const;

export type EffectKind = (typeof effectKinds)[number];

/** One such fault in a phase. The draws of a phase's effects exclude each other: their shares add up to at most 1. */
export interface PlannedEffect {
  readonly kind: EffectKind;
  /** Of the attempts that would be answered in full and right; 1 if not given. */
  readonly share?: number;
  /** Of `fail_first` and of the two in-band errors; the provider's usual one if not given. */
  readonly status?: number;
  /** Of `fail_first`; 1 if not given. */
  readonly times?: number;
  /** Of `slow_drip`; 50 if not given. */
  readonly bytesPerSecond?: number;
}
