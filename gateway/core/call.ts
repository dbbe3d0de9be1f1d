import type { ChatRequest, Usage } from "../../kernel/chat.ts";
import type { Outcome } from "../../kernel/outcome.ts";
import type { Clock, EventSink, Rng } from "../../kernel/seams.ts";
import { Canceller, neverSignal, type Signal } from "../../kernel/signal.ts";
import type { Headers, WireRequest } from "../../kernel/transport.ts";
import type { Batches } from "./batches.ts";
import type { DeadlineConfig, GatewayConfig, Priority, RouteConfig, VirtualKey } from "./config.ts";
import type { ClientDialect, ClientError } from "./contracts.ts";
import type { GatewayEvent } from "./events.ts";
import type { AttemptReport } from "./attempt-report.ts";
import { clientRequestId, drawHex, type Sampling, type Trace, traceOf, traceparentOf } from "./identifiers.ts";
import { LifeSigns } from "./life-signs.ts";
import type { RequestReports } from "./reports.ts";

/**
 * What a stage returns. The events of an answer have passed the commit point. They end with `end`, or throw
 * `AttemptFailure`.
 */
export type Reply =
  | { readonly kind: "error"; readonly error: ClientError; readonly headers: Headers; readonly outcome: Outcome }
  | { readonly kind: "answer"; readonly deployment: string; readonly model: string; readonly events: Batches };

/**
 * The rest of the pipeline, and a stage in front of it: stages are values, composed by config. A stage that need not
 * wait returns, or throws, synchronously.
 */
export type Handle = (call: Call) => Reply | Promise<Reply>;
export type Stage = (next: Handle) => Handle;

/** The stages in order, the first outermost, around `last`. */
export function compose(stages: readonly Stage[], last: Handle): Handle {
  return stages.reduceRight((next, stage) => stage(next), last);
}

interface CallSeams {
  readonly clock: Clock;
  readonly events: EventSink<GatewayEvent>;
  /** Source of the request's ids. */
  readonly ids: Rng;
  readonly isSampled?: Sampling | undefined;
  /** Undefined: chat. */
  readonly operation: ClientDialect["operation"] | undefined;
  /** Cancelled when the process must end: open answers are cut with an error. Absent: never. */
  readonly ending?: Signal;
  /** The request, where it was decoded before. */
  readonly decoded?: ChatRequest | null;
  /** The package that it runs on. Absent, or null: the gateway's own file. */
  readonly package?: string | null;
}

/** How long a request without a deadline of its own may wait and retry. */
const BEGIN_MS_MAX = 60_000;

/** One chat request on its way through the stages, which fill in what they find. It ends exactly once, by `finish`. */
export class Call {
  readonly wire: WireRequest;
  readonly config: GatewayConfig;
  /** The configured ones, until the client's own replace them. */
  deadlines: DeadlineConfig;
  /** The gateway's own id of the request, 16 hexadecimal digits. It is also the id of its span. */
  readonly id: string;
  /**
   * The client's id, forwarded unchanged on every attempt. The gateway's own where the client sent none that a provider
   * would accept.
   */
  readonly requestId: string;
  readonly trace: Trace;
  readonly startedMs: number;
  /** Cancelled when the client goes away. */
  readonly signal: Signal;
  readonly attempts: AttemptReport[] = [];
  /** The attempt that reached its commit point, as it stood then: what is known when the headers are sent. */
  committed: AttemptReport | null = null;
  /** Set by a planted defect: no `finished` event is emitted for this request. */
  isFinishSuppressed = false;
  /** Set by a planted defect: a field of the stream goes by another name. */
  isDrifted = false;
  /** The process ends before the answer: the client is still there, and gets an error. */
  isCutByShutdown = false;
  usage: Usage | null = null;
  textEvents = 0;
  /** What its providers do while its client waits for the first token. */
  readonly lifeSigns: LifeSigns;
  /** Filled in by the features that took part. */
  readonly reports: RequestReports;
  /** The request, where it was decoded before the decode stage; else null. */
  readonly decoded: ChatRequest | null;
  #identity: VirtualKey | null = null;
  #chat: ChatRequest | null = null;
  #originalChat: ChatRequest | null = null;
  #route: RouteConfig | null = null;
  #firstTokenMs: number | null = null;
  #isStartEmitted = false;
  #finished = false;
  #onDecoded: (() => void) | null = null;
  #onFinish: (() => void)[] = [];
  #onCancelled: (() => void) | null = null;
  readonly #canceller = new Canceller();
  readonly #detach: () => void;
  readonly #detachEnding: () => void;
  readonly #seams: CallSeams;

