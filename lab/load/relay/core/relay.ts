import type { Clock } from "../../../../kernel/clock.ts";
import type { Arrival } from "../../../../kernel/plan.ts";
import type { ClientRecord } from "../../../../kernel/records.ts";
import type { ClientEnd } from "../../../../kernel/request-ends.ts";
import { Canceller, type Signal } from "../../../../kernel/signal.ts";
import { TransportError, type Handler, type Headers, type Transport, type TransportRequest, type TransportResponse, type WireResponse } from "../../../../kernel/transport.ts";
import type { Entries } from "../../core/entries.ts";
import { entriesOfClient, EntryCall } from "../../core/entry-call.ts";
import { clientEnds, droppedRecord, errorBodyOf, type Identity } from "../../core/exchange.ts";
import { firstErrorBodies } from "../../core/first-errors.ts";
import { AnswerMeter } from "../../core/meter.ts";
import { requestHeaders, responseHeaders } from "./headers.ts";
import { refusal, routeOf } from "./paths.ts";
import { clientOf, RequestRegister } from "./register.ts";

export interface RelayOptions {
  /** `nowMs` is the run's timeline. */
  readonly clock: Clock;
  readonly transport: Transport;
  /** Base URLs of the system by region. Clients reach them as `/REGION/…` at the relay, and each keeps to one. */
  readonly targets: Entries;
  /** A client whose target does not answer tries the others. False unless given: each keeps to one. */
  readonly tryOthers?: boolean;
  /** What the load tool replays. Empty for a tool that replays nothing. */
  readonly arrivals: readonly Arrival[];
  /** Unix ms of the timeline's zero. */
  readonly epochMs: number;
  /**
   * How long a client waits. One that leaves about this long after its send is recorded as `timeout`, one that leaves
   * sooner as `aborted`.
   */
  readonly timeoutMs: number;
  readonly emit: (record: ClientRecord) => void;
  /** Sent with every request; they replace the load tool's own. */
  readonly headers?: Headers;
  /** The base URL of a team that does not go to the targets now; undefined: it does. Read for each request. */
  readonly teamTarget?: (team: string) => string | undefined;
}

/** A measuring reverse proxy between a load tool and the system under test. */
export interface Relay {
  readonly handle: Handler;
  /**
   * Ends what is in flight as `stopped`, and emits `dropped` for each arrival that was due and never came. Arrivals
   * that were not due leave no record, as in `replay`. Nothing is emitted after it.
   */
  stop(): void;
}

/** A client's own timer starts before its request reaches the relay, and may fire early by the clock's resolution. */
const timeoutSlackMs = 250;

/**
 * Forwards every POST to its region's target, and passes the answer on chunk by chunk as it comes, unchanged. Emits one
 * `ClientRecord` for each, by the meter of the embedded client. When the client leaves, the request to the system is
 * cancelled. When the connection to the system breaks, the client's is broken in the same way; when it cannot be made,
 * the client's is reset. A GET is passed on without a record.
 */
export function createRelay(options: RelayOptions): Relay {
  const { clock, targets, arrivals, epochMs } = options;
  const register = new RequestRegister(arrivals, epochMs);
  const emit = firstErrorBodies(options.emit);
  const open = new Set<RelayedExchange>();
  let stopped = false;

  const handle: Handler = async (request, client) => {
    const route = routeOf(request, targets);
    if ("refused" in route) return refusal(route.refused);
    if (stopped) throw new TransportError("reset", "the relay has stopped");
    const entries = targets[route.region]!;
    const identity = route.method === "GET" ? null : register.identify(request, route.region, clock.nowMs());
    const base = identity === null ? undefined : options.teamTarget?.(identity.team);
    const call = new EntryCall(options, base !== undefined ? [base] : entries.length === 1 ? entries : entriesOfClient(entries, clientOf(request), options.tryOthers ?? false));
    const headers = { ...requestHeaders(request.headers), ...options.headers };
    const outgoing = (entry: string): TransportRequest => ({ method: route.method, url: `${entry.replace(/\/$/, "")}${route.path}`, headers, body: request.body });
    if (identity === null) return passedOn(await call.open(outgoing, client));
    const exchange = new RelayedExchange({ ...options, emit, call, headers, identity, client, onEnd: () => void open.delete(exchange) });
    open.add(exchange);
    return exchange.run(outgoing);
  };

  const stop = () => {
    stopped = true;
    for (const exchange of open) exchange.abort();
    for (const arrival of register.overdue(clock.nowMs())) options.emit(droppedRecord(arrival, clock.nowMs()));
  };

  return { handle, stop };
}

interface ExchangeParts extends Pick<RelayOptions, "clock" | "timeoutMs" | "emit"> {
  readonly call: EntryCall;
  readonly identity: Identity;
  /** As they are sent to the system. */
  readonly headers: Headers;
  readonly client: Signal;
  readonly onEnd: () => void;
}

/** A request in flight. It ends once: by the system, by its client, or by the relay's stop. */
class RelayedExchange {
  readonly #parts: ExchangeParts;
  readonly #meter: AnswerMeter;
  readonly #canceller: Canceller;
  readonly #sentMs: number;
  #ended = false;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
    this.#meter = new AnswerMeter(parts.clock);
    this.#sentMs = parts.clock.nowMs();
    this.#canceller = new Canceller(parts.client);
  }

  /** Rejects with `TransportError` when the system breaks off before its headers. */
  async run(outgoing: (entry: string) => TransportRequest): Promise<WireResponse> {
    // The client may have left already: then it ends here.
    this.#canceller.signal.onAbort((reason) => this.#end(reason === stopReason ? "stopped" : this.#endOfLeaving()));
    try {
      const response = await this.#parts.call.open(outgoing, this.#canceller.signal);
      this.#meter.begin(response);
      return { ...passedOn(response), body: this.#measured(response.body) };
    } catch (error) {
      throw this.#broken(error);
    }
  }

  abort(): void {
    this.#canceller.cancel(stopReason);
  }

  async *#measured(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body) {
        this.#meter.push(chunk);
        yield chunk;
      }
    } catch (error) {
      throw this.#broken(error);
    }
    this.#meter.complete();
    this.#end("complete");
  }

  /** Records how the system broke off. Returns the error by which the relay's server breaks the client's connection. */
  #broken(error: unknown): unknown {
    if (!(error instanceof TransportError)) return error;
    this.#end(clientEnds[error.kind]);
    return error.kind === "closed_early" ? error : new TransportError("reset", error.message, { cause: error });
  }

  #endOfLeaving(): ClientEnd {
    const { clock, timeoutMs } = this.#parts;
    return clock.nowMs() - this.#sentMs >= timeoutMs - timeoutSlackMs ? "timeout" : "aborted";
  }

  #end(end: ClientEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    const { identity, headers, call, clock, emit, onEnd } = this.#parts;
    this.#canceller.dispose();
    onEnd();
    emit({ ...identity, sentMs: this.#sentMs, endMs: clock.nowMs(), end, ...this.#meter.facts, ...errorBodyOf(this.#meter, () => headers), ...call.facts });
  }
}

const stopReason = "the relay has stopped";

const passedOn = ({ status, headers, body }: TransportResponse): WireResponse => ({ status, headers: responseHeaders(headers), body });
