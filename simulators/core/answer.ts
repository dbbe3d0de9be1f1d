import type { ChatRequest } from "../../kernel/chat.ts";
import { hashLetters } from "../../kernel/hash.ts";
import { answerWord, decodeWord, encodeClose, encodeOpen, messageDigest, nameLetters, wordCheck, type Mark } from "../../kernel/mark.ts";
import type { SimulatorConfig } from "./config.ts";
import { attemptLetters, attemptUnit, type AttemptKey, type Fate } from "./fate.ts";

/** A complete answer before it is sent: its mark, and its text in the pieces that a stream sends. */
export interface Answer {
  readonly answerId: string;
  readonly digest: string;
  /** The model that the answer claims. */
  readonly model: string;
  /** One word each, marks included. The space between two words is at the start of the second. */
  readonly pieces: readonly string[];
}

const wordsDefault = 64;
const wordsMax = 4_000;
/** Share of a garbled answer's words that come from another answer. At least one does. */
const garbledShare = 0.3;

/**
 * A system message may limit every answer, as prompts do: "Answer in at most 5 words." The simulated model complies.
 */
const wordLimit = /\bin at most (\d{1,4}) words\b/i;

/**
 * The answer to `request`: OPEN, as many numbered words as `max_tokens` (64 if absent, 4000 at most), CLOSE. Marks are
 * not counted against `max_tokens`: a caller that continues a prefix has subtracted all tokens that it received, so the
 * tokens of its marks are added back.
 */
export function composeAnswer(config: SimulatorConfig, key: AttemptKey, request: ChatRequest, fate: Fate): Answer {
  const digest = messageDigest(config.markKey, lastUserMessage(request));
  const model = fate.kind === "wrong" && fate.wrong === "other_model" ? config.otherModel : config.deployment.model;
  const answerId = attemptLetters(key, "answer");
  const mark: Mark = { answerId, deployment: nameLetters(config.deployment.name), model: nameLetters(model), digest };
  const prefix = prefixOf(request, digest);
  const words = Math.min(wordsMax, Math.max(1, Math.min((request.maxTokens ?? wordsDefault) + prefix.marks, wordsAllowed(request) - prefix.words)));
  const first = prefix.words + 1;
  const last = prefix.words + words;
  let body = piecesOf(digest, first, last);
  if (fate.kind === "wrong" && fate.wrong === "garbled") body = garble(body, first, digest, key);
  const open = encodeOpen(mark, first);
  return { answerId, digest, model, pieces: [prefix.joined ? ` ${open}` : open, ...body, ` ${encodeClose(mark, last)}`] };
}

/**
 * Cache of the words of recent digests, from the first, each with the space before it: popular prompts and retries
 * repeat. Bounded. It changes no word.
 */
const known = new Map<string, string[]>();
const knownWordsMax = 50_000;
let knownWords = 0;

function piecesOf(digest: string, first: number, last: number): string[] {
  let words = known.get(digest);
  if (words === undefined || knownWords > knownWordsMax) {
    if (knownWords > knownWordsMax) {
      known.clear();
      knownWords = 0;
    }
    words = [];
    known.set(digest, words);
  }
  while (words.length < last) {
    words.push(` ${answerWord(digest, words.length + 1)}`);
    knownWords++;
  }
  return words.slice(first - 1, last);
}

/** Tokens of a request, by the usual estimate of four characters each. */
export function inputTokens(request: ChatRequest): number {
  const characters = request.messages.reduce((total, message) => total + message.content.length, 0);
  return Math.max(1, Math.ceil(characters / 4));
}

function wordsAllowed({ messages }: ChatRequest): number {
  const limits = messages.flatMap(({ role, content }) => (role === "system" ? (wordLimit.exec(content)?.[1] ?? []) : []));
  return Math.min(...limits.map(Number));
}

function lastUserMessage(request: ChatRequest): string {
  return request.messages.findLast((message) => message.role === "user")?.content ?? "";
}

/**
 * How many words of the answer to `digest` a final assistant message (a prefill) already holds: 1, 2, 3 .. in order.
 * Marks of earlier continuations are skipped. `joined`: the first new word needs a space in front, because the prefix
 * does not end with one.
 */
function prefixOf(request: ChatRequest, digest: string): { words: number; marks: number; joined: boolean } {
  const last = request.messages.at(-1);
  if (last?.role !== "assistant") return { words: 0, marks: 0, joined: false };
  let [words, marks] = [0, 0];
  for (const text of last.content.split(/\s+/)) {
    const word = decodeWord(text);
    if (word !== null && word.kind !== "word") marks++;
    if (word?.kind !== "word") continue;
    if (word.index !== words + 1 || word.check !== wordCheck(digest, word.index)) break;
    words++;
  }
  return { words, marks, joined: /\S$/.test(last.content) };
}

function garble(pieces: readonly string[], first: number, digest: string, key: AttemptKey): string[] {
  const foreign = hashLetters(`${digest}/garbled`);
  const unit = (index: number) => attemptUnit(key, "garble", index);
  const certain = Math.floor(unit(-1) * pieces.length);
  return pieces.map((piece, index) => (index === certain || unit(index) < garbledShare ? ` ${answerWord(foreign, first + index)}` : piece));
}
