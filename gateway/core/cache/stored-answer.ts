import type { ChatEvent } from "../../../kernel/chat.ts";

/** Text events in a row, as one: a thousand answers of a hundred tokens are a hundred thousand things for the garbage collector to walk past. */
interface TextRun {
  readonly type: "texts";
  readonly text: string;
  /** UTF-16 units of each event, in order. */
  readonly lengths: readonly number[];
}

export type StoredEvent = ChatEvent | TextRun;

/** A whole, clean answer, as its events: it can be given as a stream and as JSON. */
export interface StoredAnswer {
  readonly deployment: string;
  readonly model: string;
  readonly events: readonly StoredEvent[];
  /** Unix ms at which it was complete. */
  readonly storedAtMs: number;
}
