import type { ChatEvent, ChatRequest, FinishReason, InputUsage, ProviderError, Usage } from "../../kernel/chat.ts";
import type { FailureKind } from "../../kernel/outcome.ts";
import type { Clock, Secrets } from "../../kernel/seams.ts";
import { Canceller, Cancelled, orAborted } from "../../kernel/signal.ts";
import type { Transport, TransportResponse } from "../../kernel/transport.ts";
import type { Call } from "./call.ts";
import type { DeploymentConfig } from "./config.ts";
import { AttemptFailure, ClientDeadlinePassed, failureOf, withRetryForbidden } from "./attempt-failure.ts";
import { readCredential } from "./read-credential.ts";
import { drainQuietly, readErrorBody } from "./read-body.ts";
import { isClientDeadline } from "./client-deadlines.ts";
import { isContent } from "./content.ts";
import type { UpstreamDialect } from "./contracts.ts";
import { type AnswerFacts, type AttemptReason, type AttemptReport, mayBeAtWork } from "./attempt-report.ts";
import { estimatedTokens } from "./cost/tokens.ts";
import { DeadlineWatch, type ExpiredDeadline } from "./deadlines.ts";
import { writtenInPieces } from "./encoded-request.ts";
import { forwardedHeaders } from "./identifiers.ts";
import { isByModel } from "./model-name.ts";
import { pausesOf } from "./pause.ts";
import { classify } from "./policies/classify.ts";
import { identifierOf, quoted, withoutCredential, withoutQuotes } from "./redact.ts";
import type { StreamUsage } from "./stream-usage.ts";
import { tokenCount } from "./token-runs.ts";
import { VectorCheck } from "./vectors.ts";
import { withWait } from "./wait-in-message.ts";

export interface AttemptSeams {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly secrets: Secrets;
  readonly dialect: UpstreamDialect;
  readonly streamUsage: StreamUsage;
}

/**
 * How an attempt ended, as evidence about the deployment. Failure null: it answered to its terminal event. `cancelled`:
 * nobody waited for it.
 */
export interface AttemptEnd {
  readonly failure: FailureKind | "cancelled" | null;
  readonly retryAfterMs: number | null;
  readonly startedMs: number;
  /** From its start to its commit point; null where it reached none. */
  readonly latencyMs: number | null;
  /** Whether `onCommitted` was called. */
  readonly commitReported: boolean;
}

export interface AttemptOptions {
  readonly deployment: DeploymentConfig;
  readonly spanId: string;
  readonly reason: AttemptReason;
  /**
   * The request that is sent: the client's, or, for the rest of a broken answer, the client's with what has been
   * delivered.
   */
  readonly chat: ChatRequest;
  /** Called when a stream reaches its commit point, unless the attempt has ended by then. */
  readonly onCommitted: ((latencyMs: number) => void) | undefined;
  readonly onSettled: (end: AttemptEnd) => void;
}

const isNothing = ({ inputTokens, outputTokens }: Usage): boolean => inputTokens === 0 && outputTokens === 0;

/**
 * One attempt at one deployment: `open` brings it to the commit point, `events` yields the answer from its start. It
 * settles exactly once, in the turn in which its result is known: by the terminal event, a failure, a deadline or the
 * client's cancellation. Then everything that it waits for is cancelled and nothing stays subscribed.
 */
export class Attempt {
  readonly #call: Call;
  readonly #options: AttemptOptions;
  readonly #deployment: DeploymentConfig;
  readonly #seams: AttemptSeams;
  readonly #startedMs: number;
  readonly #canceller = new Canceller();
  readonly #watch: DeadlineWatch;
  readonly #unsubscribe: () => void;
  #source: AsyncIterator<readonly ChatEvent[]> | null = null;
  readonly #head: (readonly ChatEvent[])[] = [];
  #status: number | null = null;
  #isSent = false;
  #credential = "";
  #withoutQuotes = withoutQuotes("");
  #failure: AttemptFailure | null = null;
  #isSettled = false;
  /** How it ended; null until it has. */
  #settled: AttemptReport | null = null;
  #hasContent = false;
  #finish: FinishReason | null = null;
  /** Its terminal event has come. */
  #ended = false;
  #committedMs: number | null = null;
  #firstChunkMs: number | null = null;
  /** The provider's id of the answer. */
  #answerId = "";
  #commitReported = false;
  /** Null until the first vector. */
  #vectors: VectorCheck | null = null;
  /** The model that the answer names. */
  model = "";
  /** The usage that the provider reports; null until it does. */
  usage: Usage | null = null;
  /** What it billed the prompt as; null until it reports that before the answer. */
  #input: InputUsage | null = null;
  /** Content events so far: as close to tokens as the gateway can count. */
  textEvents = 0;
  /** Pieces of thinking so far, which are billed like content. */
  #reasoningEvents = 0;
  /** The text of a whole answer, its thinking too, which is one event each, however many tokens it has. */
  #wholeText = "";

