import { type Clock, StoreError } from "../../../kernel/seams.ts";

/** Few and fast: every request asks the store, and each that it keeps waiting is a request that waits. */
const FAILURES_MAX = 3;
const COOLDOWN_MS = 2_000;

export interface CircuitChange {
  readonly to: "shared" | "local";
  readonly reason: string;
}

/** `probing`: one call finds out. What was sent before a change of state is no news about after it. */
type State =
  | { readonly kind: "closed"; readonly failures: number }
  | { readonly kind: "open"; readonly untilMs: number; readonly reason: string }
  | { readonly kind: "probing"; readonly reason: string };

/**
 * Keeps requests from waiting for a store that does not answer: after three failures on end nobody is let through, and from then on one call
 * in two seconds, which finds out. A deployment's breaker counts shares of a window; here a window of good answers must not keep it closed.
 */
export class Circuit {
  readonly #clock: Clock;
  readonly #changed: (change: CircuitChange) => void;
  #state: State = { kind: "closed", failures: 0 };
  #generation = 0;

  constructor(clock: Clock, changed: (change: CircuitChange) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  get isClosed(): boolean {
    return this.#state.kind === "closed";
  }

  /** Why the store is not asked; empty while it is. */
  get reason(): string {
    return this.#state.kind === "closed" ? "" : this.#state.reason;
  }

  /** Runs `ask`, or rejects with `StoreError` at once. A `StoreError` of `ask` counts as a failure; all rejections pass through. */
  async run<T>(ask: () => Promise<T>): Promise<T> {
    this.#admit();
    const generation = this.#generation;
    try {
      const answer = await ask();
      if (generation === this.#generation) this.#succeeded();
      return answer;
    } catch (error) {
      if (generation === this.#generation) this.#failed(error);
      throw error;
    }
  }

  #admit(): void {
    const state = this.#state;
    if (state.kind === "closed") return;
    if (state.kind === "probing" || this.#clock.nowMs() < state.untilMs) throw new StoreError(`The shared store is not asked: ${state.reason}`);
    this.#become({ kind: "probing", reason: state.reason });
  }

  #succeeded(): void {
    if (this.#state.kind === "probing") {
      this.#become({ kind: "closed", failures: 0 });
      this.#changed({ to: "shared", reason: "The shared store answers again" });
    } else this.#state = { kind: "closed", failures: 0 };
  }

  /** An error that is no `StoreError` is a mistake of ours: a probe that ends so still ends. */
  #failed(error: unknown): void {
    const state = this.#state;
    const reason = error instanceof StoreError ? error.message : "The store's client failed";
    const open: State = { kind: "open", untilMs: this.#clock.nowMs() + COOLDOWN_MS, reason };
    if (state.kind === "probing") this.#become(open);
    else if (state.kind === "closed" && error instanceof StoreError) {
      const failures = state.failures + 1;
      this.#state = { kind: "closed", failures };
      if (failures < FAILURES_MAX) return;
      this.#become(open);
      this.#changed({ to: "local", reason });
    }
  }

  #become(state: State): void {
    this.#state = state;
    this.#generation++;
  }
}
