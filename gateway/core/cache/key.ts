import type { ChatRequest, Json, JsonObject, RequestSource } from "../../../kernel/chat.ts";
import { hash64, toLetters } from "../../../kernel/hash.ts";
import type { Call } from "../call.ts";
import { isExactNumber, parseExact } from "../exact-json.ts";
import type { GatewayConfig } from "../config.ts";
import type { CacheConfig } from "./settings.ts";

export interface CacheKey {
  /** Everything that may change an answer, as text: two requests share an answer only where these are identical. */
  readonly exact: string;
  /**
   * The same without the text of the last user message: the scope in which similar questions are looked for. Computed
   * when it is read.
   */
  readonly scope: () => string;
  /** The last user message. Null where the answer does not follow from it, as with embeddings. */
  readonly question: string | null;
}

/**
 * Covers who asks (team, feature), which deployments would be asked with which credentials, and the whole request as
 * the provider would get it: model, system prompt, history, tools, every parameter, and, where the request says what
 * the vocabulary has no word for, all of its own words and the headers that belong to it. Only how the answer is sent
 * (stream or not) is left out. Two packages share no answer, because what differs between them may change it. `guards`
 * is part of it because guards clean the stored answers: a stricter guard starts with a cold cache.
 */
export function cacheKeyOf(call: Call, settings: CacheConfig): CacheKey {
  const { chat } = call;
  const prefix = keyPrefix(call, settings);
  const own = chat.source === undefined ? "" : ownText(chat.source);
  /**
   * In one piece: sums of texts stay trees of their parts, of which the cache would hold some fifty objects an answer.
   */
  const exact = [prefix, requestText(chat), own].join("");
  const last = chat.messages.at(-1);
  if (last === undefined || !isQuestion(chat)) return { exact, scope: () => "", question: null };
  return {
    exact,
    scope: () => prefix + requestText({ ...chat, messages: [...chat.messages.slice(0, -1), { ...last, content: "" }] }) + own,
    question: last.content,
  };
}

/**
 * Whether the last message is the question. Its text alone is not the whole question where the request
 * has words of its own, or shows an image.
 */
export function isQuestion({ messages, source, embedding }: ChatRequest): boolean {
  const last = messages.at(-1);
  const isTranslatable = source === undefined || source.untranslatable.length === 0;
  return last?.role === "user" && last.parts === undefined && embedding === undefined && isTranslatable;
}

/** By route and owner: for one config this part is the same for every request. */
const prefixByConfig = new WeakMap<GatewayConfig, Map<string, string>>();

/** The part of a key that does not come from the request: who asks which deployments, behind which guards. */
export function keyPrefix({ config, route, team, feature, reports }: Call, { scope }: CacheConfig): string {
  const known = prefixByConfig.get(config) ?? new Map<string, string>();
  prefixByConfig.set(config, known);
  const name = [route.name, team, scope === "feature" ? feature : "", ...route.deployments].join("\u001f");
  let prefix = known.get(name);
  if (prefix === undefined) {
    const targets = route.deployments.map((one) => {
      const found = config.deployments.find((deployment) => deployment.name === one);
      return found === undefined ? one : [found.name, found.dialect, found.model, found.baseUrl, found.credential];
    });
    const owner = { team, ...(scope === "feature" && { feature }) };
    /**
     * Owners are spelled out. What the config says about the rest is long and not secret, and a digest tells it apart
     * well enough.
     */
    const digest = keyDigest(canonicalJson({ targets, guards: config.guards ?? null, package: reports.package } as unknown as Json));
    prefix = canonicalJson({ owner, route: route.name, digest });
    known.set(name, prefix);
  }
  return prefix;
}

/** A digest for the entry's name. It does not prove equality: the whole key is compared when the answer is read. */
export function keyDigest(exact: string): string {
  return [exact, `${exact}\u001f2`].flatMap((text) => hash64(text)).map((part) => toLetters(part, 8)).join("");
}

/** Fields that change only how an answer is sent, or nothing. */
export const ignoredFields: ReadonlySet<string> = new Set(["stream", "includeUsage", "hints", "source"]);

/** The fields of a request's own words that say only how the answer is sent, or change no answer. */
const ignoredWords: ReadonlySet<string> = new Set(["stream", "stream_options", "user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key"]);

/**
 * What the vocabulary does not say of a request, besides the headers that belong to it. Such an answer depends on its
 * form as well: it is not translated.
 */
function ownText({ format, text, headers, untranslatable }: RequestSource): string {
  const belonging = Object.keys(headers).length === 0 ? "" : canonicalJson(headers);
  if (untranslatable.length === 0) return belonging;
  const body = parseExact(text) as JsonObject;
  const words = Object.keys(body).filter((name) => !isIgnoredWord(name, format));
  return belonging + canonicalJson({ format, isStream: body["stream"] === true }) + objectText(body, words);
}

/** Whether a response is kept decides what later requests may refer to. */
export function isIgnoredWord(name: string, format: RequestSource["format"]): boolean {
  return ignoredWords.has(name) && !(format === "openai_responses" && name === "store");
}

/** The part of a key that is the request. */
function requestText(request: ChatRequest): string {
  const fields = request as unknown as JsonObject;
  const embedding = request.embedding === undefined ? "" : canonicalJson({ dimensions: request.embedding.dimensions });
  const names = Object.keys(fields).filter((name) => name !== "embedding" && !ignoredFields.has(name));
  return objectText(fields, names) + embedding;
}

/** In a long text quotes and controls are not escaped: finding them takes ten times as long as the rest of the key. */
export const LONG_CHARACTERS = 65_536;

/**
 * JSON with sorted keys, so that equal values are equal texts. A long string stands there as it is, after its length:
 * no JSON begins with `#`, so that different values stay different texts.
 */
export function canonicalJson(value: Json | undefined): string {
  if (value === undefined) return "null";
  if (typeof value === "string" && value.length >= LONG_CHARACTERS) return `#${value.length}:${value}`;
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(",")}]`;
  if (typeof value !== "object" || value === null || isExactNumber(value)) return JSON.stringify(value);
  return objectText(value as JsonObject, Object.keys(value));
}

/**
 * Sorts in place. For the few names of most objects that takes a fraction of the time that the engine's own sort needs.
 */
function inOrder(names: string[]): readonly string[] {
  if (names.length > FEW_NAMES) return names.sort();
  for (let sorted = 1; sorted < names.length; sorted++) {
    const name = names[sorted]!;
    let at = sorted;
    for (; at > 0 && names[at - 1]! > name; at--) names[at] = names[at - 1]!;
    names[at] = name;
  }
  return names;
}

const FEW_NAMES = 12;

function objectText(object: JsonObject, names: string[]): string {
  let text = "";
  for (const name of inOrder(names)) {
    if (object[name] !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${canonicalJson(object[name])}`;
  }
  return `{${text}}`;
}
