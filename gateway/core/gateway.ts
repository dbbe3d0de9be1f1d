import { Cancelled, Canceller, type Signal } from "../../kernel/signal.ts";
import { TransportError, type WireRequest, type WireResponse } from "../../kernel/transport.ts";
import { WholeBody } from "../../kernel/whole-body.ts";
import { AttemptFailure } from "./attempt-failure.ts";
import { AnswerCache } from "./cache/answer-cache.ts";
import { Call, type Handle, type Reply } from "./call.ts";
import type { GatewayConfig } from "./config.ts";
import type { ClientDialect, ClientError, Gateway, GatewaySeams } from "./contracts.ts";
import { PolicyHost } from "./policy-host.ts";
import { deliver, deliverKept } from "./deliver.ts";
import { keyOf } from "./keys.ts";
import { LimitBook } from "./limits/limit-book.ts";
import { modelsAt } from "./models.ts";
import { shuttingDown, surfaced } from "./replies.ts";
import { pipeline } from "./pipeline.ts";
import { providersOf } from "./policies/providers.ts";
import { redefinedDeployments } from "./policies/redefined-deployments.ts";
import { ActiveDefects } from "./stages/active-defects.ts";
import type { InFlight } from "./stages/admission.ts";
import { unknownKey } from "./stages/identity.ts";
import type { Shed } from "./stages/priority.ts";

/**
 * The data plane without its sockets: the pipeline of the config that is current when a request arrives, around the
 * policy loop. Each chat request emits `started` and `finished` exactly once. A rim must read a response's body to its
 * end, or close it (`return`), or cancel the request's signal: until then the request is in flight.
 */
export function createGateway(seams: GatewaySeams): Gateway {
  const { clock, events } = seams;
  const ids = seams.rng.fork("ids");
  const inFlight: InFlight = { count: 0 };
  const shed: Shed = {};
  const ending = new Canceller();
  let isDraining = false;
  const book = new LimitBook();
  const answers = new AnswerCache(seams);
  const activeDefects = new ActiveDefects({ clock, events });
  const policyHost = new PolicyHost({ clock, events, rng: seams.rng.fork("policy") }, seams.config.current().policy);
  let { deployments } = seams.config.current();
  seams.config.onChange((next) => {
    policyHost.forgetDeployments(redefinedDeployments(deployments, next.deployments));
    ({ deployments } = next);
    if (next.cache === undefined) answers.switchOff();
    if (next.hardened) activeDefects.liftAll();
  });
  const dialectOf = (call: Call) => dialectAt(pathOf(call.wire), seams);
  const pipelineOf = memo((config: GatewayConfig) => pipeline(config, { ...seams, ids, policyHost, inFlight, shed, book, answers, activeDefects, dialectOf }));

  const chat = async (request: WireRequest, signal: Signal, dialect: ClientDialect): Promise<WireResponse> => {
    const config = seams.config.current();
    const call = new Call(request, signal, config, { clock, events, ids, operation: dialect.operation, ending: ending.signal });
    if (isDraining) return deliver(call, shuttingDown(), dialect, clock);
    try {
      return await deliverKept(call, replyOf(pipelineOf(config), call), dialect, clock);
    } catch (error) {
      if (error instanceof Cancelled && call.isCutByShutdown) return deliver(call, shuttingDown(), dialect, clock);
      if (!(error instanceof Cancelled)) {
        call.finish({ kind: "failure", failure: "server_error" }, 500);
        throw error;
      }
      call.finish({ kind: "cancelled" }, 499);
      throw new TransportError("aborted");
    }
  };

  return {
    handle: async (request, signal) => {
      const path = pathOf(request);
      const dialect = dialectAt(path, seams);
      if (request.method === "POST" && (path === "/v1/chat/completions" || dialect !== seams.client)) return chat(request, signal, dialect);
      if (request.method === "GET" && (path === "/v1/models" || path.startsWith("/v1/models/"))) return models(request, seams);
      return refusal(dialect, { status: 404, type: "invalid_request_error", code: "not_found", message: `Nothing at ${request.method} ${path}` });
    },
    state: () => ({
      inFlight: inFlight.count,
      shed: { ...shed },
      limits: book.states(clock.wallMs()),
      ...(activeDefects.ids.length > 0 && { defects: activeDefects.ids }),
      ...(seams.config.current().cache !== undefined && { cache: { entries: answers.entries } }),
      ...policyHost.snapshot(providersOf(seams.config.current().deployments), seams.config.current().policy),
    }),
    applyDefect: (id, defect) => {
      if (seams.config.current().hardened) return false;
      activeDefects.apply(id, defect);
      return true;
    },
    liftDefect: (id) => activeDefects.lift(id),
    isolate: (deployment) => {
      if (!seams.config.current().deployments.some(({ name }) => name === deployment)) return false;
      policyHost.setIsolated(deployment, true);
      return true;
    },
    release: (deployment) => policyHost.setIsolated(deployment, false),
    drain: () => void (isDraining = true),
    cutOpenAnswers: () => ending.cancel("The gateway is shutting down"),
    flushCache: () => {
      if (seams.config.current().cache?.backend === "store") return false;
      answers.flush();
      return true;
    },
  };
}

/** An answer that broke off while a stage still held all of it is an ordinary error, because nothing was sent. */
async function replyOf(handle: Handle, call: Call): Promise<Reply> {
  try {
    return await handle(call);
  } catch (error) {
    if (error instanceof AttemptFailure) return surfaced(error, null);
    throw error;
  }
}

function pathOf(request: WireRequest): string {
  const query = request.path.indexOf("?");
  return query === -1 ? request.path : request.path.slice(0, query);
}

/** The client dialect of a path. */
function dialectAt(path: string, { client, clients = {} }: GatewaySeams): ClientDialect {
  return Object.hasOwn(clients, path) ? clients[path]! : client;
}

function models(request: WireRequest, seams: GatewaySeams): WireResponse {
  const config = seams.config.current();
  if (keyOf(request.headers, config.keys) === undefined) return refusal(seams.client, unknownKey(request.headers));
  const found = modelsAt(pathOf(request), request.headers, config);
  return found ?? refusal(seams.client, { status: 404, type: "invalid_request_error", code: "model_not_found", message: "No route has that name" });
}

function refusal(dialect: ClientDialect, error: ClientError): WireResponse {
  return { status: error.status, headers: { "content-type": "application/json" }, body: new WholeBody(dialect.encodeError(error)) };
}

/** Keeps the last value for as long as the key is the same. */
function memo<K, V>(make: (key: K) => V): (key: K) => V {
  let last: { key: K; value: V } | null = null;
  return (key) => {
    if (last === null || last.key !== key) last = { key, value: make(key) };
    return last.value;
  };
}
