import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import type { AuditRecord } from "./core/audit.ts";
import type { BypassTeam } from "./core/map.ts";
import { forwardOf, type Forward, type Refusal } from "./core/shim.ts";
import { claimsProblem, type TokenClaims } from "./core/token.ts";
import { BypassError, Installation, sha256 } from "./installation.ts";

export interface ShimOptions {
  readonly installation: Installation;
  readonly team: string;
  readonly token: string;
  /** By the names that the map gives them. In memory only. */
  readonly credentials: Readonly<Record<string, string>>;
}

const bodyBytesMax = 32 * 1024 * 1024;
/** How long answers under way may take to finish after the end. */
const finishMs = 30_000;
/** Clients read their target file four times a second: until they have, requests still come here. */
const handBackMs = 1_000;

/**
 * The client shim of one team: verifies its token, serves until the token ends, records each request, and takes its own
 * address back.
 */
export class Shim {
  readonly #installation: Installation;
  readonly #team: string;
  readonly #claims: TokenClaims;
  readonly #settings: BypassTeam;
  readonly #credentials: Readonly<Record<string, string>>;
  readonly #server: Server;
  readonly #control = randomBytes(24).toString("hex");
  /** The address was taken back: clients leave. */
  #handedBack = false;
  #ending = false;
  readonly ended = Promise.withResolvers<void>();

