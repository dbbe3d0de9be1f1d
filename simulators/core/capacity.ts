import type { CapacitySettings } from "../../kernel/capacity.ts";
import type { PlannedIncident } from "../../kernel/plan.ts";
import type { Clock, Signal } from "../../kernel/seams.ts";
import { TransportError } from "../../kernel/transport.ts";
import { coldFactor, restartsOf } from "./cold-start.ts";
import { SlotQueue, type Turn } from "./queue.ts";

/** The result of a request for a slot. */
export type SlotResult =
  | {
      readonly kind: "slot";
      readonly queuedMs: number;
      /** Factor on the time of every token, from how many other slots are busy. */
      readonly loadFactor: number;
      /** Factor on the time of every token, from cold caches. */
      readonly coldFactor: number;
      readonly release: () => void;
    }
  | { readonly kind: "full" }
  | { readonly kind: "expired"; readonly queuedMs: number };

type Slot = Extract<SlotResult, { readonly kind: "slot" }>;

/**
 * The serving capacity of one deployment. The speed of an answer is fixed when its generation starts, by how many other
 * slots are busy then (docs/decisions/0035).
 */
export class Capacity {
  readonly #clock: Clock;
  readonly #settings: CapacitySettings;
  readonly #restarts: readonly number[];
  readonly #queue: SlotQueue;

  constructor(options: { clock: Clock; settings: CapacitySettings; incidents: readonly PlannedIncident[] }) {
    this.#clock = options.clock;
    this.#settings = options.settings;
    this.#restarts = restartsOf(options.incidents);
    this.#queue = new SlotQueue(options.settings);
  }

  /** Slots that are held, and requests that wait for one, including those of callers that have disconnected. */
  get load(): { readonly busy: number; readonly waiting: number } {
    return { busy: this.#queue.busy, waiting: this.#queue.waiting };
  }

  /**
   * Waits for a slot. Rejects with `TransportError("aborted")` when the caller disconnects while it waits. With
   * `abandoned: "runs_on"` the request then keeps its place in the queue, and later a slot for `serviceMs`.
   */
  enter(request: { readonly serviceMs: number; readonly signal: Signal }): Promise<SlotResult> {
    const fromMs = this.#clock.nowMs();
    const waited = () => this.#clock.nowMs() - fromMs;
    return new Promise((resolve, reject) => {
      let callerGone = false;
      const entry = this.#queue.enter((turn) => {
        stopWaiting();
        const slot = this.#slot(turn, waited());
        if (callerGone) this.#clock.at(this.#clock.nowMs() + request.serviceMs * slot.loadFactor * slot.coldFactor, slot.release);
        else resolve(slot);
      });
      if (entry.turn !== null) {
        resolve(entry.turn.kind === "full" ? { kind: "full" } : this.#slot(entry.turn, 0));
        return;
      }
      const stopTimer = this.#clock.at(fromMs + this.#settings.queueMsMax, () => {
        entry.leave();
        stopWaiting();
        resolve({ kind: "expired", queuedMs: waited() });
      });
      const unsubscribe = request.signal.onAbort((reason) => {
        callerGone = true;
        if (this.#settings.abandoned === "stops") {
          stopTimer();
          entry.leave();
        }
        reject(new TransportError("aborted", "", { cause: reason }));
      });
      const stopWaiting = () => {
        stopTimer();
        unsubscribe();
      };
    });
  }

  #slot({ busyShare, release }: Extract<Turn, { kind: "slot" }>, queuedMs: number): Slot {
    const { loadedFactor, coldStart } = this.#settings;
    const loadFactor = 1 + (loadedFactor - 1) * busyShare;
    return { kind: "slot", queuedMs, loadFactor, coldFactor: coldFactor(coldStart, this.#restarts, this.#clock.nowMs()), release };
  }
}
