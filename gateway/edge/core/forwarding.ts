import { Cancelled, type Signal } from "../../../kernel/signal.ts";
import { TransportError, type Headers, type TransportRequest, type TransportResponse, type WireRequest, type WireResponse } from "../../../kernel/transport.ts";
import { Attempt } from "./attempt.ts";
import type { ClockWatch } from "./clock-watch.ts";
import type { Elsewhere } from "./elsewhere.ts";
import type { AttemptEnd, EdgeEvent } from "./events.ts";
import type { Fleet } from "./fleet.ts";
import type { Replica } from "./replica.ts";
import { edgeError, forwardedHeaders } from "./replies.ts";
import type { EdgeSeams } from "./seams.ts";
import { signalsOf } from "./signals.ts";

interface ForwardingOptions extends EdgeSeams {
  readonly fleet: Fleet;
  readonly elsewhere: Elsewhere;
  readonly watch: ClockWatch;
  readonly request: WireRequest;
  readonly client: Signal;
  readonly onEnd: (event: EdgeEvent) => void;
}

/** An answer whose first content is here. */
interface Opened {
  readonly head: TransportResponse;
  readonly first: readonly Uint8Array[];
  readonly rest: AsyncIterator<Uint8Array>;
}

/**
 * One client's request, at one replica after the other until one answers. At most one answer with content reaches the
 * client. An answer by which nothing was delivered is replaced by that of another region once, where `Elsewhere` allows
 * it.
 */
export class Forwarding {
  readonly #options: ForwardingOptions;
  readonly #key: string;
  readonly #tried = { ids: new Set<string>(), regions: new Set<string>() };
  readonly #log: string[] = [];
  readonly #jumps: number;

  constructor(options: ForwardingOptions) {
    this.#options = options;
    const { settings, rng, request, watch } = options;
    const client = settings.sticky === null ? undefined : request.headers[settings.sticky.header];
    this.#key = client ?? String(rng.next());
    this.#jumps = watch.jumps;
  }

  async run(): Promise<WireResponse> {
    let other: Replica | null = null;
    for (;;) {
      const attempt = this.#begin(other);
      other = null;
      if (attempt === null) return this.#unavailable();
      const opened = await this.#open(attempt);
      if (opened === null) continue;
      this.#observe(attempt, opened.head);
      other = this.#elsewhere(attempt, opened.head);
      if (other === null) return this.#relay(attempt, opened);
      this.#finish(attempt, "undelivered");
      await opened.rest.return?.();
    }
  }

  /** Null: no further attempt. After a jump of this process's clock none starts for a request from before. */
  #begin(other: Replica | null): Attempt | null {
    const { fleet, client, settings, transport, clock } = this.#options;
    if (client.aborted) throw this.#end("client_gone", new TransportError("aborted", "client gone"));
    if (!this.#mayBegin()) return null;
    const replica = other ?? fleet.choose(this.#key, this.#tried);
    if (replica === undefined) return null;
    this.#tried.ids.add(replica.id);
    this.#tried.regions.add(replica.region);
    return new Attempt({ replica, transport, clock, client, keptSilentMs: settings.retry.keptSilentMs });
  }

  #mayBegin(): boolean {
    return this.#options.watch.check() === this.#jumps && this.#log.length < this.#options.settings.retry.attemptsMax;
  }

  /** Whom to ask although there is an answer; null: it is passed on. Its attempt is still open, and counts as one. */
  #elsewhere({ replica }: Attempt, head: TransportResponse): Replica | null {
    const { client, elsewhere, settings } = this.#options;
    if (client.aborted || !this.#mayBegin() || this.#log.length + 1 >= settings.retry.attemptsMax) return null;
    return elsewhere.take(head, replica, this.#key, this.#tried);
  }

  #observe({ replica }: Attempt, { status, headers }: TransportResponse): void {
    this.#options.fleet.observed(replica, { kind: "answer", isError: status >= 500, signals: signalsOf(headers) });
  }

  /** Null: the attempt failed, and nothing of an answer has reached the client. */
  async #open(attempt: Attempt): Promise<Opened | null> {
    try {
      const opened = await attempt.open(this.#outgoing(attempt.replica.url));
      if (!isGoingAway(opened.head)) return opened;
      this.#finish(attempt, "error");
      await opened.rest.return?.();
      return null;
    } catch (error) {
      if (this.#options.client.aborted) {
        this.#finish(attempt, "client_gone");
        throw this.#end("client_gone", new TransportError("aborted", "client gone"));
      }
      if (!(error instanceof TransportError || error instanceof Cancelled)) throw error;
      this.#options.fleet.observed(attempt.replica, { kind: "broken" });
      this.#finish(attempt, attempt.isMoved ? "moved" : "failed");
      return null;
    }
  }

  #relay(attempt: Attempt, opened: Opened): WireResponse {
    const { head } = opened;
    const path = [...this.#log, `${attempt.replica.id}:${head.status}`].join(";");
    const headers: Headers = { ...forwardedHeaders(head.headers), "x-blastlab-replica": attempt.replica.id, "x-blastlab-edge-attempts": path };
    return { status: head.status, headers, body: this.#body(attempt, opened, head.status >= 500 ? "error" : "ok") };
  }

  async *#body(attempt: Attempt, { first, rest }: Opened, end: AttemptEnd): AsyncGenerator<Uint8Array> {
    let ended: AttemptEnd = "client_gone";
    try {
      yield* first;
      for (let part = await attempt.next(rest); part !== null; part = await attempt.next(rest)) yield part;
      ended = end;
    } catch (error) {
      if (this.#options.client.aborted) throw error;
      ended = "cut";
      this.#options.fleet.observed(attempt.replica, { kind: "broken" });
      // Never a clean end: the client must see that its answer is not whole.
      throw new TransportError("closed_early", "the replica broke off", { cause: error });
    } finally {
      this.#finish(attempt, ended);
      this.#end(ended === "cut" || ended === "client_gone" ? ended : "answered");
      if (ended === "client_gone") await rest.return?.();
    }
  }

  #outgoing(origin: string): TransportRequest {
    const { method, path, headers, body } = this.#options.request;
    return { method: method === "GET" ? "GET" : "POST", url: origin + path, headers: forwardedHeaders(headers, ["content-length", "accept-encoding"]), body };
  }

  #finish(attempt: Attempt, end: AttemptEnd): void {
    attempt.close();
    this.#log.push(`${attempt.replica.id}:${end}`);
    this.#options.emit({ kind: "attempt", replica: attempt.replica.id, end });
  }

  #end<T>(outcome: "answered" | "cut" | "unavailable" | "client_gone", value?: T): T {
    this.#options.onEnd({ kind: "request", outcome, attempts: this.#log.length });
    return value as T;
  }

  #unavailable(): WireResponse {
    const isOld = this.#options.watch.jumps !== this.#jumps;
    const message = isOld ? "This edge was stopped while the request was open." : "No region answered.";
    const answer = edgeError(503, isOld ? "edge_stopped" : "no_region", message, { "retry-after": "1", "x-blastlab-edge-attempts": this.#log.join(";") });
    return this.#end("unavailable", answer);
  }
}

/** A server that is shutting down answers 503 and closes: it has not begun the request. Any other 503 is an answer. */
function isGoingAway({ status, headers }: TransportResponse): boolean {
  return status === 503 && (headers["connection"] ?? "").toLowerCase().includes("close");
}