  /** Throws `BypassError` for a token that allows nothing here; the attempt is recorded. */
  constructor({ installation, team, token, credentials }: ShimOptions) {
    this.#installation = installation;
    this.#team = team;
    this.#credentials = credentials;
    // A log that was changed is noticed before anything is added to it.
    installation.audit();
    try {
      this.#claims = installation.verified(token);
      const problem = claimsProblem(this.#claims, { team, installation: installation.fingerprint, nowMs: Date.now() });
      if (problem !== null) throw new BypassError("token_refused", problem, "open a window with `npx blastlab break-glass on`");
    } catch (error) {
      if (error instanceof BypassError) this.#record({ event: "denied", problem: error.message });
      throw error;
    }
    const settings = installation.map().teams[team];
    if (settings === undefined) throw new BypassError("team_unknown", `The map has no team "${team}"`, "add it to break-glass.json");
    this.#settings = settings;
    this.#server = createServer((incoming, outgoing) => void this.#serve(incoming, outgoing));
  }

  async start(): Promise<string> {
    // The bypass may import nothing but Node: the shared backlog is kernel/listen.ts's.
    this.#server.listen({ host: "127.0.0.1", port: this.#settings.port, backlog: listenBacklog });
    await once(this.#server, "listening");
    const url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    writeFileSync(this.#installation.shimFile(this.#team), JSON.stringify({ pid: process.pid, url, control: this.#control }), { mode: 0o600 });
    this.#installation.setTarget(this.#team, url);
    this.#record({ event: "ready", url, notAfterMs: this.#claims.notAfterMs });
    this.#endAtItsTime();
    return url;
  }

  /**
   * In steps of at most a minute, by the wall clock: a machine that slept does not prolong a window. The address is
   * taken back in time for clients to leave.
   */
  #endAtItsTime(): void {
    const leftMs = this.#claims.notAfterMs - Date.now();
    if (leftMs <= handBackMs) this.#handBack("expired", Math.max(0, leftMs));
    else setTimeout(() => this.#endAtItsTime(), Math.min(leftMs - handBackMs, 60_000)).unref();
  }

  /** Ends the window: clients are led back at once, and served until they have read where to go. */
  end(): void {
    if (this.#handedBack) return;
    this.#record({ event: "off" });
    this.#handBack("off", Math.min(handBackMs, Math.max(0, this.#claims.notAfterMs - Date.now())));
  }

  #handBack(event: "off" | "expired", serveMs: number): void {
    if (this.#handedBack) return;
    this.#handedBack = true;
    this.#installation.setTarget(this.#team, null);
    setTimeout(() => this.#close(event), serveMs);
  }

  #close(event: "off" | "expired"): void {
    this.#ending = true;
    if (event === "expired") this.#record({ event });
    rmSync(this.#installation.shimFile(this.#team), { force: true });
    this.#server.close(() => this.ended.resolve());
    this.#server.closeIdleConnections();
    setTimeout(() => this.#server.closeAllConnections(), finishMs).unref();
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    if (this.#handedBack) outgoing.shouldKeepAlive = false;
    if (incoming.url === "/control/off" && incoming.method === "POST") return this.#off(incoming, outgoing);
    const id = randomUUID();
    const body = await textOf(incoming).catch(() => null);
    if (body === null) return void outgoing.writeHead(413, { connection: "close" }).end();
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
    const view = { claims: this.#claims, team: this.#settings, credentials: this.#credentials, nowMs: this.#ending ? Infinity : Date.now(), digest: sha256 };
    const decision = forwardOf({ method: incoming.method ?? "", path: incoming.url ?? "/", headers, body }, view);
    if ("code" in decision) return this.#refuse(decision, outgoing);
    try {
      // A request that cannot be recorded is not sent.
      this.#record({ event: "request", request: id, route: decision.route, provider: decision.target.provider, requestBytes: body.length });
    } catch {
      return this.#refuse({ status: 503, code: "audit_failed", message: "The request cannot be recorded" }, outgoing);
    }
    this.#forward(decision, id, outgoing);
  }

  #off(incoming: IncomingMessage, outgoing: ServerResponse): void {
    incoming.resume();
    if (incoming.headers.authorization !== `Bearer ${this.#control}`) return void outgoing.writeHead(401).end();
    outgoing.shouldKeepAlive = false;
    this.end();
    outgoing.writeHead(204).end();
  }

  #refuse({ status, code, message }: Refusal, outgoing: ServerResponse): void {
    try {
      this.#record({ event: "refused", code });
    } catch {
      // The client is refused all the same.
    }
    outgoing.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error: { code, message } }));
  }

  #forward({ target, url, headers, body }: Forward, id: string, outgoing: ServerResponse): void {
    const send = url.startsWith("https:") ? httpsRequest : httpRequest;
    let answered = false;
    const finish = (status: number | null, whole: boolean) => {
      if (answered) return;
      answered = true;
      this.#record({ event: "answered", request: id, status, whole });
    };
    const sent = send(url, { method: "POST", headers: { ...headers, "content-length": String(Buffer.byteLength(body)) } }, (answer) => {
      const { "content-type": type, "retry-after": retryAfter } = answer.headers;
      outgoing.writeHead(answer.statusCode ?? 502, { ...(type !== undefined && { "content-type": type }), ...(retryAfter !== undefined && { "retry-after": retryAfter }), "x-blastlab-bypass": target.provider });
      answer.pipe(outgoing);
      answer.once("end", () => finish(answer.statusCode ?? null, true));
      // Cut upstream: the client must not take it for a whole answer.
      answer.once("close", () => {
        if (answer.complete) return;
        finish(answer.statusCode ?? null, false);
        outgoing.destroy();
      });
    });
    sent.once("error", () => {
      finish(null, false);
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(502, { "content-type": "application/json" }).end(JSON.stringify({ error: { code: "provider_unreachable", message: `Provider "${target.provider}" cannot be reached` } }));
    });
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) sent.destroy();
    });
    sent.end(body);
  }

  #record(detail: Omit<AuditRecord, "atMs" | "team"> & { readonly event: AuditRecord["event"] }): void {
    this.#installation.append({ atMs: Date.now(), team: this.#team, ...detail } as AuditRecord);
  }
}

/** As kernel/listen.ts: a burst of connects loses none. */
const listenBacklog = 4096;

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new BypassError("body_too_long", "The request is too long", "send a shorter one");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
