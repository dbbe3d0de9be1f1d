import type { Clock } from "../../../kernel/clock.ts";

const tickMs = 250;
/** A clock that jumped by more was stopped (SIGSTOP) or starved: what it knew is old. */
const jumpMsMin = 1_000;

/**
 * Notices that this process stood still. Asked before decisions too, because after SIGCONT sockets may be read before
 * timers fire.
 */
export class ClockWatch {
  readonly #clock: Clock;
  readonly #onJump: (ms: number) => void;
  #lastMs: number;
  #cancelTick: () => void = () => {};
  /** How often the clock has jumped. What began under a lower number is old. */
  jumps = 0;
  /** When it last did. */
  lastJumpMs = -Infinity;

  constructor(clock: Clock, onJump: (ms: number) => void) {
    this.#clock = clock;
    this.#onJump = onJump;
    this.#lastMs = clock.nowMs();
    this.#schedule();
  }

  /** Compares the clock with the last look at it. Returns `jumps`. */
  check(): number {
    const nowMs = this.#clock.nowMs();
    const jumpMs = nowMs - this.#lastMs - tickMs;
    this.#lastMs = nowMs;
    if (jumpMs > jumpMsMin) {
      this.jumps++;
      this.lastJumpMs = nowMs;
      this.#onJump(jumpMs);
    }
    return this.jumps;
  }

  stop(): void {
    this.#cancelTick();
  }

  #schedule(): void {
    this.#cancelTick = this.#clock.at(this.#clock.nowMs() + tickMs, () => {
      this.check();
      this.#schedule();
    });
  }
}
