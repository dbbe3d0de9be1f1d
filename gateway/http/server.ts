import { regionShareHeader } from "../core/limits/region-share.ts";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { WireRequest } from "../../kernel/transport.ts";
import type { ClientDialect, ClientError, Gateway } from "../core/contracts.ts";
import { endpointPath } from "../core/endpoint-path.ts";
import { requestIdHeaders } from "../core/identifiers.ts";
import { decodedRequest } from "./decoded.ts";
import { type AdminAccess, forAdmins, keyRequired } from "./admin-access.ts";
import { addFaultInjection, type FaultInjectionTargets } from "./fault-injection.ts";
import { LONG_BYTES } from "../core/long-body.ts";
import { flatHeaders } from "./flat-headers.ts";
import type { ConfigState } from "./config-source.ts";
import { isLocal } from "./from-loopback.ts";
import { addIsolation } from "./isolation.ts";
import { openState } from "./open-state.ts";
import { collectAfterLongBody } from "./long-body-heap.ts";
import { BODY_BYTES_MAX, rawServer, STALLED_MS } from "./raw-server.ts";
import { respond, type OnBug } from "./respond.ts";
import { turnEnd } from "./turn.ts";

/** How long the rest of a body that was refused is read. */
const LINGER_MS = 30_000;

export interface ServerOptions {
  readonly gateway: Pick<Gateway, "handle" | "state" | "reportRegionShare">;
  /** The body of `/admin/state`: the core's state, and the process's own. Absent: the core's. */
  readonly adminState?: () => object;
  /** Which configuration runs. Absent: it is not reported. */
  readonly configState?: () => ConfigState;
  readonly client: ClientDialect;
  /** The other dialects, by path. */
  readonly clients?: Readonly<Record<string, ClientDialect>>;
  /** Absent: deployments cannot be taken out by hand. */
  readonly isolation?: Pick<Gateway, "isolate" | "release">;
  /** Absent: faults cannot be injected. */
  readonly faultInjection?: FaultInjectionTargets | undefined;
  readonly metricsHandler: (request: IncomingMessage, response: ServerResponse) => void;
  /** Who sees the metrics, and more of the state than needs no key. */
  readonly mayAdminister: AdminAccess;
  /** Whether the process accepts requests: false while it drains. */
  readonly ready: () => boolean;
  readonly onBug: OnBug;
  /** Absent: 10 MB. */
  readonly bodyBytesMax?: number;
  /** How long a client may read nothing; absent: a minute. */
  readonly stalledMs?: number;
}

/**
 * An edge reports it with its check. It is accepted with the key, or without one on the machine of a gateway that is
 * open.
 */
async function takeRegionShare(request: FastifyRequest, { mayAdminister, gateway }: ServerOptions): Promise<void> {
  const share = request.headers[regionShareHeader];
  if (share === undefined) return;
  const access = await mayAdminister(request.headers.authorization);
  if (access === "by_key" || (access === "open" && isLocal(request))) gateway.reportRegionShare(Number(share));
}

/**
 * The gateway's HTTP server, apart from `listen`. Everything but health, state and metrics goes to the gateway's core.
 */
export function buildServer(options: ServerOptions): FastifyInstance {
  const refused = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => refuse(clientAt(options, request.url), error, reply);
  const app = rawServer((error, request, reply) => void refused(error, request, reply), options.bodyBytesMax);
  app.get("/health/live", () => ({ ok: true }));
  const { mayAdminister, gateway } = options;
  app.get("/health/ready", async (request, reply) => {
    await takeRegionShare(request, options);
    return options.ready() ? { ok: true } : reply.code(503).send({ ok: false });
  });
  const state = () => options.adminState?.() ?? gateway.state();
  const withoutKey = (request: FastifyRequest) => openState(gateway.state(), options.configState?.() ?? null, isLocal(request));
  app.get("/admin/state", forAdmins(mayAdminister, state, withoutKey));
  const writeMetrics = (request: FastifyRequest, reply: FastifyReply) => {
    reply.hijack();
    options.metricsHandler(request.raw, reply.raw);
  };
  app.get("/metrics", forAdmins(mayAdminister, writeMetrics, keyRequired));
  if (options.isolation !== undefined) addIsolation(app, options.isolation);
  if (options.faultInjection !== undefined) addFaultInjection(app, options.faultInjection);
  app.setNotFoundHandler((request, reply) => passToCore(options, request, reply));
  app.setErrorHandler(refused);
  return app;
}

async function passToCore(options: ServerOptions, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const sent = { headers: flatHeaders(request.headers), body: request.body instanceof Uint8Array ? request.body : new Uint8Array(0) };
  const { headers, body } = request.headers["content-encoding"] === undefined ? sent : await unencoded(sent, options.bodyBytesMax);
  reply.hijack();
  const wire: WireRequest = { method: request.method, path: request.url, headers, body };
  await turnEnd();
  const body500 = () => clientAt(options, request.url).encodeError(gatewayError("internal_error"));
  const { onBug, stalledMs = STALLED_MS } = options;
  await respond(options.gateway.handle, wire, reply.raw, { onBug, body: body500, stalledMs });
  if (body.length >= LONG_BYTES) setImmediate(collectAfterLongBody);
}

/** What has an encoding that is not known goes on as it is: the core refuses it, whoever's it is. */
async function unencoded(sent: Pick<WireRequest, "headers" | "body">, bodyBytesMax = BODY_BYTES_MAX): Promise<Pick<WireRequest, "headers" | "body">> {
  try {
    return (await decodedRequest(sent.headers, sent.body, bodyBytesMax)) ?? sent;
  } catch (error) {
    const isTooLarge = error instanceof RangeError;
    throw Object.assign(new Error(isTooLarge ? "The decoded body is too large" : "The body cannot be decoded by its content-encoding"), isTooLarge ? { statusCode: 413, code: "body_too_large" } : { statusCode: 400, code: "invalid_content_encoding" });
  }
}

/** The client dialect of a path. */
function clientAt({ client, clients = {} }: ServerOptions, url: string): ClientDialect {
  const path = endpointPath(url);
  return Object.hasOwn(clients, path) ? clients[path]! : client;
}

const gatewayError = (code: string): ClientError => ({ status: 500, type: "server_error", code, message: "The gateway failed." });

/** Answers what fastify refuses before the core, such as a body that is too large, in the client's own dialect. */
function refuse(client: ClientDialect, error: FastifyError, reply: FastifyReply): FastifyReply {
  const status = error.statusCode ?? 500;
  const code = (error.code || "http_error").replace(/^FST_ERR_/, "").toLowerCase();
  const clientError = status < 500 ? { status, type: "invalid_request_error", code, message: error.message } : { ...gatewayError(code), status };
  /** A client that waits for `100 Continue` sends nothing after this. */
  if (status === 413 && !reply.request.raw.complete && reply.request.headers.expect === undefined) readRest(reply);
  const id = randomBytes(8).toString("hex");
  return reply.code(status).headers(requestIdHeaders(id, client.requestIdHeader)).type("application/json").send(client.encodeError({ ...clientError, requestId: id }));
}

/**
 * Reads and discards what is still on its way: a connection that is closed before would break under the client's hands,
 * which SDKs take for an outage and retry. nginx calls it `lingering_close`, and has the same limit.
 */
function readRest(reply: FastifyReply): void {
  const { raw } = reply.request;
  reply.removeHeader("connection");
  const timer = setTimeout(() => raw.socket.destroy(), LINGER_MS);
  const stop = () => clearTimeout(timer);
  raw.once("end", stop).once("close", stop).resume();
}
