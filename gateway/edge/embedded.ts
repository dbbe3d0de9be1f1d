import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { liveClock } from "../../kernel/clock-live.ts";
import { messageOf } from "../../kernel/errors.ts";
import { seededRng } from "../../kernel/rng.ts";
import { flatHeaders } from "../http/flat-headers.ts";
import { rawServer, STALLED_MS } from "../http/raw-server.ts";
import { respond } from "../http/respond.ts";
import { UndiciTransport } from "../http/transport.ts";
import { edgeSettings, type EdgeFile } from "./config.ts";
import { createEdge, type Edge } from "./core/edge.ts";
import type { EdgeEngine, EngineOptions } from "./engine.ts";
import { closeServer, countOpen, listening } from "../http/listening.ts";
import { EdgeCounters, stateMetrics } from "./metrics.ts";

const POLL_MS = 20;
const bugBody = JSON.stringify({ error: { message: "The edge failed.", type: "server_error", param: null, code: "internal_error" } });

/** The edge's own engine: its core on real time and sockets. */
export async function startEmbedded(file: EdgeFile, { log, gatewayKey }: EngineOptions): Promise<EdgeEngine> {
  const counters = new EdgeCounters(file.regions.flatMap(({ replicas }) => replicas.map(({ id }) => id)));
  await using resources = new AsyncDisposableStack();
  const transport = resources.use(new UndiciTransport(() => file.retry.connectMs));
  const edge = createEdge({
    settings: edgeSettings(file),
    clock: liveClock(),
    rng: seededRng(randomUUID()),
    transport,
    gatewayKey,
    emit: (event) => {
      counters.emit(event);
      if (event.kind !== "attempt" && event.kind !== "request") log(JSON.stringify({ at: new Date().toISOString(), event: event.kind, ...event }));
    },
  });
  resources.defer(() => edge.stop());
  let draining = false;
  const app = clientServer(edge, () => draining, log);
  resources.defer(() => closeServer(app));
  const open = countOpen(app);
  const url = await listening(app, file.listen, { part: "the edge", setting: "listen" });
  const held = resources.move();
  const state = () => ({ engine: "embedded" as const, ...edge.state() });
  return {
    url,
    state: async () => state(),
    setDraining: async (name, isDraining) => edge.setDraining(name, isDraining),
    setWeight: async (name, percent) => edge.setWeight(name, percent),
    metrics: async () => counters.text() + stateMetrics(state()),
    close: async () => {
      draining = true;
      edge.drain();
      open.endConnections();
      const untilMs = performance.now() + file.drainMs;
      while (open.responses > 0 && performance.now() < untilMs) await sleep(POLL_MS);
      await held.disposeAsync();
    },
  };
}

function clientServer(edge: Edge, isDraining: () => boolean, log: (line: string) => void): FastifyInstance {
  const app = rawServer((error, _, reply) => void reply.code(error.statusCode ?? 400).send({ error: { message: error.message, type: "invalid_request_error", param: null, code: "http_error" } }));
  const onBug = (error: unknown) => log(JSON.stringify({ event: "bug", message: messageOf(error), stack: error instanceof Error ? error.stack : null }));
  app.get("/health/live", () => ({ ok: true }));
  app.get("/health/ready", (_, reply) => (isDraining() ? reply.code(503).send({ ok: false }) : { ok: true }));
  app.setNotFoundHandler(async (request: FastifyRequest, reply: FastifyReply) => {
    reply.hijack();
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
    const wire = { method: request.method, path: request.url, headers: flatHeaders(request.headers), body };
    await respond(edge.handle, wire, reply.raw, { onBug, body: () => bugBody, stalledMs: STALLED_MS });
  });
  return app;
}
