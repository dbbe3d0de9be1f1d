import type { Clock } from "../../kernel/seams.ts";

/** How often a thought is passed on: below the idle limits of load balancers, of which 60 s is usual. */
const thoughtMs = 15_000;

/**
 * What shows that the provider of a waiting client is at work: comments and heartbeats by which it keeps its own
 * connection alive, and thoughts, which are held back until the first token. From the second comment on each is a sign,
 * because some servers send one with every answer. A thought is a sign when none was for 15 s.
 */
export class LifeSigns {
  readonly #clock: Clock;
  #keepAlives = 0;
  #lastMs: number;
  #waiting: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastMs = clock.nowMs();
  }

  keepAlive(): void {
    if (++this.#keepAlives > 1) this.#show();
  }

  thought(): void {
    if (this.#clock.nowMs() - this.#lastMs >= thoughtMs) this.#show();
  }

  /** Calls `onSign` at the next sign, unless it is cancelled before. One waits at a time. */
  onNext(onSign: () => void): () => void {
    this.#waiting = onSign;
    return () => void (this.#waiting = null);
  }

  #show(): void {
    this.#lastMs = this.#clock.nowMs();
    this.#waiting?.();
  }
}
