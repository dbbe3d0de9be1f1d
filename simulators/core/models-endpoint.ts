import type { WireRequest, WireResponse } from "../../kernel/transport.ts";
import type { Clock } from "../../kernel/seams.ts";
import { wholeBody } from "./body.ts";
import type { SimulatorConfig } from "./config.ts";
import type { ProviderDialect, ProviderFault, WholeResponse } from "./contracts.ts";
import { identify } from "./identity.ts";

/**
 * Responds to requests that are not for an answer: the list of models, and 404 for unknown paths. They are no attempts,
 * and faults do not apply.
 */
export function answerModelsRequest(seams: { clock: Clock; config: SimulatorConfig; dialect: ProviderDialect }, request: WireRequest): WireResponse {
  const response = respond(seams, request);
  return { ...response, body: wholeBody(response.body) };
}

function respond({ clock, config, dialect }: Parameters<typeof answerModelsRequest>[0], request: WireRequest): WholeResponse {
  const path = request.path.split("?")[0]!;
  const { requestId } = identify(request);
  const { model } = config.deployment;
  const refuse = (fault: ProviderFault) => dialect.encodeFault(fault, requestId, clock.wallMs());
  const asked = request.method === "GET" ? (dialect.modelsPath?.exec(path) ?? null) : null;
  if (asked === null) return refuse(dialect.notFound(request.method, path));
  const fault = dialect.checkHeaders(request.headers, request.path);
  if (fault !== null) return refuse(fault);
  const createdS = Math.floor(clock.wallMs() / 1000);
  const named = asked[1];
  if (named === undefined) return dialect.encodeModels([model], createdS, requestId);
  return named === encodeURIComponent(model) || named === model ? dialect.encodeModel(model, createdS, requestId) : refuse(dialect.modelNotFound(named));
}
