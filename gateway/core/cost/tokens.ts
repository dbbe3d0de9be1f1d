import type { ChatMessage, ChatRequest, RequestSource } from "../../../kernel/chat.ts";
import { countNonAscii } from "../../../kernel/utf8.ts";
import { textPieces } from "../long-text.ts";
import type { Pause } from "../pause.ts";
import { piecesOf } from "../pieces.ts";

/**
 * Tokens by length, for when no provider has counted them. English has some four characters a token (the rule of thumb
 * of OpenAI's help pages); one outside ASCII is often a token of its own.
 */
export function estimatedTokens(text: string): number {
  return tokensOf(text.length, countNonAscii(text));
}

function tokensOf(characters: number, others: number): number {
  return Math.ceil((characters - others) / 4) + others;
}

/** The probable size of a prompt: for the cost of an attempt that broke off before its provider reported usage. */
export function estimatedInputTokens(chat: ChatRequest): number {
  return Math.max(ownTokens(chat), chat.messages.reduce((total, message) => total + textTokens(message) + messageTokens, definitionTokens(chat)));
}

/**
 * The maximum size of a prompt, for reservations: dense text, such as code and figures, has about two characters a
 * token. What was not used is returned.
 */
export function inputTokensMax(chat: ChatRequest): number {
  return Math.max(ownTokens(chat) * 2, chat.messages.reduce((total, message) => total + textTokens(message) * 2 + messageTokens, definitionTokens(chat) * 2));
}

/** What messages and sources of long requests were counted at, in pieces. */
const counted = new WeakMap<object, number>();

/** Counts a long request in pieces, so that the functions above have little left to read. */
export async function countTokensInPieces({ messages, source }: ChatRequest, pause: Pause): Promise<void> {
  for (const message of messages) {
    const { content, toolCalls = [] } = message;
    if (content.length + toolCalls.reduce((total, call) => total + call.arguments.length, 0) < COUNTED_CHARACTERS || counted.has(message)) continue;
    let total = imageTokens(message) + (await tokensInPieces(content, pause));
    for (const call of toolCalls) total += (await tokensInPieces(call.name + call.arguments, pause)) + messageTokens;
    counted.set(message, total);
  }
  if (source !== undefined && source.untranslatable.length > 0 && !counted.has(source)) counted.set(source, await sourceTokensInPieces(source, pause));
}

/** Counting a shorter message again costs less than keeping its count. */
const COUNTED_CHARACTERS = 4_096;

async function tokensInPieces(text: string, pause: Pause): Promise<number> {
  let others = 0;
  for (const piece of piecesOf(text)) {
    others += countNonAscii(piece);
    await pause();
  }
  return tokensOf(text.length, others);
}

/** What may belong to a file that goes on in the next piece is counted with that. */
async function sourceTokensInPieces({ text, long }: RequestSource, pause: Pause): Promise<number> {
  let [characters, others, files, open] = [0, 0, 0, ""];
  const count = (part: string) => {
    const words = part.replace(encodedBytes, () => (files++, ""));
    characters += words.length;
    others += countNonAscii(words);
  };
  for (const piece of long === undefined ? piecesOf(text) : textPieces(text, long)) {
    const part = open + piece;
    const end = openFrom(part);
    count(part.slice(0, end));
    open = shortened(part.slice(end));
    await pause();
  }
  count(open);
  return tokensOf(characters, others) + files * IMAGE_TOKENS;
}

/** Where the bytes of a file begin with which a text may end. */
function openFrom(text: string): number {
  let at = text.length;
  while (at > 0 && text.length - at < 2 && text[at - 1] === "=") at--;
  while (at > 0 && isOfFile[text.charCodeAt(at - 1)] === 1) at--;
  return at;
}

/** By UTF-16 unit. */
const isOfFile = Uint8Array.from({ length: 128 }, (_, unit) => (/[\w+/]/.test(String.fromCharCode(unit)) ? 1 : 0));

/** A file counts the same, however long it is. */
function shortened(open: string): string {
  return open.length <= 2 * FILE_CHARACTERS ? open : open.slice(0, FILE_CHARACTERS) + open.slice(-2);
}

/** Fewer characters are words. */
const FILE_CHARACTERS = 200;

/** Bytes of an image, a sound or a file in base64. */
const encodedBytes = new RegExp(`[\\w+/]{${FILE_CHARACTERS},}={0,2}`, "g");

/**
 * A request that says more than the vocabulary does is as long as its own words, with each file counted as an image.
 */
function ownTokens({ source }: ChatRequest): number {
  if (source === undefined || source.untranslatable.length === 0) return 0;
  const known = counted.get(source);
  if (known !== undefined) return known;
  let files = 0;
  const text = source.long === undefined ? source.text : [...textPieces(source.text, source.long)].join("");
  const words = text.replace(encodedBytes, () => (files++, ""));
  return estimatedTokens(words) + files * IMAGE_TOKENS;
}

/**
 * Role and separators. Source: OpenAI's cookbook, "How to count tokens with tiktoken": 3 a message, 3 for the answer's
 * start.
 */
const messageTokens = 6;

/** An image of the largest size that is billed as one (Anthropic's vision page, 2026-06: some 1,600). */
const IMAGE_TOKENS = 1_600;

/** With the names and arguments of the functions that are called. */
function textTokens(message: ChatMessage): number {
  const known = counted.get(message);
  if (known !== undefined) return known;
  const { content, toolCalls } = message;
  const contentTokens = estimatedTokens(content) + imageTokens(message);
  return toolCalls === undefined ? contentTokens : toolCalls.reduce((total, call) => total + estimatedTokens(call.name + call.arguments) + messageTokens, contentTokens);
}

function imageTokens({ parts = [] }: ChatMessage): number {
  return IMAGE_TOKENS * parts.filter(({ type }) => type === "image").length;
}

/** Tools and the schema of the answer are part of the prompt: in an agent's requests they are most of it. */
function definitionTokens({ tools, output }: ChatRequest): number {
  const toolTokens = tools === undefined ? 0 : estimatedTokens(JSON.stringify(tools));
  return output?.type === "json_schema" ? toolTokens + estimatedTokens(JSON.stringify(output)) : toolTokens;
}
