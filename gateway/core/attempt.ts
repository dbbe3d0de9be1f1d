import type { ChatEvent, FinishReason } from "../../kernel/chat.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { FailureKind } from "../../kernel/outcome.ts";
import type { Clock, Secrets } from "../../kernel/seams.ts";
import { Canceller, Cancelled, orAborted } from "../../kernel/signal.ts";
import { type Transport, TransportError, type TransportResponse } from "../../kernel/transport.ts";
import type { Call } from "./call.ts";
import type { DeploymentConfig } from "./config.ts";
import { AttemptFailure } from "./attempt-failure.ts";
import { drainQuietly, readBounded } from "./bytes.ts";
import { type AttemptReport, MalformedAnswer, type UpstreamDialect } from "./contracts.ts";
import { DeadlineWatch } from "./deadlines.ts";
import { traceparentOf } from "./identifiers.ts";
import { classify } from "./policies/classify.ts";

interface AttemptSeams {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly secrets: Secrets;
  readonly dialect: UpstreamDialect;
}

/** How an attempt ended. Null: it answered to its terminal event. */
export type AttemptEnd = { readonly failure: FailureKind | "cancelled" | null; readonly retryAfterMs: number | null };

const ERROR_BODY_BYTES_MAX = 64 * 1024;

/**
 * One attempt at one deployment: `open` brings it to the commit point, `events` gives the answer from its start. It settles exactly once,
 * in the turn in which its fate is known: by the terminal event, a failure, a deadline or the client's leaving; then all waiting of its
 * own is cancelled and nothing stays subscribed.
 */
export class Attempt {
  readonly #call: Call;
  readonly #deployment: DeploymentConfig;
  readonly #seams: AttemptSeams;
  readonly #spanId: string;
  readonly #settled: (end: AttemptEnd) => void;
  readonly #startedMs: number;
  readonly #canceller = new Canceller();
  readonly #watch: DeadlineWatch;
  readonly #unsubscribe: () => void;
  #source: AsyncIterator<ChatEvent> | null = null;
  readonly #head: ChatEvent[] = [];
  #status: number | null = null;
  #failure: AttemptFailure | null = null;
  #isSettled = false;
  #hasText = false;
  #finish: FinishReason | null = null;
  /** What the answer says that it is by. */
  model = "";

