import type { Clock, Store } from "../../../kernel/seams.ts";
import { type Answers, decodeAnswer, encodeAnswer } from "./answer.ts";
import type { StoredAnswer } from "./stored-answer.ts";
import { keyDigest } from "./key.ts";
import type { CacheConfig } from "./settings.ts";

/** A write may take longer than a look-up, because nobody waits for it. */
const WRITE_MS_MAX = 1_000;

/**
 * Answers in the shared store. While it is slow or down every look-up is a miss within `storeDeadlineMs`, and no
 * request fails because of it.
 */
export class SharedAnswers implements Answers {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #settings: CacheConfig;

  constructor(store: Store, clock: Clock, settings: CacheConfig) {
    this.#store = store;
    this.#clock = clock;
    this.#settings = settings;
  }

  async read(key: string): Promise<StoredAnswer | null> {
    const deadlineMs = this.#clock.nowMs() + this.#settings.storeDeadlineMs;
    const text = await this.#store.get(fileName(key), deadlineMs).catch(() => null);
    return text === null ? null : decodeAnswer(key, text);
  }

  async write(key: string, answer: StoredAnswer): Promise<void> {
    const options = { ttlMs: this.#settings.ttlMs + this.#settings.staleIfErrorMs, deadlineMs: this.#clock.nowMs() + WRITE_MS_MAX };
    await this.#store.set(fileName(key), encodeAnswer(key, answer), options).catch(() => {});
  }
}

const fileName = (key: string) => `answer:${keyDigest(key)}`;
