import type { ChatEvent, WirePiece } from "../../../kernel/chat.ts";
import { withoutPiece } from "../batches.ts";
import { singleEvents, tokenCount, tokensOf } from "../token-runs.ts";
import type { StoredAnswer, StoredEvent } from "./stored-answer.ts";
import { areStoredEvents, wholeEnds } from "./stored-events.ts";

/**
 * Where answers are stored under their exact key. Never rejects: what cannot be read is a miss, what cannot be written
 * is not stored.
 */
export interface Answers {
  /** At once, where they are in memory. */
  read(key: string): StoredAnswer | null | Promise<StoredAnswer | null>;
  write(key: string, answer: StoredAnswer): Promise<void>;
}

/** Larger answers are not stored, and are not held in memory until the end either. */
export const ANSWER_CHARACTERS_MAX = 1_000_000;

/** Records an answer's events as they pass. At its end it returns whether the answer may be reused. */
export class Recording {
  readonly #keepsPieces: boolean;
  readonly #events: StoredEvent[] = [];
  /** Texts that follow one another, of pieces that are not kept. */
  #run: string[] = [];
  #characters = 0;
  #isFit = true;
  #finish: string | null = null;

  /**
   * `keepsPieces`: the answer will be sent in the same form only, so it is kept as its provider wrote it. A whole body
   * is kept in any case, beside its events; the pieces of a stream would be many times their texts.
   */
  constructor(keepsPieces = false) {
    this.#keepsPieces = keepsPieces;
  }

  take(event: ChatEvent): void {
    if (this.#keepsPieces && tokenCount(event) > 1) for (const single of singleEvents(event)) this.#take(single);
    else this.#take(event);
  }

  #take(event: ChatEvent): void {
    if (event.type === "error" || event.type === "restart") this.#isFit = false;
    /** Where an answer may be sent in another form, what has no word there would be lost. */
    if (event.type === "opaque" && event.kind === "content" && !this.#keepsPieces) this.#isFit = false;
    if (event.wire !== undefined && this.#isKept(event.wire)) this.#characters += event.wire.data.length / event.wire.count;
    if (event.type === "finish") this.#finish = event.reason;
    if (event.type === "text" || event.type === "reasoning" || event.type === "tool_arguments") this.#characters += event.text.length;
    if (event.type === "embedding") this.#characters += event.vector.length * 8;
    if (this.#characters > ANSWER_CHARACTERS_MAX) this.#isFit = false;
    if (this.#isFit) this.#keep(event);
    else {
      this.#events.length = 0;
      this.#run = [];
    }
  }

  #keep(event: ChatEvent): void {
    if (event.type === "opaque" && !this.#keepsPieces) return;
    const isPieceKept = this.#keepsPieces || (event.wire !== undefined && this.#isKept(event.wire));
    if (event.type === "text" && !isPieceKept) {
      for (const token of tokensOf(event)) this.#run.push(token);
      return;
    }
    this.#closeRun();
    this.#events.push(isPieceKept ? event : withoutPiece(event));
  }

  #closeRun(): void {
    const run = this.#run;
    if (run.length === 0) return;
    const text = run.join("");
    this.#events.push(run.length === 1 ? { type: "text", text } : { type: "texts", text, lengths: run.map(({ length }) => length) });
    this.#run = [];
  }

  #isKept({ event }: WirePiece): boolean {
    return this.#keepsPieces || event === "";
  }

  /** The events. Null for an answer that is not whole, or too large. Embeddings have no finish reason. */
  whole(): readonly StoredEvent[] | null {
    const isWhole = this.#events.at(-1)?.type === "end" && (this.#finish === null ? this.#events.some(({ type }) => type === "embedding") : wholeEnds.has(this.#finish));
    return this.#isFit && isWhole ? this.#events : null;
  }
}

/** Each is about 200 bytes on the wire: this bounds what waits for a client that reads slowly. */
const REPLAYED_AT_ONCE = 256;

/**
 * The answer's events, a bounded number at a time, so that a long answer neither delays others nor is encoded as a
 * whole.
 */
export async function* batchesOfAnswer({ events }: StoredAnswer): AsyncGenerator<readonly ChatEvent[]> {
  let batch: ChatEvent[] = [];
  for (const event of eachEvent(events)) {
    batch.push(event);
    if (batch.length < REPLAYED_AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function* eachEvent(events: readonly StoredEvent[]): Generator<ChatEvent> {
  for (const event of events) {
    if (event.type === "texts") {
      let at = 0;
      for (const length of event.lengths) yield { type: "text", text: event.text.slice(at, (at += length)) };
    } else yield event;
  }
}

/** For the shared store. Includes the key, because the entry is named by a digest. */
export function encodeAnswer(key: string, answer: StoredAnswer): string {
  return JSON.stringify({ schema: 2, key, ...answer });
}

/** Null for anything but an answer to this very key. */
export function decodeAnswer(key: string, text: string): StoredAnswer | null {
  try {
    const value = JSON.parse(text) as Partial<StoredAnswer> & { schema?: number; key?: string };
    if (value.schema !== 2 || value.key !== key) return null;
    const { deployment, model, storedAtMs, events } = value;
    if (!areStoredEvents(events) || typeof deployment !== "string" || typeof model !== "string" || typeof storedAtMs !== "number") return null;
    return { deployment, model, storedAtMs, events };
  } catch {
    return null;
  }
}
