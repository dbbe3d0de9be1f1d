import type { Usage } from "../../kernel/chat.ts";
import { TransportError } from "../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import type { Attempt } from "./attempt.ts";
import type { Parts } from "./body.ts";
import type { StreamEncoder, WordBatching, WordStream } from "./contracts.ts";
import type { Schedule } from "./latency.ts";

/** A complete body, and how the connection ends after it. `ending` null: normally. */
export interface WholePart {
  readonly bytes: Uint8Array;
  /** Words in it. */
  readonly tokens: number;
  readonly ending: "closed_early" | null;
}

/** How many of an answer's words are sent before it is cut at `share`: at least one, and not all. */
export function cutAt(share: number, pieces: number): number {
  return Math.min(pieces - 1, 1 + Math.floor(share * (pieces - 1)));
}

/**
 * A JSON answer up to the end of its first `sent` words (all words differ), or half of one without words. Its
 * content-length stays that of the whole.
 */
export function cutWhole(body: Uint8Array, pieces: readonly string[], sent: number): WholePart {
  const text = utf8Text(body);
  const word = /[a-z]+$/.exec(pieces[sent - 1] ?? "")?.[0];
  const at = word === undefined ? -1 : text.indexOf(word);
  if (word === undefined || at < 0) return { bytes: utf8Bytes(text.slice(0, text.length >> 1)), tokens: 0, ending: "closed_early" };
  return { bytes: utf8Bytes(text.slice(0, at + word.length)), tokens: sent, ending: "closed_early" };
}

/** Sends a complete body. */
export function* relayWhole(attempt: Attempt, part: WholePart): Parts {
  try {
    attempt.tokensSent = part.tokens;
    if (part.ending === null) attempt.markHandedOver();
    yield part.bytes;
    if (part.ending !== null) breakOff(attempt, part.ending);
    attempt.closeSent();
  } finally {
    attempt.callerGone();
  }
}

export interface StreamPart {
  readonly encoder: StreamEncoder;
  readonly pieces: readonly string[];
  readonly schedule: Schedule;
  readonly usage: Usage;
  /** The stream breaks when the word after the first `pieces` is due. Null: all are sent. */
  readonly cut: { readonly pieces: number; readonly ending: "reset" | "closed_early" } | null;
  /** Null: each word is sent when it is due. */
  readonly batching: WordBatching | null;
}

/**
 * Sends each word when it is due, or with others that are due later. A slow reader receives all words that are due at
 * once.
 */
export function* relayStream(attempt: Attempt, part: StreamPart): Parts {
  const { encoder, pieces, schedule, cut, batching } = part;
  try {
    const opening = encoder.opening();
    if (opening.length > 0) yield opening;
    const count = cut?.pieces ?? pieces.length;
    const stream: WordStream = { requestId: attempt.requestId, arrivedMs: attempt.arrivedMs, wordMs: schedule.wordMs, count };
    let index = 0;
    while (index < count) {
      const last = batching === null ? index : batching.next(stream, index) - 1;
      /** Its timer is set when the word before is due: so it keeps its place among timers of the same time. */
      if (last > index && !attempt.isPast(schedule.wordMs[last - 1]!)) yield* attempt.until(schedule.wordMs[last - 1]!);
      const dueMs = schedule.wordMs[last]!;
      if (!attempt.isPast(dueMs)) yield* attempt.until(dueMs);
      const elapsedMs = Math.max(dueMs, attempt.elapsedMs);
      const from = index;
      while (index < count && schedule.wordMs[index]! <= elapsedMs) index++;
      const bytes = encodePieces(encoder, pieces, from, index);
      if (bytes.length === 0) continue;
      attempt.tokensSent = index;
      batching?.sent(stream, index - from);
      yield bytes;
    }
    if (cut !== null) {
      yield* attempt.until(schedule.wordMs[count]!);
      breakOff(attempt, cut.ending);
    }
    attempt.markHandedOver();
    attempt.tokensSent = pieces.length;
    yield encoder.closing(part.usage);
    attempt.closeSent();
  } finally {
    attempt.callerGone();
  }
}

/** Encodes the pieces `from` to `to`, which are sent together. */
function encodePieces(encoder: StreamEncoder, pieces: readonly string[], from: number, to: number): Uint8Array {
  if (to - from === 1) return encoder.piece(pieces[from]!);
  const texts = pieces.slice(from, to);
  return encoder.pieces?.(texts) ?? joined(texts.map((text) => encoder.piece(text)));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function breakOff(attempt: Attempt, kind: "reset" | "closed_early"): never {
  attempt.closeBroken();
  throw new TransportError(kind);
}
