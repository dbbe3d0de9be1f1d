import type { ChatRequest, Json, JsonObject, LongText, RequestSource } from "../../../kernel/chat.ts";
import type { Digest } from "../../../kernel/seams.ts";
import type { Call } from "../call.ts";
import { isExactNumber } from "../exact-json.ts";
import { membersOf } from "../json-text.ts";
import { partsByMark } from "../long-text.ts";
import type { Pause } from "../pause.ts";
import { piecesOf } from "../pieces.ts";
import { canonicalJson, type CacheKey, ignoredFields, isIgnoredWord, isQuestion, keyPrefix, LONG_CHARACTERS } from "./key.ts";
import type { CacheConfig } from "./settings.ts";

interface KeySeams {
  /** Absent: the key is the text itself. */
  readonly newDigest: (() => Digest) | undefined;
  readonly pause: Pause;
}

/** The key of a request that was read in pieces: what `cacheKeyOf` covers, by its digest. */
export async function longCacheKeyOf(call: Call, settings: CacheConfig, { newDigest, pause }: KeySeams): Promise<CacheKey> {
  const { chat } = call;
  const prefix = keyPrefix(call, settings);
  const digested = async (request: ChatRequest) => {
    const digest = newDigest?.() ?? wholeText();
    for (const piece of batched(requestPieces(request))) {
      digest.update(piece);
      await pause();
    }
    return `${prefix}#${digest.end()}`;
  };
  const last = chat.messages.at(-1);
  const question = last !== undefined && isQuestion(chat) ? last.content : null;
  const scope = settings.semantic === null || question === null ? "" : await digested({ ...chat, messages: [...chat.messages.slice(0, -1), { ...last!, content: "" }] });
  return { exact: await digested(chat), scope: () => scope, question };
}

/** A conversation of 25,000 turns has six pieces a turn, and digesting a short one costs as much as a long one. */
const BATCH_CHARACTERS = 4_096;

function* batched(pieces: Iterable<string>): Generator<string> {
  let batch = "";
  for (const piece of pieces) {
    batch += piece;
    if (batch.length < BATCH_CHARACTERS) continue;
    yield batch;
    batch = "";
  }
  yield batch;
}

function wholeText(): Digest {
  const pieces: string[] = [];
  return { update: (piece) => void pieces.push(piece), end: () => pieces.join("") };
}

function* requestPieces(chat: ChatRequest): Generator<string> {
  const fields = chat as unknown as JsonObject;
  yield* objectPieces(fields, Object.keys(fields).filter((name) => name !== "embedding" && !ignoredFields.has(name)));
  if (chat.embedding !== undefined) yield canonicalJson({ dimensions: chat.embedding.dimensions });
  if (chat.source !== undefined) yield* ownPieces(chat.source, chat.stream);
}

/** As `canonicalJson`, in pieces. */
export function* canonicalPieces(value: Json | undefined): Generator<string> {
  if (typeof value === "string" && value.length >= LONG_CHARACTERS) {
    yield `#${value.length}:`;
    yield* piecesOf(value);
  } else if (Array.isArray(value)) {
    yield "[";
    for (const [index, item] of (value as readonly Json[]).entries()) {
      if (index > 0) yield ",";
      yield* canonicalPieces(item);
    }
    yield "]";
  } else if (typeof value !== "object" || value === null || isExactNumber(value)) yield canonicalJson(value);
  else yield* objectPieces(value as JsonObject, Object.keys(value));
}

function* objectPieces(object: JsonObject, names: string[]): Generator<string> {
  const present = names.sort().filter((name) => object[name] !== undefined);
  for (const [index, name] of present.entries()) {
    yield `${index === 0 ? "{" : ","}${JSON.stringify(name)}:`;
    yield* canonicalPieces(object[name]);
  }
  yield present.length === 0 ? "{}" : "}";
}

/** What the vocabulary does not say of a request: the members of its own words, as they stand there. */
function* ownPieces({ format, text, headers, long, untranslatable }: RequestSource, isStream: boolean): Generator<string> {
  yield Object.keys(headers).length === 0 ? "" : canonicalJson(headers);
  if (untranslatable.length === 0) return;
  yield canonicalJson({ format, isStream });
  const members = membersOf(text).filter(({ name }) => !isIgnoredWord(name, format)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, value } of members) {
    yield `,${JSON.stringify(name)}:`;
    yield* rawPieces(text.slice(value.start, value.end), long);
  }
}

function* rawPieces(outline: string, long: LongText | undefined): Generator<string> {
  for (const part of long === undefined ? [outline] : partsByMark(outline, long)) {
    if (typeof part !== "string") yield `#${part.value.length}:`;
    yield* piecesOf(typeof part === "string" ? part : part.value);
  }
}
