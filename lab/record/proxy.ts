import { Agent as HttpAgent, createServer, request as httpRequest, type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { performance } from "node:perf_hooks";
import type { Duplex } from "node:stream";
import { LabError } from "../../kernel/errors.ts";
import { listenBacklog } from "../../kernel/listen.ts";
import { pinnedLookup, type Pins } from "../../kernel/pinned-lookup.ts";
import type { ErrorBody, Exchange } from "./core/exchange.ts";
import { scrubBody } from "./core/scrub.ts";
import { endToEnd, pathBehind } from "./forward.ts";
import { AnswerMeter, type Measured } from "./meter.ts";

export interface ProxyEvents {
  /** A request for an answer has ended. `error` where it came back as one. */
  onExchange(exchange: Exchange, error: ErrorBody | null): void;
  /** Any other request has ended: it is not measured. */
  onOther(): void;
}

export interface ProxyOptions {
  /** Milliseconds from any origin. */
  readonly nowMs?: () => number;
  /** Where the upstream's name leads; not needed for an address. */
  readonly pins?: Pins;
}

export interface RecordingProxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
}

/** A client that leaves before the first byte after so long has given up on a provider that is silent. */
const silenceMs = 10_000;

/**
 * A provider may close a pooled connection at the moment when the next request is sent on it. Such a failure comes at
 * once, on a connection that had been idle, without a byte of an answer. Any other failure counts against the provider.
 */
const idleMsMin = 1_000;
const atOnceMs = 250;

/** Proxies `upstream` on loopback. Rejects with LabError `port_in_use`, `listen_failed`. */
export async function startProxy(upstream: URL, port: number, events: ProxyEvents, { nowMs = () => performance.now(), pins = {} }: ProxyOptions = {}): Promise<RecordingProxy> {
  const secure = upstream.protocol === "https:";
  const connecting = { keepAlive: true, lookup: pinnedLookup(pins) };
  const agent = secure ? new HttpsAgent(connecting) : new HttpAgent(connecting);
  const idleSinceMs = new WeakMap<Duplex, number>();
  agent.on("free", (socket: Duplex) => void idleSinceMs.set(socket, nowMs()));
  const originMs = nowMs();
  const open = new Set<Relay>();
  const server = createServer((incoming, outgoing) => {
    const headers = ["Host", upstream.host, ...endToEnd(incoming, ["host"])];
    const options = { agent, host: upstream.hostname.replace(/^\[|\]$/g, ""), port: upstream.port, method: incoming.method ?? "GET", path: pathBehind(upstream, incoming.url ?? "/"), headers };
    const request = secure ? httpsRequest(options) : httpRequest(options);
    const relay = new Relay({ incoming, outgoing, request, atMs: nowMs() - originMs, nowMs, events, idleSinceMs, onEnd: () => void open.delete(relay) });
    open.add(relay);
  });
  server.keepAliveTimeout = 300_000;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, port)));
    server.listen({ host: "127.0.0.1", port, backlog: listenBacklog }, resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const relay of open) relay.drop();
        server.closeAllConnections();
        agent.destroy();
      }),
  };
}

interface RelayParts {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly request: ClientRequest;
  readonly atMs: number;
  readonly events: ProxyEvents;
  /** When a pooled connection's last response ended. */
  readonly idleSinceMs: WeakMap<Duplex, number>;
  readonly nowMs: () => number;
  onEnd(): void;
}

/** The connection that carries a request, as it was when the request got it. */
interface Carrier {
  readonly socket: Socket;
  readonly atMs: number;
  readonly idleMs: number;
  readonly bytesRead: number;
}

/**
 * One request and its response: bytes pass in both directions as the other side takes them, and a break on one side
 * breaks the other alike.
 */
class Relay {
  readonly #parts: RelayParts;
  readonly #startMs: number;
  #carrier: Carrier | null = null;
  #requestBytes = 0;
  #responseBytes = 0;
  #response: IncomingMessage | null = null;
  #meter: AnswerMeter | null = null;
  #reset = false;
  #ended = false;

