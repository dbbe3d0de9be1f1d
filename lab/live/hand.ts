import { Canceller, type Signal } from "../../kernel/signal.ts";

/** What a person does to a run from its live page. */
export class RunHand {
  readonly #stop = new Canceller();

  /** Cancelled, with words for its reason, when the run is to end as by Ctrl-C. */
  get stopAsked(): Signal {
    return this.#stop.signal;
  }

  /** Lifts every fault and ends the run, as Ctrl-C does. */
  stop(): void {
    this.#stop.cancel("the stop button of the live page");
  }
}
