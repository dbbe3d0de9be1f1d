import type { Answers } from "./answer.ts";
import type { StoredAnswer, StoredEvent } from "./stored-answer.ts";

interface Bounds {
  readonly entriesMax: number;
  /** Approximate characters of keys and answers together. */
  readonly charactersMax: number;
}

const TRIMMED_SHARE = 0.01;

/** Approximate characters of an event besides its text. */
const EVENT_CHARACTERS = 40;
/** Eight bytes a number. */
const NUMBER_CHARACTERS = 8;

interface Kept {
  readonly answer: StoredAnswer;
  readonly characters: number;
}

/** Answers in this process. The least recently used are evicted first. */
export class MemoryAnswers implements Answers {
  readonly #kept = new Map<string, Kept>();
  #bounds: Bounds;
  #characters = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#kept.size;
  }

  get characters(): number {
    return this.#characters;
  }

  /** Changes the bounds. Entries above them are evicted at once. */
  resize(bounds: Bounds): void {
    this.#bounds = bounds;
    this.#trim();
  }

  clear(): void {
    this.#kept.clear();
    this.#characters = 0;
  }

  read(key: string): StoredAnswer | null {
    const found = this.#kept.get(key);
    if (found === undefined) return null;
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found.answer;
  }

  async write(key: string, answer: StoredAnswer): Promise<void> {
    const characters = key.length + charactersOf(answer.events);
    this.#drop(key);
    if (characters > this.#bounds.charactersMax) return;
    this.#kept.set(key, { answer, characters });
    this.#characters += characters;
    this.#trim();
  }

  /** Evicts a hundredth together: to find the oldest entry, a Map walks past all entries deleted since it last grew. */
  #trim(): void {
    const { entriesMax, charactersMax } = this.#bounds;
    if (this.#kept.size <= entriesMax && this.#characters <= charactersMax) return;
    const most = entriesMax - Math.floor(entriesMax * TRIMMED_SHARE);
    for (const key of this.#kept.keys()) {
      if (this.#kept.size <= most && this.#characters <= charactersMax) break;
      this.#drop(key);
    }
  }

  #drop(key: string): void {
    const found = this.#kept.get(key);
    if (found === undefined) return;
    this.#kept.delete(key);
    this.#characters -= found.characters;
  }
}

function charactersOf(events: readonly StoredEvent[]): number {
  let characters = 0;
  for (const event of events) {
    characters += EVENT_CHARACTERS;
    if ("text" in event) characters += event.text.length;
    if (event.type === "texts") characters += event.lengths.length * NUMBER_CHARACTERS;
    if (event.type === "embedding") characters += event.vector.length * NUMBER_CHARACTERS;
  }
  return characters;
}
