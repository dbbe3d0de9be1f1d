import type { ChatEvent } from "../../../kernel/chat.ts";

/** A whole, clean answer, as its events: it can be given as a stream and as JSON. */
export interface StoredAnswer {
  readonly deployment: string;
  readonly model: string;
  readonly events: readonly ChatEvent[];
  /** Unix ms at which it was complete. */
  readonly storedAtMs: number;
}

/** Where answers are kept under their exact key. Never rejects: what cannot be read is not there, what cannot be written is not kept. */
export interface Answers {
  read(key: string): Promise<StoredAnswer | null>;
  write(key: string, answer: StoredAnswer): Promise<void>;
}

/** Bigger answers are not kept, nor held in memory to the end on the chance that they might be. */
export const ANSWER_CHARACTERS_MAX = 1_000_000;

/** Ends that say that the answer is all of it. `length` is a truncation, `content_filter` a guard's. */
const wholeEnds: ReadonlySet<string> = new Set(["stop", "tool_calls"]);

/** Takes an answer's events as they pass and says, at its end, whether it is fit to be given again. */
export class Recording {
  readonly #events: ChatEvent[] = [];
  #characters = 0;
  #isFit = true;
  #finish: string | null = null;

  take(event: ChatEvent): void {
    if (event.type === "error" || event.type === "restart") this.#isFit = false;
    if (event.type === "finish") this.#finish = event.reason;
    if (event.type === "text" || event.type === "tool_arguments") this.#characters += event.text.length;
    if (event.type === "embedding") this.#characters += event.vector.length * 8;
    if (this.#characters > ANSWER_CHARACTERS_MAX) this.#isFit = false;
    if (this.#isFit) this.#events.push(event);
    else this.#events.length = 0;
  }

  /** The events; null for an answer that is not whole, or too big. Embeddings have no reason to finish. */
  whole(): readonly ChatEvent[] | null {
    const isWhole = this.#events.at(-1)?.type === "end" && (this.#finish === null ? this.#events.some(({ type }) => type === "embedding") : wholeEnds.has(this.#finish));
    return this.#isFit && isWhole ? this.#events : null;
  }
}

/** For the shared store: with its key, since it is filed under a digest. */
export function encodeAnswer(key: string, answer: StoredAnswer): string {
  return JSON.stringify({ schema: 1, key, ...answer });
}

/** Null for what is not an answer to this very key. */
export function decodeAnswer(key: string, text: string): StoredAnswer | null {
  try {
    const value = JSON.parse(text) as Partial<StoredAnswer> & { schema?: number; key?: string };
    if (value.schema !== 1 || value.key !== key || !Array.isArray(value.events)) return null;
    const { deployment, model, storedAtMs } = value;
    if (typeof deployment !== "string" || typeof model !== "string" || typeof storedAtMs !== "number") return null;
    return { deployment, model, storedAtMs, events: value.events as readonly ChatEvent[] };
  } catch {
    return null;
  }
}
