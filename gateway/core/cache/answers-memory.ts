import type { ChatEvent } from "../../../kernel/chat.ts";
import type { Answers, StoredAnswer } from "./answer.ts";

interface Bounds {
  readonly entriesMax: number;
  /** Of keys and answers together, about. */
  readonly charactersMax: number;
}

/** Of an event besides its text, about. */
const EVENT_CHARACTERS = 40;
/** As numbers are held: eight bytes. */
const NUMBER_CHARACTERS = 8;

interface Kept {
  readonly answer: StoredAnswer;
  readonly characters: number;
}

/** Answers in this process; those not asked for longest give way. */
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

  /** From now on; what is over goes at once. */
  resize(bounds: Bounds): void {
    this.#bounds = bounds;
    this.#trim();
  }

  async read(key: string): Promise<StoredAnswer | null> {
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

  #trim(): void {
    const { entriesMax, charactersMax } = this.#bounds;
    while (this.#kept.size > entriesMax || this.#characters > charactersMax) this.#drop(this.#kept.keys().next().value!);
  }

  #drop(key: string): void {
    const found = this.#kept.get(key);
    if (found === undefined) return;
    this.#kept.delete(key);
    this.#characters -= found.characters;
  }
}

function charactersOf(events: readonly ChatEvent[]): number {
  let characters = 0;
  for (const event of events) {
    characters += EVENT_CHARACTERS;
    if (event.type === "text" || event.type === "tool_arguments") characters += event.text.length;
    if (event.type === "embedding") characters += event.vector.length * NUMBER_CHARACTERS;
  }
  return characters;
}
