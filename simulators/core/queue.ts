/** How a request got on with its turn. `release` gives the slot back; calling it again is harmless. */
export type Turn =
  | { readonly kind: "slot"; readonly busyShare: number; readonly release: () => void }
  | { readonly kind: "full" };

interface Waiter {
  readonly onGranted: (turn: Extract<Turn, { kind: "slot" }>) => void;
}

/**
 * Slots, and a bounded queue in front of them: first come, first served. All in the turn that asks or releases; knows nothing of time.
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
   * A slot, or `full`, at once; or null, and `onGranted` is called when the turn comes, which may be never. With null comes the way out of
   * the queue: it says whether the place was still waiting.
   */
  enter(onGranted: Waiter["onGranted"]): { readonly turn: Turn } | { readonly turn: null; readonly leave: () => boolean } {
    if (this.#busy < this.#slots) return { turn: this.#take() };
    if (this.#waiting.size >= this.#queueMax) return { turn: { kind: "full" } };
    const waiter: Waiter = { onGranted };
    this.#waiting.add(waiter);
    return { turn: null, leave: () => this.#waiting.delete(waiter) };
  }

  /** The share counts the others that are busy: 0 for one alone, 1 in a full house. */
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