  constructor(call: Call, seams: AttemptSeams, options: { deployment: DeploymentConfig; spanId: string; settled: (end: AttemptEnd) => void }) {
    this.#call = call;
    this.#seams = seams;
    this.#deployment = options.deployment;
    this.#spanId = options.spanId;
    this.#settled = options.settled;
    this.#startedMs = seams.clock.nowMs();
    call.usage = null;
    call.textEvents = 0;
    this.#watch = new DeadlineWatch(seams.clock, {
      deadlines: call.config.policy.deadlines,
      totalAtMs: call.deadlineMs,
      isWhole: !call.chat.stream,
      expire: (kind) => this.#fail(new AttemptFailure(kind, `No answer in time from "${options.deployment.name}"`)),
    });
    this.#unsubscribe = call.signal.onAbort(() => this.#settle("cancelled", null));
  }

  /** Up to the commit point: a stream's first content token, a JSON answer's end. Throws `AttemptFailure`, or `Cancelled` when the client left. */
  async open(): Promise<void> {
    try {
      const response = await this.#send();
      this.#status = response.status;
      if (response.status < 200 || response.status > 299) throw await this.#refusal(response);
      this.#source = this.#seams.dialect.decodeAnswer(response, this.#call.chat.stream)[Symbol.asyncIterator]();
      let event: ChatEvent;
      do this.#head.push((event = await this.#next()));
      while (event.type !== "end" && !(event.type === "text" && this.#call.chat.stream));
      this.#call.committed = this.#report(null);
    } catch (error) {
      throw this.#translate(error);
    }
  }

  /** The answer from its start; read once, after `open`. Its last event is `end`, or it throws like `open`. */
  async *events(): AsyncGenerator<ChatEvent> {
    yield* this.#head;
    let last = this.#head.at(-1);
    while (last?.type !== "end") {
      try {
        last = await this.#next();
      } catch (error) {
        throw this.#translate(error);
      }
      yield last;
    }
  }

  async #send(): Promise<TransportResponse> {
    const { signal } = this.#canceller;
    const credential = await orAborted(this.#seams.secrets.read(this.#deployment.credential, signal), signal).catch((error: unknown) => {
      if (error instanceof Cancelled) throw error;
      throw new AttemptFailure("auth", `Cannot read the credential of "${this.#deployment.name}": ${messageOf(error)}`);
    });
    const forwarded = { "x-client-request-id": this.#call.requestId, traceparent: traceparentOf(this.#call.trace, this.#spanId) };
    const request = this.#seams.dialect.encodeRequest(this.#call.chat, this.#deployment, credential, forwarded);
    return orAborted(this.#seams.transport.open(request, signal), signal);
  }

  async #refusal(response: TransportResponse): Promise<AttemptFailure> {
    const body = await readBounded(response.body, ERROR_BODY_BYTES_MAX, this.#canceller.signal);
    const error = this.#seams.dialect.decodeError(response.status, response.headers, body, this.#seams.clock.wallMs());
    return new AttemptFailure(classify(error), error.message, error);
  }

  /** The next event, checked. Never returns the end of the source. */
  async #next(): Promise<ChatEvent> {
    for (;;) {
      const event = await this.#pull();
      switch (event.type) {
        case "start":
          this.#checkContract(event.model);
          return event;
        case "text":
          if (event.text === "") continue;
          this.#hasText = true;
          this.#call.textEvents++;
          this.#watch.contentToken();
          return event;
        case "finish":
          this.#finish = event.reason;
          return event;
        case "usage":
          this.#call.usage = event.usage;
          return event;
        case "error":
          throw new AttemptFailure(classify(event.error), event.error.message, event.error);
        case "end":
          this.#checkNotEmpty();
          this.#settle(null, null);
          return event;
      }
    }
  }

  async #pull(): Promise<ChatEvent> {
    if (this.#failure !== null) throw this.#failure;
    this.#watch.wait();
    const result = await orAborted(this.#source!.next(), this.#canceller.signal);
    this.#watch.pause();
    if (!result.done) return result.value;
    /** The model said why it stopped and HTTP says that the message is complete: only the dialect's last formality is missing. */
    if (this.#finish !== null) return { type: "end" };
    throw new AttemptFailure("truncated", `"${this.#deployment.name}" ended its answer without a terminal event`);
  }

  #checkContract(model: string): void {
    this.model = model;
    if (!this.#call.config.contractCheck || model === this.#deployment.model) return;
    throw new AttemptFailure("contract", `Asked "${this.#deployment.name}" for "${this.#deployment.model}", answered as "${model}"`);
  }

  #checkNotEmpty(): void {
    if (this.#hasText || this.#finish === "length") return;
    if (this.#finish === "content_filter") throw new AttemptFailure("content_filter", "The provider's filter withheld the answer");
    throw new AttemptFailure("malformed", `"${this.#deployment.name}" gave an empty answer`);
  }

  #translate(error: unknown): unknown {
    if (this.#failure !== null) return this.#failure;
    if (this.#call.signal.aborted) return new Cancelled(this.#call.signal.reason);
    const failure = failureOf(error, this.#deployment.name);
    if (failure !== null) this.#fail(failure);
    else this.#settle("server_error", null);
    return failure ?? error;
  }

  /** Keeps the failure for whoever waits or reads next, and stops upstream. */
  #fail(failure: AttemptFailure): void {
    if (this.#isSettled) return;
    this.#failure = failure;
    this.#settle(failure.failure, failure.retryAfterMs);
  }

  #settle(failure: FailureKind | "cancelled" | null, retryAfterMs: number | null): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#watch.stop();
    this.#unsubscribe();
    this.#call.attempts.push(this.#report(failure));
    this.#settled({ failure, retryAfterMs });
    if (failure === null) drainQuietly(this.#source, this.#canceller, this.#seams.clock);
    else this.#canceller.cancel(this.#failure ?? failure);
  }

  #report(failure: AttemptReport["failure"]): AttemptReport {
    const [startedMs, endedMs] = [this.#startedMs, this.#seams.clock.nowMs()];
    return { spanId: this.#spanId, deployment: this.#deployment.name, startedMs, endedMs, failure, status: this.#status };
  }
}

/** Null: not a failure of the attempt but a mistake in this program. */
function failureOf(error: unknown, deployment: string): AttemptFailure | null {
  if (error instanceof AttemptFailure) return error;
  if (error instanceof MalformedAnswer) return new AttemptFailure("malformed", `"${deployment}" broke its dialect: ${error.message}`);
  if (!(error instanceof TransportError)) return null;
  return new AttemptFailure(error.kind === "aborted" ? "closed_early" : error.kind, `Connection to "${deployment}" failed: ${error.message}`);
}
