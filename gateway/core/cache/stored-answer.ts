import type { ChatEvent } from "../../../kernel/chat.ts";

/**
 * Consecutive text events as one: a thousand answers of a hundred tokens would be a hundred thousand objects for the
 * garbage collector.
 */
interface TextRun {
  readonly type: "texts";
  readonly text: string;
  /** UTF-16 units of each event, in order. */
  readonly lengths: readonly number[];
}

export type StoredEvent = ChatEvent | TextRun;

/** A whole, clean answer, as its events: it can be sent as a stream and as JSON. */
export interface StoredAnswer {
  readonly deployment: string;
  readonly model: string;
  readonly events: readonly StoredEvent[];
  /** Unix ms at which it was complete. */
  readonly storedAtMs: number;
}
