import { Canceller } from "../../kernel/signal.ts";
import type { Handler, Headers, WireRequest, WireResponse } from "../../kernel/transport.ts";
import { WholeBody } from "../../kernel/whole-body.ts";
import type { ClientDialect, ClientError, Gateway, GatewaySeams } from "./contracts.ts";
import type { GatewayConfig } from "./config.ts";
import { dialectAt, refusalDialectAt } from "./dialect-at.ts";
import { endpointPath } from "./endpoint-path.ts";
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
    if (methods === null || !methods.includes(request.method)) return Promise.resolve(notThere(`${request.method} ${path}`, methods, refusalDialectAt(path, parts)));
    return methods === chatMethods ? chat(request, signal, dialect) : Promise.resolve(models(request, parts.generations.current.config, parts.client));
  };
}

const chatMethods: readonly string[] = ["POST"];
const modelMethods: readonly string[] = ["GET", "HEAD"];

/** `methods`: what the path has; null: it is no path of the gateway's. */
function notThere(what: string, methods: readonly string[] | null, dialect: ClientDialect): WireResponse {
  const message = `Nothing at ${what}`;
  if (methods === null) return refusal(dialect, { status: 404, type: "invalid_request_error", code: "not_found", message });
  return refusal(dialect, { status: 405, type: "invalid_request_error", code: "method_not_allowed", message }, { allow: methods.join(", ") });
}

function models(request: WireRequest, config: GatewayConfig, client: ClientDialect): WireResponse {
  if (keyOf(request.headers, config.keys) === undefined) return refusal(client, unknownKey(request.headers));
  const found = modelsAt(endpointPath(request.path), request.headers, config);
  return found ?? refusal(client, { status: 404, type: "invalid_request_error", code: "model_not_found", message: "No route has that name" });
}

function refusal(dialect: ClientDialect, error: ClientError, headers: Headers = {}): WireResponse {
  return { status: error.status, headers: { ...headers, "content-type": "application/json" }, body: new WholeBody(dialect.encodeError(error)) };
}
