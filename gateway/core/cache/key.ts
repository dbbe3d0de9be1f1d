import type { ChatRequest, Json } from "../../../kernel/chat.ts";
import { hash64, toLetters } from "../../../kernel/hash.ts";
import type { Call } from "../call.ts";
import type { GatewayConfig } from "../config.ts";
import type { CacheConfig } from "./settings.ts";

export interface CacheKey {
  /** Everything that may change an answer, as text: two requests share an answer only where these are equal to the letter. */
  readonly exact: string;
  /** The same but for the last user message: where like questions may be looked for. Made when it is asked for. */
  readonly scope: () => string;
  /** The last user message; null where nothing follows from it alone, such as for embeddings. */
  readonly question: string | null;
}

/**
 * Covers who asks (team, feature), with which credentials it would be asked of whom, and the whole request as the provider would get it:
 * model, system prompt, history, tools, every parameter. Only how the answer is sent (stream or not) does not count. `guards` is what
 * cleaned the stored answers: a stricter guard begins with a cold cache.
 */
export function cacheKeyOf(call: Call, settings: CacheConfig): CacheKey {
  const { chat } = call;
  const asked = askedOf(call, settings);
  const text = (request: ChatRequest) => asked + canonicalJson(answerShaping(request) as unknown as Json);
  const last = chat.messages.at(-1);
  const isQuestion = last?.role === "user" && chat.embedding === undefined;
  return {
    exact: text(chat),
    scope: () => (isQuestion ? text({ ...chat, messages: [...chat.messages.slice(0, -1), { role: "user", content: "" }] }) : ""),
    question: isQuestion ? last.content : null,
  };
}

/** By route and owner: what a config makes of them is the same for every request. */
const askedByConfig = new WeakMap<GatewayConfig, Map<string, string>>();

/** Who asks, whom, behind which guards: the part of a key that does not come from the request. */
function askedOf({ config, route, team, feature }: Call, { scope }: CacheConfig): string {
  const owner = { team, ...(scope === "feature" && { feature }) };
  const known = askedByConfig.get(config) ?? new Map<string, string>();
  askedByConfig.set(config, known);
  const name = JSON.stringify([route.name, route.deployments, owner]);
  let asked = known.get(name);
  if (asked === undefined) {
    const targets = route.deployments.map((one) => {
      const found = config.deployments.find((deployment) => deployment.name === one);
      return found === undefined ? one : [found.name, found.dialect, found.model, found.baseUrl, found.credential];
    });
    asked = canonicalJson({ owner, route: route.name, targets, guards: config.guards ?? null } as unknown as Json);
    known.set(name, asked);
  }
  return asked;
}

/** A digest to file under. Not proof of equality: the whole key is compared when the answer is read. */
export function keyDigest(exact: string): string {
  return [exact, `${exact}\u001f2`].flatMap((text) => hash64(text)).map((part) => toLetters(part, 8)).join("");
}

/** Without what changes how an answer is sent, or nothing at all. */
function answerShaping(request: ChatRequest): object {
  const { stream: _, includeUsage: __, hints: ___, embedding, ...rest } = request;
  return embedding === undefined ? rest : { ...rest, embedding: { dimensions: embedding.dimensions } };
}

/** JSON with the keys in order, so that equal values are equal texts. */
export function canonicalJson(value: Json | undefined): string {
  if (value === undefined) return "null";
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const object = value as Readonly<Record<string, Json | undefined>>;
  let text = "";
  for (const name of Object.keys(object).sort()) {
    if (object[name] !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${canonicalJson(object[name])}`;
  }
  return `{${text}}`;
}