  constructor(parts: RelayParts) {
    this.#parts = parts;
    const { incoming, outgoing, request, nowMs } = parts;
    this.#startMs = nowMs();
    request.on("socket", (socket) => this.#carriedBy(socket));
    incoming.on("data", (chunk: Buffer) => void (this.#requestBytes += chunk.length));
    // A client that breaks off closes `outgoing` too, which records it.
    incoming.on("error", () => {});
    incoming.pipe(request);
    request.on("response", (response) => this.#answer(response));
    request.on("error", (error: NodeJS.ErrnoException) => this.#broken(error));
    outgoing.on("close", () => this.#closed());
  }

  /** Ends the request with the recording. A request that is still open is not recorded. */
  drop(): void {
    this.#ended = true;
    this.#parts.request.destroy();
  }

  #sinceMs(): number {
    return this.#parts.nowMs() - this.#startMs;
  }

  #carriedBy(socket: Socket): void {
    const { idleSinceMs, request, nowMs } = this.#parts;
    const idleMs = request.reusedSocket ? nowMs() - (idleSinceMs.get(socket) ?? nowMs()) : 0;
    this.#carrier = { socket, atMs: nowMs(), idleMs, bytesRead: socket.bytesRead };
  }

  /** Whether the connection may have been closed before the request was sent on it. */
  #staleConnection({ code }: NodeJS.ErrnoException): boolean {
    if (this.#carrier === null || (code !== "ECONNRESET" && code !== "EPIPE")) return false;
    const { socket, atMs, idleMs, bytesRead } = this.#carrier;
    return idleMs >= idleMsMin && this.#parts.nowMs() - atMs <= atOnceMs && socket.bytesRead === bytesRead;
  }

  #answer(response: IncomingMessage): void {
    const { outgoing } = this.#parts;
    this.#response = response;
    const { "content-type": contentType = "", "content-encoding": contentEncoding = "" } = response.headers;
    const meter = new AnswerMeter({ contentType, contentEncoding }, () => this.#sinceMs());
    this.#meter = meter;
    outgoing.sendDate = false;
    outgoing.writeHead(response.statusCode!, response.statusMessage, endToEnd(response));
    outgoing.flushHeaders();
    response.on("data", (chunk: Buffer) => {
      this.#responseBytes += chunk.length;
      meter.push(chunk);
      if (!outgoing.write(chunk)) response.pause();
    });
    outgoing.on("drain", () => response.resume());
    response.on("end", () => outgoing.end());
    response.on("error", (error: NodeJS.ErrnoException) => this.#broken(error));
  }

  /**
   * The provider's side failed: before the headers with a code of Node's, after them also with "aborted" for a
   * connection that just closed.
   */
  #broken(error: NodeJS.ErrnoException): void {
    if (error.code === "ECONNRESET" && error.syscall === "read") this.#reset = true;
    const { outgoing } = this.#parts;
    if (this.#ended || outgoing.destroyed) return;
    if (this.#response === null) {
      if (this.#staleConnection(error)) void this.#end("excluded", null);
      else void this.#end("failed", failureOf(error));
      outgoing.socket?.resetAndDestroy();
      this.#parts.onEnd();
      return;
    }
    // Bytes that came before the break reach the client first.
    setImmediate(() => (this.#reset ? outgoing.socket?.resetAndDestroy() : outgoing.socket?.destroySoon()));
    void this.#end("truncated", null);
  }

  #closed(): void {
    const { outgoing, request } = this.#parts;
    if (outgoing.writableFinished && this.#response?.complete === true) void this.#end("answered", null);
    else {
      request.destroy();
      const silent = this.#responseBytes === 0 && this.#sinceMs() > silenceMs;
      void this.#end(silent ? "failed" : "caller_gone", silent ? "timeout" : null);
    }
    this.#parts.onEnd();
  }

  async #end(end: Exchange["end"], failure: string | null): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const { incoming, events, atMs } = this.#parts;
    const totalMs = this.#sinceMs();
    if (incoming.method !== "POST") return events.onOther();
    const measured = (await this.#meter?.end()) ?? unanswered;
    const status = this.#response?.statusCode ?? null;
    const failed = failure ?? (end !== "caller_gone" && isError(status) ? String(status) : null);
    const { stream, firstTokenMs, lastTokenMs, tokens, terminal } = measured;
    const base = { atMs, failure: failed, stream, firstTokenMs, lastTokenMs, tokens, totalMs, requestBytes: this.#requestBytes, responseBytes: this.#responseBytes };
    events.onExchange({ ...base, end: failed !== null ? "failed" : end === "answered" && !terminal ? "truncated" : end }, this.#errorOf(status, measured));
  }

  #errorOf(status: number | null, { text }: Measured): ErrorBody | null {
    if (!isError(status)) return null;
    const { "content-type": contentType = "", "retry-after": retryAfter = "" } = this.#response!.headers;
    return { status, contentType: /^[\w.+-]+\/[\w.+-]+/.exec(contentType)?.[0] ?? "", retryAfterS: /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : null, body: scrubBody(text) };
  }
}

const isError = (status: number | null): status is number => status !== null && status >= 400 && status <= 599;

const unanswered: Measured = { stream: false, firstTokenMs: null, lastTokenMs: null, tokens: null, terminal: true, text: "" };

/** In the words of a status mix. */
function failureOf({ code = "" }: NodeJS.ErrnoException): string {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "dns";
  return code === "ETIMEDOUT" ? "timeout" : "reset";
}

function listenError(cause: NodeJS.ErrnoException, port: number): LabError {
  const inUse = cause.code === "EADDRINUSE";
  return new LabError({
    exit: "failed",
    code: inUse ? "port_in_use" : "listen_failed",
    message: `Cannot listen on 127.0.0.1:${port}: ${inUse ? "the port is in use" : cause.message}`,
    hint: "Give another port with --listen; 0 takes a free one",
    cause,
  });
}