  constructor(call: Call, seams: AttemptSeams, options: AttemptOptions) {
    this.#call = call;
    this.#seams = seams;
    this.#options = options;
    this.#deployment = options.deployment;
    this.#startedMs = seams.clock.nowMs();
    this.#watch = new DeadlineWatch(seams.clock, {
      deadlines: call.deadlines,
      totalAtMs: call.deadlineMs,
      isWhole: !options.chat.stream,
      expire: (kind) => this.#fail(this.#deadlineFailure(kind)),
    });
    this.#unsubscribe = call.signal.onAbort(() => this.#settle("cancelled", null));
  }

  /**
   * Reads up to the commit point: a stream's first content token, a JSON answer's end. Throws `AttemptFailure`, or
   * `Cancelled` when the client left.
   */
  async open(): Promise<void> {
    try {
      const response = await this.#accepted();
      const { stream, embedding, messages, source } = this.#options.chat;
      const keepsPieces = embedding === undefined && source !== undefined && source.format === this.#seams.dialect.format;
      const expected = { model: this.#deployment.model, answerId: this.#call.id, vectors: embedding === undefined ? 0 : messages.length, keepsPieces, onKeepAlive: () => this.#call.lifeSigns.keepAlive() };
      this.#source = this.#seams.dialect.decodeAnswer(response, stream, expected)[Symbol.asyncIterator]();
      do this.#head.push(await this.#next());
      while (!this.#ended && !(this.#hasContent && this.#options.chat.stream));
      /**
       * The first content and an error came in one read. Nothing has been sent, so the attempt failed before its commit
       * point.
       */
      if (this.#failure !== null && this.#finish === null) throw this.#failure;
      this.commit();
      if (!this.#isSettled && this.#options.onCommitted !== undefined && this.#committedMs !== null) {
        this.#commitReported = true;
        this.#options.onCommitted(this.#committedMs - this.#startedMs);
      }
    } catch (error) {
      throw this.#translate(error);
    }
  }

  /** The answer from its start. Read once, after `open`. Its last event is `end`, or it throws as `open` does. */
  async *events(): AsyncGenerator<readonly ChatEvent[]> {
    for (const batch of this.#head) yield batch;
    while (!this.#ended) yield await this.#next();
  }

  /** The whole answer, if it has ended; else null. */
  get whole(): readonly ChatEvent[] | null {
    if (!this.#ended) return null;
    return this.#head.length === 1 ? this.#head[0]! : this.#head.flat();
  }

  get deployment(): DeploymentConfig {
    return this.#deployment;
  }

  get reason(): AttemptReason {
    return this.#options.reason;
  }

  /** Marks this attempt as the one that answers: its report goes to the client with the headers. */
  commit(): void {
    if (this.#committedMs !== null) this.#call.committed = this.#settled ?? this.#report(null);
  }

  /** Cancels the attempt because its answer is no longer needed. It does not count against the deployment. */
  abandon(): void {
    this.#settle("cancelled", null);
  }

  /** A 2xx answer. A server that refuses what the gateway itself added is asked again without it. */
  async #accepted(): Promise<TransportResponse> {
    for (;;) {
      const asked = this.#seams.streamUsage.applied(this.#deployment);
      const response = await this.#send(asked);
      this.#status = response.status;
      if (response.status >= 200 && response.status <= 299) return response;
      const failure = await this.#errorResponse(response);
      if (!this.#seams.streamUsage.learn(asked, this.#options.chat, failure)) throw failure;
    }
  }

  async #send(asked: DeploymentConfig): Promise<TransportResponse> {
    const { signal } = this.#canceller;
    const credential = await readCredential(this.#seams.secrets, this.#deployment, signal);
    const forwarded = forwardedHeaders(this.#call.requestId, this.#call.trace, this.#options.spanId);
    this.#credential = credential;
    this.#withoutQuotes = withoutQuotes(credential);
    const encoded = this.#seams.dialect.encodeRequest(this.#options.chat, asked, credential, forwarded);
    const request = encoded.json === undefined ? encoded : await writtenInPieces(encoded, pausesOf(this.#seams.clock, signal));
    this.#isSent = true;
    return await orAborted(this.#seams.transport.open(request, signal), signal);
  }

  async #errorResponse(response: TransportResponse): Promise<AttemptFailure> {
    const { clock, dialect } = this.#seams;
    const body = await readErrorBody(response.body, clock, this.#canceller.signal);
    return this.#providerFailure(withRetryForbidden(dialect.decodeError(response.status, response.headers, body, clock.wallMs()), response.headers));
  }

  #deadlineFailure(expired: ExpiredDeadline): AttemptFailure {
    const { deadlines: asked, config } = this.#call;
    const isClients = isClientDeadline(expired, { asked, configured: config.policy.deadlines, isWhole: !this.#options.chat.stream });
    const Failure = isClients ? ClientDeadlinePassed : AttemptFailure;
    return new Failure(expired, `No answer in time from "${this.#deployment.name}"`);
  }

  /** The failure that a provider's error stands for. */
  #providerFailure(providerError: ProviderError): AttemptFailure {
    const error = withoutCredential(providerError, this.#credential);
    const failure = classify(error);
    return new AttemptFailure(failure, error.message, withWait(error, failure));
  }

  /** The next batch, checked and never empty. A batch ends before a failure, which the next call throws. */
  async #next(): Promise<readonly ChatEvent[]> {
    for (;;) {
      const checked: ChatEvent[] = [];
      try {
        for (const said of await this.#readBatch()) {
          const event = this.#withoutQuotes(said);
          if (this.#accept(event)) checked.push(event);
        }
      } catch (error) {
        const failure = this.#translate(error);
        if (checked.length === 0 || this.#failure === null) throw failure;
      }
      if (checked.length > 0) return checked;
    }
  }

  /** Checks an event. Returns whether it goes on to the client. */
  #accept(event: ChatEvent): boolean {
    switch (event.type) {
      case "start":
        this.#answerId = event.id;
        this.#input = event.input ?? null;
        this.#checkContract(event.model);
        return true;
      case "text":
      case "tool_call":
      case "tool_arguments":
      case "embedding":
        if (!isContent(event)) return false;
        if (event.type === "embedding") this.#vectorCheck.take(event);
        this.#hasContent = true;
        if (this.#options.chat.stream) this.#committedMs ??= this.#seams.clock.nowMs();
        this.textEvents += tokenCount(event);
        if (!this.#options.chat.stream && "text" in event) this.#wholeText += event.text;
        this.#watch.contentTokens(tokenCount(event));
        return true;
      case "reasoning":
        if (event.text !== "") this.#reasoningEvents++;
        if (!this.#options.chat.stream) this.#wholeText += event.text;
        this.#progress();
        return true;
      /** Content without a word here: a tool that the provider runs, sound. It shows that the answer goes on. */
      case "opaque":
        if (event.kind === "content") this.#progress();
        return true;
      /** Only the gateway emits it: no provider's dialect has such an event. */
      case "restart":
        return false;
      case "finish":
        this.#finish = event.reason;
        return true;
      case "usage":
        /** Zeros after figures are those of a server that closes its books, not of the answer. */
        if (this.usage !== null && isNothing(event.usage)) return false;
        this.usage = event.usage;
        return true;
      case "error":
        throw this.#providerFailure(event.error);
      case "end":
        this.#checkFinished();
        if (this.#options.chat.embedding !== undefined) this.#vectorCheck.end();
        this.#ended = true;
        this.#committedMs ??= this.#seams.clock.nowMs();
        this.#settle(null, null);
        return true;
    }
  }

  #progress(): void {
    this.#watch.progress();
    this.#call.lifeSigns.thought();
  }

  async #readBatch(): Promise<readonly ChatEvent[]> {
    if (this.#failure !== null) throw this.#failure;
    this.#watch.wait();
    const result = await orAborted(this.#source!.next(), this.#canceller.signal);
    this.#watch.pause();
    if (!result.done) {
      this.#firstChunkMs ??= this.#seams.clock.nowMs();
      return result.value;
    }
    /**
     * The model gave its finish reason and the HTTP message is complete: only the dialect's terminal event is missing.
     */
    if (this.#finish !== null) return [{ type: "end" }];
    throw new AttemptFailure("truncated", `"${this.#deployment.name}" ended its answer without a terminal event`);
  }

  get #vectorCheck(): VectorCheck {
    return (this.#vectors ??= new VectorCheck(this.#options.chat));
  }

  #checkContract(model: string): void {
    this.model = model;
    const { model: expected, answersAs } = this.#deployment;
    if (!this.#call.config.contractCheck || isByModel(model, expected) || answersAs?.includes(model) === true) return;
    throw new AttemptFailure("contract", `Asked "${this.#deployment.name}" for "${this.#deployment.model}", answered as ${quoted(model, this.#credential)}`);
  }

  /**
   * An empty answer that the provider calls finished is an answer: the model had nothing to say, and would have nothing
   * to say again (router-for-me/CLIProxyAPI issue 4886).
   */
  #checkFinished(): void {
    if (this.#hasContent) return;
    if (this.#finish === "content_filter") throw new AttemptFailure("content_filter", "The provider's filter withheld the answer");
    if (this.#finish === null) throw new AttemptFailure("malformed", `"${this.#deployment.name}" returned an empty answer without a finish reason`);
  }

  #translate(error: unknown): unknown {
    if (this.#failure !== null) return this.#failure;
    if (this.#call.signal.aborted) return new Cancelled(this.#call.signal.reason);
    const failure = failureOf(error, this.#deployment.name);
    if (failure !== null) this.#fail(failure);
    else this.#settle("server_error", null);
    return failure ?? error;
  }

  /** Records the failure for whoever waits or reads next, and cancels the upstream request. */
  #fail(failure: AttemptFailure): void {
    if (this.#isSettled) return;
    this.#failure = failure;
    if (failure.failure === "contract") this.#call.emitContractBroken(this.#deployment.name, failure.message);
    this.#settle(failure.failure, failure.retryAfterMs);
  }

  #settle(failure: FailureKind | "cancelled" | null, retryAfterMs: number | null): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#watch.stop();
    this.#unsubscribe();
    this.#settled = this.#report(failure);
    this.#call.attempts.push(this.#settled);
    const latencyMs = this.#committedMs === null ? null : this.#committedMs - this.#startedMs;
    this.#options.onSettled({
      failure: this.#failure?.isClientDeadline === true ? "cancelled" : failure,
      retryAfterMs,
      startedMs: this.#startedMs,
      latencyMs,
      commitReported: this.#commitReported,
    });
    if (failure !== null) this.#canceller.cancel(this.#failure ?? failure);
    else if (this.#options.chat.stream) drainQuietly(this.#source, this.#canceller, this.#seams.clock);
  }

  #report(failure: AttemptReport["failure"]): AttemptReport {
    const { spanId, reason } = this.#options;
    const [startedMs, endedMs] = [this.#startedMs, this.#seams.clock.nowMs()];
    const { usage } = this;
    const textEvents = usage === null && this.#wholeText !== "" ? estimatedTokens(this.#wholeText) : this.textEvents + this.#reasoningEvents;
    const [{ stream }, answer] = [this.#options.chat, this.#answerFacts()];
    const isLeftAtWork = this.#isSent && mayBeAtWork(failure, this.#status, stream);
    const optional = { ...(isLeftAtWork && { isLeftAtWork }), ...(this.#input !== null && { input: this.#input }), ...(stream && { stream }), ...(answer !== null && { answer }) };
    return { spanId, reason, deployment: this.#deployment.name, startedMs, endedMs, failure, status: this.#status, usage, textEvents, ...optional };
  }

  /** Null: no part of an answer has come. */
  #answerFacts(): AnswerFacts | null {
    const firstChunkMs = this.#firstChunkMs;
    if (firstChunkMs === null) return null;
    const [id, model] = [identifierOf(this.#answerId, this.#credential), identifierOf(this.model, this.#credential)];
    return { ...(id !== null && { id }), ...(model !== null && { model }), finish: this.#finish, firstChunkMs };
  }
}
