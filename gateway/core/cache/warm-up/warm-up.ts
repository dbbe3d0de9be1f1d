import type { Clock } from "../../../../kernel/clock.ts";
import type { PopularRequest } from "./popularity.ts";
import type { WarmUpConfig } from "./settings.ts";

/**
 * `stored`: its answer is in the cache now. `present`: it was there, or a client had just asked for it. `failed`: no
 * provider answered. `skipped`: nobody may ask it any more.
 */
export type WarmUpResult = { readonly outcome: "stored" | "present" | "failed" | "skipped"; readonly nanoUsd: number };

/**
 * What ended it: nothing is left, its budget is spent, its time is over, providers kept failing, or the settings took
 * it away.
 */
export type WarmUpEnd = "done" | "budget" | "time" | "failures" | "off";

export interface WarmUpTotals {
  readonly asked: number;
  readonly stored: number;
  readonly nanoUsd: number;
}

interface WarmUpSeams {
  readonly clock: Clock;
  /** Null: warm-up is off. */
  readonly settings: () => WarmUpConfig | null;
  /** Whether there is room for work that nobody waits for. */
  readonly hasRoom: () => boolean;
  /**
   * Asks one as a client would, through the cache, so that a client that asks for the same waits for it or it for the
   * client.
   */
  readonly ask: (request: PopularRequest) => Promise<WarmUpResult>;
  readonly onEnd: (end: WarmUpEnd, totals: WarmUpTotals) => void;
}

/**
 * Clients go first: nothing is warmed for so long after the start, and after one of them was refused for want of room.
 */
const heldMs = 30_000;
const openMax = 2;
const failuresMax = 5;
/** After a failure the next question waits for longer, up to so many times. */
const slowdownMax = 16;

/** Fills a cold cache, the dearest and most popular first, at a bounded rate. It ends by itself. */
export class WarmUp {
  readonly #seams: WarmUpSeams;
  readonly #left: PopularRequest[];
  readonly #startedMs: number;
  #heldUntilMs: number;
  #open = 0;
  #failures = 0;
  #totals = { asked: 0, stored: 0, nanoUsd: 0 };
  #isOver = false;
  #reason: WarmUpEnd | null = null;
  #cancel: () => void = () => {};

  /** `requests`: in the order in which they are asked. */
  constructor(requests: readonly PopularRequest[], seams: WarmUpSeams) {
    this.#seams = seams;
    this.#left = requests.toReversed();
    this.#startedMs = seams.clock.nowMs();
    this.#heldUntilMs = this.#startedMs + heldMs;
    this.#next();
  }

  /** A client was refused because deployments have no room. */
  hold(): void {
    this.#heldUntilMs = this.#seams.clock.nowMs() + heldMs;
  }

  stop(): void {
    this.#isOver = true;
    this.#cancel();
  }

  #next(): void {
    const end = this.#end();
    if (end === "wait" && this.#left.length === 0) return;
    if (end !== null && end !== "wait") return this.#finish(end);
    const { clock, settings, hasRoom } = this.#seams;
    const slowdown = Math.min(slowdownMax, 2 ** this.#failures);
    this.#cancel = clock.at(clock.nowMs() + (1_000 / settings()!.requestsPerSecond) * slowdown, () => {
      const isHeld = clock.nowMs() < this.#heldUntilMs || this.#open >= openMax || !hasRoom();
      if (!isHeld && this.#end() === null) void this.#ask(this.#left.pop()!);
      this.#next();
    });
  }

  /** Null: another may be asked. `wait`: what is open decides. */
  #end(): WarmUpEnd | "wait" | null {
    const { clock, settings } = this.#seams;
    const limits = settings();
    if (limits === null) return "off";
    if (this.#failures >= failuresMax) return "failures";
    if (clock.nowMs() - this.#startedMs >= limits.withinMs) return "time";
    if (this.#totals.asked >= limits.requestsMax || this.#totals.nanoUsd >= limits.usdMax * 1e9) return "budget";
    if (this.#left.length > 0) return null;
    return this.#open > 0 ? "wait" : "done";
  }

  async #ask(request: PopularRequest): Promise<void> {
    this.#open++;
    this.#totals.asked++;
    const { outcome, nanoUsd } = await this.#seams.ask(request);
    this.#open--;
    this.#totals.nanoUsd += nanoUsd;
    if (outcome === "stored") this.#totals.stored++;
    // What costs no provider anything uses up no budget.
    if (outcome === "present" || outcome === "skipped") this.#totals.asked--;
    this.#failures = outcome === "failed" ? this.#failures + 1 : 0;
    if (this.#isOver) this.#report();
    else if (this.#left.length === 0 && this.#open === 0) this.#finish(this.#end() === "failures" ? "failures" : "done");
  }

  #finish(end: WarmUpEnd): void {
    if (this.#isOver) return;
    this.stop();
    this.#reason = end;
    this.#report();
  }

  /** Once, when nothing is open any more. */
  #report(): void {
    const reason = this.#reason;
    if (reason === null || this.#open > 0) return;
    this.#reason = null;
    this.#seams.onEnd(reason, this.#totals);
  }
}
