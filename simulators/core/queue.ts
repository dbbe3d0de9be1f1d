/** The result of a request for a slot. `release` returns the slot. Calling it again has no effect. */
export type Turn =
  | { readonly kind: "slot"; readonly busyShare: number; readonly release: () => void }
  | { readonly kind: "full" };

interface Waiter {
  readonly onGranted: (turn: Extract<Turn, { kind: "slot" }>) => void;
}

/**
 * Slots with a bounded queue in front of them: first come, first served. Synchronous, and without a clock.
 */
export class SlotQueue {
  readonly #slots: number;
  readonly #queueMax: number;
  /** In order of arrival. */
  readonly #waiting = new Set<Waiter>();
  #busy = 0;

  constructor(options: { slots: number; queueMax: number }) {
    this.#slots = options.slots;
    this.#queueMax = options.queueMax;
  }

  get busy(): number {
    return this.#busy;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Returns a slot or `full` at once. Otherwise the turn is null, and `onGranted` is called when a slot is free, which
   * may be never. `leave` removes the request from the queue and returns whether it was still waiting.
   */
  enter(onGranted: Waiter["onGranted"]): { readonly turn: Turn } | { readonly turn: null; readonly leave: () => boolean } {
    if (this.#busy < this.#slots) return { turn: this.#take() };
    if (this.#waiting.size >= this.#queueMax) return { turn: { kind: "full" } };
    const waiter: Waiter = { onGranted };
    this.#waiting.add(waiter);
    return { turn: null, leave: () => this.#waiting.delete(waiter) };
  }

  /** `busyShare` is the share of the other slots that are busy. */
  #take(): Extract<Turn, { kind: "slot" }> {
    const busyShare = this.#slots === 1 ? 0 : this.#busy / (this.#slots - 1);
    this.#busy++;
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      this.#busy--;
      this.#serve();
    };
    return { kind: "slot", busyShare, release };
  }

  #serve(): void {
    for (const waiter of this.#waiting) {
      if (this.#busy >= this.#slots) return;
      this.#waiting.delete(waiter);
      waiter.onGranted(this.#take());
    }
  }
}
