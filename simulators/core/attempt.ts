import type { WireRecord } from "../../kernel/records.ts";
import { Canceller, type Signal } from "../../kernel/signal.ts";
import type { Clock, EventSink } from "../../kernel/seams.ts";
import { TransportError } from "../../kernel/transport.ts";
import { wordsBy, type Schedule } from "./latency.ts";
import type { Work } from "./work.ts";

/** What is known of an attempt when it arrives. */
export type AttemptHead = Pick<WireRecord, "deployment" | "link" | "requestId" | "identity" | "ordinal" | "arrivedMs" | "incident" | "phase">;

type AttemptBody = Pick<WireRecord, "fate" | "effect" | "status" | "stream" | "answerId" | "model" | "digest" | "inputTokens" | "load">;

/** A wire record that is being written. */
type Draft = { -readonly [Field in keyof WireRecord]: WireRecord[Field] };

type EndListener = (end: WireRecord["end"], tokensGenerated: number) => void;

/**
 * One attempt while it is open. However it ends (all sent, broken by us, left by the caller, stopped), it emits one wire record, once, in
 * that turn, and what still waits on its `signal` is cancelled.
 */
export class Attempt {
  readonly #draft: Draft;
  readonly #clock: Clock;
  readonly #tap: EventSink<WireRecord>;
  readonly #caller: Signal;
  readonly #onClosed: (attempt: Attempt) => void;
  readonly #unsubscribeCaller: () => void;
  /** Made for who asks for the signal. */
  #canceller: Canceller | null = null;
  #schedule: Schedule | null = null;
  #handedOver = false;
  #closed = false;
  #recorded = false;
  #closeListeners: EndListener[] | null = null;
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
    const { head, model } = options;
    this.#clock = options.clock;
    this.#tap = options.tap;
    this.#caller = options.signal;
    this.#onClosed = options.onClosed;
    this.#draft = {
      deployment: head.deployment,
      ...(head.link === undefined ? {} : { link: head.link }),
      requestId: head.requestId,
      identity: head.identity,
      ordinal: head.ordinal,
      arrivedMs: head.arrivedMs,
      incident: head.incident,
      phase: head.phase,
      endedMs: head.arrivedMs,
      fate: "answer",
      status: null,
      stream: false,
      answerId: null,
      model,
      digest: null,
      inputTokens: 0,
      tokensGenerated: 0,
      tokensSent: 0,
      end: "sent",
    };
    this.#unsubscribeCaller = nothing;
    this.#unsubscribeCaller = this.#caller.onAbort((reason) => {
      this.callerGone();
      this.#canceller?.cancel(reason);
    });
  }

  /** Cancelled when the caller goes away or the simulator stops. */
  get signal(): Signal {
    this.#canceller ??= new Canceller();
    if (this.#caller.aborted) this.#canceller.cancel(this.#caller.reason);
    return this.#canceller.signal;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get elapsedMs(): number {
    return this.#clock.nowMs() - this.#draft.arrivedMs;
  }

  /** For its record; nothing once that is out. */
  record(facts: Partial<AttemptBody>): void {
    if (!this.#recorded) Object.assign(this.#draft, facts);
  }

  /** From here on words come into being by this schedule, read or not. */
  startGeneration(schedule: Schedule): void {
    this.#schedule = schedule;
  }

  /** Without its caller, it comes to so many words all the same; 0: to no more than it has. */
  setTokensIfAbandoned(words: number): void {
    this.#abandonedTokens = words;
  }

  /** Calls `listener` in the turn in which the attempt ends, before its record is made; not after that. */
  addCloseListener(listener: EndListener): void {
    (this.#closeListeners ??= []).push(listener);
  }

  /** Still open, and so much has passed since its arrival: `until` would not wait. */
  isPast(elapsedMs: number): boolean {
    return !this.#closed && this.elapsedMs >= elapsedMs;
  }

  /** Waits until `elapsedMs` after arrival; throws `TransportError("aborted")` when the caller leaves first. */
  *until(elapsedMs: number): Work<void> {
    if (!this.#closed && elapsedMs > this.elapsedMs) yield this.#wait(this.#draft.arrivedMs + elapsedMs);
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
  markHandedOver(): void {
    this.#handedOver = true;
  }

  closeSent(): void {
    this.#close("sent");
  }

  closeBroken(): void {
    this.#close("broken");
    this.#canceller?.cancel("broken");
  }

  /** The caller stopped reading. */
  callerGone(): void {
    this.#close(this.#handedOver ? "sent" : "caller_gone");
  }

  #close(end: WireRecord["end"]): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribeCaller();
    this.#wake?.();
    const draft = this.#draft;
    const scheduled = this.#schedule === null ? 0 : wordsBy(this.#schedule, this.elapsedMs);
    const tokensGenerated = Math.max(scheduled, this.tokensSent, end === "caller_gone" ? this.#abandonedTokens : 0);
    if (this.#closeListeners !== null) for (const listener of this.#closeListeners) listener(end, tokensGenerated);
    draft.endedMs = this.#clock.nowMs();
    draft.tokensGenerated = tokensGenerated;
    draft.tokensSent = this.tokensSent;
    draft.end = end;
    this.#recorded = true;
    this.#tap.emit(draft);
    this.#onClosed(this);
  }
}

const nothing = () => {};
