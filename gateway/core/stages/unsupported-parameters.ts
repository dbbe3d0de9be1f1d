import type { GatewayDialect } from "../../../kernel/chat.ts";
import type { Call, Stage } from "../call.ts";
import type { UpstreamDialect } from "../contracts.ts";
import { rejected } from "../replies.ts";

/**
 * Leaves out the deployments whose wire format lacks a parameter of the request: nothing is dropped silently, and a
 * failover never weakens a request. A deployment of the request's own format gets what the client wrote. Where it is
 * known to refuse that, and no other deployment can take it, it is asked all the same: the refusal is its own. Also leaves out deployments that would answer the beginning of an answer instead of
 * continuing it. If no deployment of the route remains, the error names the parameters.
 */
export function unsupportedParameters(upstream: Readonly<Record<GatewayDialect, UpstreamDialect>>): Stage {
  return (next) => (call) => {
    const unsupported = new Map(call.route.deployments.map((name) => [name, unsupportedBy(call, name, upstream)]));
    const unhindered = call.route.deployments.filter((name) => unsupported.get(name)!.length === 0);
    const able = unhindered.length > 0 ? unhindered : call.route.deployments.filter((name) => isOwnFormat(call, name, upstream));
    if (able.length === 0) return rejected("unsupported_parameters", unsupportedError(call, [...new Set([...unsupported.values()].flat())]));
    if (able.length < call.route.deployments.length) call.setRoute({ ...call.route, deployments: able });
    return next(call);
  };
}

function unsupportedBy(call: Call, deployment: string, upstream: Readonly<Record<GatewayDialect, UpstreamDialect>>): readonly string[] {
  const found = call.config.deployments.find(({ name }) => name === deployment);
  if (found === undefined) return [];
  const untranslatable = isOwnFormat(call, deployment, upstream) ? [] : (call.chat.source?.untranslatable ?? []);
  const unsupported = [...untranslatable.map(({ message }) => message), ...upstream[found.dialect].unsupportedParameters(call.chat)];
  const ignoresPrefill = call.chat.prefilled === true && found.dialect !== "anthropic" && found.continuesPrefix !== true;
  return ignoresPrefill ? [...unsupported, "messages (prefill)"] : unsupported;
}

function isOwnFormat({ chat, config }: Call, deployment: string, upstream: Readonly<Record<GatewayDialect, UpstreamDialect>>): boolean {
  const found = config.deployments.find(({ name }) => name === deployment);
  return found !== undefined && chat.source !== undefined && chat.source.format === upstream[found.dialect].format;
}

/** What no other format can be told comes first: it is the part that the client has to change. */
function unsupportedError({ chat, route }: Call, parameters: readonly string[]) {
  const first = chat.source?.untranslatable[0];
  if (first !== undefined) return { status: 400, type: "invalid_request_error", code: first.code, message: first.message };
  const named = parameters.map((name) => `'${name}'`).join(", ");
  const message = `Unsupported here: ${named}. No deployment of route "${route.name}" supports this request.`;
  return { status: 400, type: "invalid_request_error", code: "unsupported_parameter", message };
}