  constructor(wire: WireRequest, signal: Signal, config: GatewayConfig, seams: CallSeams) {
    this.wire = wire;
    this.config = config;
    this.deadlines = config.policy.deadlines;
    this.#seams = seams;
    this.decoded = seams.decoded ?? null;
    this.reports = seams.package == null ? {} : { package: seams.package };
    this.id = drawHex(seams.ids, 8);
    this.requestId = clientRequestId(wire.headers) ?? this.id;
    this.trace = traceOf(wire.headers, seams.ids, seams.isSampled);
    this.startedMs = seams.clock.nowMs();
    this.lifeSigns = new LifeSigns(seams.clock);
    this.signal = this.#canceller.signal;
    this.#detach = signal.onAbort((reason) => this.cancel(reason));
    this.#detachEnding = (seams.ending ?? neverSignal).onAbort((reason) => {
      this.isCutByShutdown = true;
      this.#canceller.cancel(reason);
    });
  }

  get team(): string {
    return this.#identity?.team ?? "";
  }

  get feature(): string {
    return this.#identity?.feature ?? "";
  }

  get priority(): Priority {
    return this.#identity?.priority ?? "normal";
  }

  get stream(): boolean {
    return this.#chat?.stream ?? false;
  }

  /** Whether its answer consists of tokens: vectors do not. */
  get hasOutput(): boolean {
    return this.#seams.operation !== "embeddings";
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** When the whole request's deadline passes; `Infinity`: never. */
  get deadlineMs(): number {
    return this.startedMs + (this.deadlines.totalMs ?? Infinity);
  }

  /** Until when an attempt may begin that is not the rescue of a stream. */
  get beginUntilMs(): number {
    return this.startedMs + (this.deadlines.totalMs ?? BEGIN_MS_MAX);
  }

  /** The request as the client sent it, before guards and registry changed `chat`. */
  get originalChat(): ChatRequest {
    return this.#originalChat ?? this.chat;
  }

  /** Set by the decode stage. Reading it earlier is a bug in the order of the stages. */
  get chat(): ChatRequest {
    if (this.#chat === null) throw new Error("Cannot read the chat request before it is decoded");
    return this.#chat;
  }

  get route(): RouteConfig {
    if (this.#route === null) throw new Error("Cannot read the route before it is looked up");
    return this.#route;
  }

  /** All attempts so far, including the one that is still answering. */
  get attemptsSoFar(): readonly AttemptReport[] {
    const { committed, attempts } = this;
    const isOpen = committed !== null && !attempts.some(({ spanId }) => spanId === committed.spanId);
    return isOpen ? [...attempts, committed] : attempts;
  }

  setIdentity(key: VirtualKey): void {
    this.#identity = key;
  }

  /** Replaces the request that goes to the providers. */
  replaceChat(chat: ChatRequest): void {
    this.#originalChat ??= chat;
    this.#chat = chat;
    this.#onDecoded?.();
    this.#onDecoded = null;
  }

  /** Resolves when the request is decoded: a long body is read in pieces. Null: it is decoded already. */
  untilDecoded(): Promise<void> | null {
    return this.#chat === null ? new Promise((resolve) => (this.#onDecoded = resolve)) : null;
  }

  setRoute(route: RouteConfig): void {
    this.#route = route;
  }

  /** Emits `started`, once: when the request is decoded, or at the latest when it ends. */
  emitStarted(): void {
    if (this.#isStartEmitted) return;
    this.#isStartEmitted = true;
    const { id, requestId, team, feature, stream, startedMs } = this;
    const traceparent = traceparentOf(this.trace, this.trace.parentId ?? id);
    this.#seams.events.emit({ type: "started", id, traceparent, requestId, team, feature, route: this.#chat?.model ?? "", stream, atMs: startedMs, ...this.#promptReference() });
  }

  /** Emits that a provider's answer broke its contract. */
  emitContractBroken(deployment: string, detail: string): void {
    this.#seams.events.emit({ type: "contract_broken", requestId: this.requestId, deployment, detail, atMs: this.#seams.clock.nowMs() });
  }

  /** Records when the first content was delivered to the client. */
  markFirstToken(): void {
    this.#firstTokenMs ??= this.#seams.clock.nowMs();
  }

  /** Runs `fn` when the request ends. Runs it at once if the request has ended. */
  onFinish(fn: () => void): void {
    if (this.#finished) fn();
    else this.#onFinish.push(fn);
  }

  /** The client left before its answer was complete. */
  cancel(reason: unknown): void {
    this.#canceller.cancel(reason);
    this.#onCancelled?.();
  }

  /**
   * Runs `fn` when the client leaves, after all listeners of `signal`: by then every attempt has settled. Runs it at
   * once if the client has left.
   */
  onCancelled(fn: () => void): void {
    this.#onCancelled = fn;
    if (this.signal.aborted) fn();
  }

  /**
   * Ends the request. Only the first call counts. `status` is what the client was sent, 499 where it was sent nothing.
   */
  finish(outcome: Outcome, status: number): void {
    if (this.#finished) return;
    this.emitStarted();
    this.#finished = true;
    this.#detach();
    this.#detachEnding();
    for (const fn of this.#onFinish) fn();
    this.#onFinish = [];
    if (this.isFinishSuppressed) return;
    const { id, requestId, team, feature, stream, startedMs, attempts } = this;
    this.#seams.events.emit({
      type: "finished",
      id,
      requestId,
      team,
      feature,
      stream,
      startedMs,
      attempts,
      outcome,
      status,
      route: this.#chat?.model ?? "",
      firstTokenMs: this.#firstTokenMs,
      endedMs: this.#seams.clock.nowMs(),
      inputTokens: this.usage?.inputTokens ?? this.reports.cost?.legs.at(-1)?.usage.inputTokens ?? 0,
      outputTokens: this.usage?.outputTokens ?? (this.hasOutput ? this.textEvents : 0),
      ...this.reports,
      ...(this.#seams.operation !== undefined && { operation: this.#seams.operation }),
    });
  }

  #promptReference(): { prompt?: { name: string; version: string | null } } {
    const reference = this.#originalChat?.prompt;
    return reference === undefined ? {} : { prompt: { name: reference.id, version: reference.version ?? null } };
  }
}
