import { messageOf } from "../../../kernel/errors.ts";
import { type Clock, StoreError } from "../../../kernel/seams.ts";

/** Few, because every request asks the store, and each slow call is a request that waits. */
const FAILURES_MAX = 3;
const COOLDOWN_MS = 2_000;

export interface CircuitChange {
  readonly to: "shared" | "local";
  readonly reason: string;
}

/** `probing`: open, and a probe is in flight. */
type State =
  | { readonly kind: "closed"; readonly failures: number }
  | { readonly kind: "open"; readonly untilMs: number; readonly reason: string }
  | { readonly kind: "probing"; readonly reason: string };

/**
 * Keeps requests from waiting for a store that does not answer. After three consecutive failures nobody waits any more:
 * calls in flight are rejected, and a probe runs in the background every two seconds in which a request asks. (A
 * deployment's breaker counts shares of a window. Here a window of successes must not keep it closed.)
 */
export class Circuit {
  readonly #clock: Clock;
  readonly #probe: () => Promise<unknown>;
  readonly #onChange: (change: CircuitChange) => void;
  readonly #waiting = new Set<(error: StoreError) => void>();
  #state: State = { kind: "closed", failures: 0 };

  /** `probe` asks the store for something small, with a deadline of its own. It rejects where there is no answer. */
  constructor(clock: Clock, probe: () => Promise<unknown>, onChange: (change: CircuitChange) => void) {
    this.#clock = clock;
    this.#probe = probe;
    this.#onChange = onChange;
  }

  get isClosed(): boolean {
    return this.#state.kind === "closed";
  }

  /** Why the store is bypassed; empty while it is not. */
  get reason(): string {
    return this.#state.kind === "closed" ? "" : this.#state.reason;
  }

  /**
   * Runs `ask`, or rejects with `StoreError` at once. A `StoreError` of `ask` counts as a failure. All its rejections
   * pass through. `onLateAnswer` gets an answer that came after its caller was rejected.
   */
  async run<T>(ask: () => Promise<T>, onLateAnswer: (answer: T) => void = () => {}): Promise<T> {
    if (this.#state.kind !== "closed") {
      this.#probeIfDue();
      throw this.#refusal();
    }
    const answer = Promise.withResolvers<T>();
    this.#waiting.add(answer.reject);
    ask().then(
      (value) => {
        if (!this.#waiting.delete(answer.reject)) return onLateAnswer(value);
        this.#state = { kind: "closed", failures: 0 };
        answer.resolve(value);
      },
      (error: Error) => {
        if (this.#waiting.delete(answer.reject) && error instanceof StoreError) this.#recordFailure(error.message);
        answer.reject(error);
      },
    );
    return answer.promise;
  }

  /**
   * Counts only calls that have not been rejected: results of calls sent before the last change of state are ignored.
   */
  #recordFailure(reason: string): void {
    if (this.#state.kind !== "closed") return;
    const failures = this.#state.failures + 1;
    this.#state = { kind: "closed", failures };
    if (failures < FAILURES_MAX) return;
    this.#state = { kind: "open", untilMs: this.#clock.nowMs() + COOLDOWN_MS, reason };
    this.#onChange({ to: "local", reason });
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const reject of waiting) reject(this.#refusal());
  }

  #refusal(): StoreError {
    return new StoreError(`The shared store is bypassed: ${this.reason}`);
  }

  #probeIfDue(): void {
    if (this.#state.kind !== "open" || this.#clock.nowMs() < this.#state.untilMs) return;
    const { reason } = this.#state;
    this.#state = { kind: "probing", reason };
    this.#probe().then(
      () => {
        this.#state = { kind: "closed", failures: 0 };
        this.#onChange({ to: "shared", reason: "The shared store answers again" });
      },
      (error: unknown) => void (this.#state = { kind: "open", untilMs: this.#clock.nowMs() + COOLDOWN_MS, reason: messageOf(error) }),
    );
  }
}
