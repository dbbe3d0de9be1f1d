import type { ChatMessage, GatewayDialect } from "../../../kernel/chat.ts";
import type { Clock } from "../../../kernel/seams.ts";
import type { Call, Handle, Stage } from "../call.ts";
import type { UpstreamDialect } from "../contracts.ts";
import { pausesOf } from "../pause.ts";
import { rejected } from "../replies.ts";
import { stateOwnerOf } from "../state-owner.ts";

/**
 * Leaves out the deployments whose wire format lacks a parameter of the request: nothing is dropped silently, and a
 * failover never weakens a request. A deployment of the request's own format gets what the client wrote. Where it is
 * known to refuse that, and no other deployment can take it, it is asked all the same: the refusal is its own. Also
 * leaves out deployments that would answer the beginning of an answer instead of continuing it. If no deployment of the
 * route remains, the error names the parameters.
 */
export function unsupportedParameters({ upstream, clock }: { upstream: Readonly<Record<GatewayDialect, UpstreamDialect>>; clock: Clock }): Stage {
  return (next) => {
    const choose = chooseAble(next, upstream);
    const isForAnother = (call: Call) => call.route.deployments.some((name) => !isOwnFormat(call, name, upstream));
    return (call) => (call.chat.source?.long !== undefined && isForAnother(call) ? readTexts(call, clock).then(() => choose(call)) : choose(call));
  };
}

/** Reads the texts of a long request, which stay bytes until they are asked for: another format has words for them. */
async function readTexts({ chat, signal }: Call, clock: Clock): Promise<void> {
  const pause = pausesOf(clock, signal);
  for (const message of chat.messages) {
    if (textLength(message) > 0) await pause();
  }
}

const textLength = ({ content, parts = [] }: ChatMessage) => parts.reduce((total, part) => total + (part.type === "text" ? part.text.length : 0), content.length);

function chooseAble(next: Handle, upstream: Readonly<Record<GatewayDialect, UpstreamDialect>>): Handle {
  return (call) => {
    const unsupported = new Map(call.route.deployments.map((name) => [name, unsupportedBy(call, name, upstream)]));
    const unhindered = call.route.deployments.filter((name) => unsupported.get(name)!.length === 0);
    const ofFormat = unhindered.length > 0 ? unhindered : call.route.deployments.filter((name) => isOwnFormat(call, name, upstream));
    const able = ownersOfState(call, ofFormat);
    if (able.length === 0 && ofFormat.length > 0) return rejected("unsupported_parameters", unownedState(call));
    if (able.length === 0) return rejected("unsupported_parameters", unsupportedError(call, [...new Set([...unsupported.values()].flat())]));
    if (able.length < call.route.deployments.length) call.setRoute({ ...call.route, deployments: able });
    return next(call);
  };
}

/**
 * The deployments that have what the request refers to. An id that the gateway did not give may be anybody's, so that
 * only a route of one owner can be asked.
 */
function ownersOfState({ chat, config }: Call, deployments: readonly string[]): readonly string[] {
  const state = chat.source?.state;
  if (state === undefined) return deployments;
  const owners = new Map(config.deployments.map((deployment) => [deployment.name, stateOwnerOf(deployment)]));
  const owner = state.owner ?? (new Set(deployments.map((name) => owners.get(name))).size === 1 ? owners.get(deployments[0]!) : null);
  return deployments.filter((name) => owners.get(name) === owner);
}

function unownedState({ chat, route }: Call) {
  const { parameter, owner } = chat.source!.state!;
  const why = owner === null ? "several of its providers might keep it, and the gateway did not give its id" : "the provider that keeps it is none of its deployments";
  return { status: 400, type: "invalid_request_error", code: "state_unavailable", message: `Cannot use '${parameter}' on route "${route.name}": ${why}.` };
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

/** What no other format can express comes first: it is the part that the client has to change. */
function unsupportedError({ chat, route }: Call, parameters: readonly string[]) {
  const first = chat.source?.untranslatable[0];
  if (first !== undefined) return { status: 400, type: "invalid_request_error", code: first.code, message: first.message };
  const named = parameters.map((name) => `'${name}'`).join(", ");
  const message = `Unsupported here: ${named}. No deployment of route "${route.name}" supports this request.`;
  return { status: 400, type: "invalid_request_error", code: "unsupported_parameter", message };
}
