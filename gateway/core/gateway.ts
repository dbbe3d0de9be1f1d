import { Canceller } from "../../kernel/signal.ts";
import type { Handler, Headers, WireRequest, WireResponse } from "../../kernel/transport.ts";
import { WholeBody } from "../../kernel/whole-body.ts";
import type { ClientDialect, ClientError, Gateway, GatewaySeams } from "./contracts.ts";
import type { GatewayConfig } from "./config.ts";
import { dialectAt, refusalDialectAt } from "./dialect-at.ts";
import { endpointPath } from "./endpoint-path.ts";
import { drawHex, requestIdHeaders } from "./identifiers.ts";
import { keyOf } from "./keys.ts";
import { modelsAt } from "./models.ts";
import { operatorControls } from "./operator-controls.ts";
import { chatServer, type Ending } from "./serve-chat.ts";
import { type GatewayParts, sharedParts } from "./shared-parts.ts";
import { unknownKey } from "./stages/identity.ts";
import { isReadyUnder } from "./stages/readiness-flap.ts";
import { stateOf } from "./state.ts";

/**
 * The data plane without its sockets: the pipeline of the config that is current when a request arrives, around the
 * policy loop. Each chat request emits `started` and `finished` exactly once. A rim must read a response's body to its
 * end, or close it (`return`), or cancel the request's signal: until then the request is in flight.
 */
export function createGateway(seams: GatewaySeams): Gateway {
  const parts = sharedParts(seams);
  const { clock, activeDefects, generations, regionShare, warmUps } = parts;
  const startedMs = clock.nowMs();
  const cut = new Canceller();
  const ending: Ending = { isDraining: false, signal: cut.signal };
  return {
    handle: handlerOf(parts, ending),
    state: () => stateOf(parts),
    isReady: () => activeDefects.isReady() && generations.current.config.defects.every((defect) => isReadyUnder(defect, startedMs, clock.nowMs())),
    ...operatorControls(parts),
    rehearse: (loaded) => generations.rehearse(loaded),
    reportRegionShare: (share) => regionShare.report(share),
    drain: () => {
      ending.isDraining = true;
      warmUps?.close();
    },
    cutOpenAnswers: () => cut.cancel("The gateway is shutting down"),
  };
}

/** The paths of the client dialects, and the list of models. */
function handlerOf(parts: GatewayParts, ending: Ending): Handler {
  const chat = chatServer(parts, ending);
  return (request, signal) => {
    const path = endpointPath(request.path);
    const dialect = dialectAt(path, parts);
    const methods = path === "/v1/chat/completions" || dialect !== parts.client ? chatMethods : path === "/v1/models" || path.startsWith("/v1/models/") ? modelMethods : null;
    if (methods === chatMethods && methods.includes(request.method)) return chat(request, signal, dialect);
    const id = drawHex(parts.ids, 8);
    if (methods === null || !methods.includes(request.method)) return Promise.resolve(notThere(`${request.method} ${path}`, methods, { dialect: refusalDialectAt(path, parts), id }));
    return Promise.resolve(models(request, parts.generations.current.config, { dialect: parts.client, id }));
  };
}

const chatMethods: readonly string[] = ["POST"];
const modelMethods: readonly string[] = ["GET", "HEAD"];

/** Whom an answer goes to that no call makes, and its request's id. */
interface Recipient {
  readonly dialect: ClientDialect;
  readonly id: string;
}

/** `methods`: what the path has; null: it is no path of the gateway's. */
function notThere(what: string, methods: readonly string[] | null, to: Recipient): WireResponse {
  const message = `Nothing at ${what}`;
  if (methods === null) return refusal(to, { status: 404, type: "invalid_request_error", code: "not_found", message });
  return refusal(to, { status: 405, type: "invalid_request_error", code: "method_not_allowed", message }, { allow: methods.join(", ") });
}

function models(request: WireRequest, config: GatewayConfig, to: Recipient): WireResponse {
  if (keyOf(request.headers, config.keys) === undefined) return refusal(to, unknownKey(request.headers));
  const found = modelsAt(endpointPath(request.path), request.headers, config);
  if (found !== null) return { ...found, headers: { ...requestIdHeaders(to.id, undefined), ...found.headers } };
  return refusal(to, { status: 404, type: "invalid_request_error", code: "model_not_found", message: "No route has that name" });
}

function refusal({ dialect, id }: Recipient, error: ClientError, headers: Headers = {}): WireResponse {
  const all = { ...requestIdHeaders(id, dialect.requestIdHeader), ...headers, "content-type": "application/json" };
  return { status: error.status, headers: all, body: new WholeBody(dialect.encodeError({ ...error, requestId: id })) };
}
