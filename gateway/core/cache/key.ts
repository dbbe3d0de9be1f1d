import type { ChatRequest, Json, JsonObject } from "../../../kernel/chat.ts";
import { hash64, toLetters } from "../../../kernel/hash.ts";
import type { Call } from "../call.ts";
import type { GatewayConfig } from "../config.ts";
import type { CacheConfig } from "./settings.ts";

export interface CacheKey {
  /** Everything that may change an answer, as text: two requests share an answer only where these are equal to the letter. */
  readonly exact: string;
  /** The same but for what the last user message says: where like questions may be looked for. Made when it is asked for. */
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
  const text = (request: ChatRequest) => asked + requestText(request);
  const last = chat.messages.at(-1);
  const isQuestion = last?.role === "user" && chat.embedding === undefined;
  return {
    exact: text(chat),
    scope: () => (isQuestion ? text({ ...chat, messages: [...chat.messages.slice(0, -1), { ...last, content: "" }] }) : ""),
    question: isQuestion ? last.content : null,
  };
}

/** By route and owner: what a config makes of them is the same for every request. */
const askedByConfig = new WeakMap<GatewayConfig, Map<string, string>>();

/** Who asks, whom, behind which guards: the part of a key that does not come from the request. */
function askedOf({ config, route, team, feature }: Call, { scope }: CacheConfig): string {
  const known = askedByConfig.get(config) ?? new Map<string, string>();
  askedByConfig.set(config, known);
  const name = [route.name, team, scope === "feature" ? feature : "", ...route.deployments].join("\u001f");
  let asked = known.get(name);
  if (asked === undefined) {
    const targets = route.deployments.map((one) => {
      const found = config.deployments.find((deployment) => deployment.name === one);
      return found === undefined ? one : [found.name, found.dialect, found.model, found.baseUrl, found.credential];
    });
    const owner = { team, ...(scope === "feature" && { feature }) };
    /** Owners stand in it to the letter; what the config says of the rest is long, nobody's secret, and told apart well enough by a digest. */
    const behind = keyDigest(canonicalJson({ targets, guards: config.guards ?? null } as unknown as Json));
    asked = canonicalJson({ owner, route: route.name, behind });
    known.set(name, asked);
  }
  return asked;
}

/** A digest to file under. Not proof of equality: the whole key is compared when the answer is read. */
export function keyDigest(exact: string): string {
  return [exact, `${exact}\u001f2`].flatMap((text) => hash64(text)).map((part) => toLetters(part, 8)).join("");
}

/** What changes how an answer is sent, or nothing at all. */
const unshaping: ReadonlySet<string> = new Set(["stream", "includeUsage", "hints"]);

/** The part of a key that is the request. */
function requestText(request: ChatRequest): string {
  const fields = request as unknown as JsonObject;
  const embedding = request.embedding === undefined ? "" : canonicalJson({ dimensions: request.embedding.dimensions });
  const names = Object.keys(fields).filter((name) => name !== "embedding" && !unshaping.has(name));
  return objectText(fields, names) + embedding;
}

/** JSON with the keys in order, so that equal values are equal texts. */
export function canonicalJson(value: Json | undefined): string {
  if (value === undefined) return "null";
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return objectText(value as JsonObject, Object.keys(value));
}

function objectText(object: JsonObject, names: string[]): string {
  let text = "";
  for (const name of names.sort()) {
    if (object[name] !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${canonicalJson(object[name])}`;
  }
  return `{${text}}`;
}
