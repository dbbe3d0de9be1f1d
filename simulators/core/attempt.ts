import type { WireRecord } from "../../kernel/records.ts";
import { Canceller, type Signal } from "../../kernel/signal.ts";
import type { Clock, EventSink } from "../../kernel/seams.ts";
import { TransportError } from "../../kernel/transport.ts";
import { wordsBy, type Schedule } from "./latency.ts";

/** What is known of an attempt when it arrives. */
export type AttemptHead = Pick<WireRecord, "deployment" | "requestId" | "identity" | "ordinal" | "arrivedMs" | "incident" | "phase">;

type AttemptBody = Pick<WireRecord, "fate" | "effect" | "status" | "stream" | "answerId" | "model" | "digest" | "inputTokens" | "load">;

/**
 * One attempt while it is open. However it ends (all sent, broken by us, left by the caller, stopped), it emits one wire record, once, in
 * that turn, and what still waits on its `signal` is cancelled.
 */
export class Attempt {
  readonly #head: AttemptHead;
  readonly #clock: Clock;
  readonly #tap: EventSink<WireRecord>;
  readonly #canceller: Canceller;
  readonly #onClosed: (attempt: Attempt) => void;
  readonly #body: AttemptBody;
  #schedule: Schedule | null = null;
  #handedOver = false;
  #closed = false;
  #whenClosed: ((end: WireRecord["end"], tokensGenerated: number) => void)[] = [];
  #abandonedTokens = 0;
  #wake: (() => void) | null = null;
  /** Words handed to the connection. */
  tokensSent = 0;

  constructor(options: {
    head: AttemptHead;
    model: string;
    clock: Clock;
    tap: EventSink<WireRecord>;
    signal: Signal;
    onClosed: (attempt: Attempt) => void;
  }) {
    this.#head = options.head;
    this.#clock = options.clock;
    this.#tap = options.tap;
    this.#onClosed = options.onClosed;
    this.#body = { fate: "answer", status: null, stream: false, answerId: null, model: options.model, digest: null, inputTokens: 0 };
    this.#canceller = new Canceller(options.signal);
    this.#canceller.signal.onAbort(() => this.leave());
  }

  /** Cancelled when the caller goes away or the simulator stops. */
  get signal(): Signal {
    return this.#canceller.signal;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get elapsedMs(): number {
    return this.#clock.nowMs() - this.#head.arrivedMs;
  }

  note(facts: Partial<AttemptBody>): void {
    Object.assign(this.#body, facts);
  }

  /** From here on words come into being by this schedule, read or not. */
  generate(schedule: Schedule): void {
    this.#schedule = schedule;
  }

  /** Without its caller, it comes to so many words all the same; 0: to no more than it has. */
  runsOn(words: number): void {
    this.#abandonedTokens = words;
  }

  /** Calls `listener` in the turn in which the attempt ends, before its record is made; not after that. */
  whenClosed(listener: (end: WireRecord["end"], tokensGenerated: number) => void): void {
    this.#whenClosed.push(listener);
  }

  /** Still open, and so much has passed since its arrival: `until` would not wait. */
  isPast(elapsedMs: number): boolean {
    return !this.#closed && this.elapsedMs >= elapsedMs;
  }

  /** Waits until `elapsedMs` after arrival; rejects with `TransportError("aborted")` when the caller leaves first. */
  async until(elapsedMs: number): Promise<void> {
    if (!this.#closed && elapsedMs > this.elapsedMs) await this.#wait(this.#head.arrivedMs + elapsedMs);
    if (this.#closed) throw new TransportError("aborted");
  }

  /** Resolves at `atMs`, or when the attempt ends. Thousands of streams wait at once: a wait is a timer and nothing else. */
  #wait(atMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.at(atMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  /** The last byte is in the connection's hands: whatever happens now, it was sent. */
  handOver(): void {
    this.#handedOver = true;
  }

  sent(): void {
    this.#close("sent");
  }

  broken(): void {
    this.#close("broken");
    this.#canceller.cancel("broken");
  }

  /** The caller stopped reading. */
  leave(): void {
    this.#close(this.#handedOver ? "sent" : "caller_gone");
  }

  #close(end: WireRecord["end"]): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#canceller.dispose();
    this.#wake?.();
    const scheduled = this.#schedule === null ? 0 : wordsBy(this.#schedule, this.elapsedMs);
    const tokensGenerated = Math.max(scheduled, this.tokensSent, end === "caller_gone" ? this.#abandonedTokens : 0);
    for (const listener of this.#whenClosed) listener(end, tokensGenerated);
    this.#tap.emit({
      ...this.#head,
      endedMs: this.#clock.nowMs(),
      ...this.#body,
      tokensGenerated,
      tokensSent: this.tokensSent,
      end,
    });
    this.#onClosed(this);
  }
}
