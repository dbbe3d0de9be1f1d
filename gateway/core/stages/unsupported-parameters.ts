import type { GatewayDialect } from "../../../kernel/chat.ts";
import type { Call, Stage } from "../call.ts";
import type { UpstreamDialect } from "../contracts.ts";
import { rejected } from "../replies.ts";

/**
 * Leaves out the deployments whose wire format lacks a parameter of the request: nothing is dropped silently, and a
 * failover never weakens a request. Also leaves out deployments that would answer the beginning of an answer instead of
 * continuing it. If no deployment of the route remains, the error names the parameters.
 */
export function unsupportedParameters(upstream: Readonly<Record<GatewayDialect, UpstreamDialect>>): Stage {
  return (next) => (call) => {
    const unsupported = new Map(call.route.deployments.map((name) => [name, unsupportedBy(call, name, upstream)]));
    const able = call.route.deployments.filter((name) => unsupported.get(name)!.length === 0);
    if (able.length === 0) return rejected("unsupported_parameters", unsupportedError(call.route.name, [...new Set([...unsupported.values()].flat())]));
    if (able.length < call.route.deployments.length) call.setRoute({ ...call.route, deployments: able });
    return next(call);
  };
}

function unsupportedBy(call: Call, deployment: string, upstream: Readonly<Record<GatewayDialect, UpstreamDialect>>): readonly string[] {
  const found = call.config.deployments.find(({ name }) => name === deployment);
  if (found === undefined) return [];
  const unsupported = upstream[found.dialect].unsupportedParameters(call.chat);
  const ignoresPrefill = call.chat.prefilled === true && found.dialect !== "anthropic" && found.continuesPrefix !== true;
  return ignoresPrefill ? [...unsupported, "messages (prefill)"] : unsupported;
}

function unsupportedError(route: string, parameters: readonly string[]) {
  const named = parameters.map((name) => `'${name}'`).join(", ");
  const message = `Unsupported here: ${named}. No deployment of route "${route}" supports this request.`;
  return { status: 400, type: "invalid_request_error", code: "unsupported_parameter", message };
}
