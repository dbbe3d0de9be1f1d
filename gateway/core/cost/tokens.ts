import type { ChatMessage, ChatRequest } from "../../../kernel/chat.ts";
import { countNonAscii } from "../../../kernel/utf8.ts";

/**
 * Tokens by length, for when no provider has counted them. English has some four characters a token (the rule of thumb
 * of OpenAI's help pages); one outside ASCII is often a token of its own.
 */
export function estimatedTokens(text: string): number {
  const others = countNonAscii(text);
  return Math.ceil((text.length - others) / 4) + others;
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

/** Bytes of an image, a sound or a file in base64. */
const encodedBytes = /[\w+/]{200,}={0,2}/g;

/** A request that says more than the vocabulary does is as long as its own words, with each file counted as an image. */
function ownTokens({ source }: ChatRequest): number {
  if (source === undefined || source.untranslatable.length === 0) return 0;
  let files = 0;
  const words = source.text.replace(encodedBytes, () => (files++, ""));
  return estimatedTokens(words) + files * IMAGE_TOKENS;
}

/**
 * Role and separators. Source: OpenAI's cookbook, "How to count tokens with tiktoken": 3 a message, 3 for the answer's
 * start.
 */
const messageTokens = 6;

/** An image of the largest size that is billed as one (Anthropic's vision page, 2026-06: some 1,600). */
const IMAGE_TOKENS = 1_600;

/** The function's name and arguments. */
function textTokens({ content, parts = [], toolCalls }: ChatMessage): number {
  const contentTokens = estimatedTokens(content) + IMAGE_TOKENS * parts.filter(({ type }) => type === "image").length;
  return toolCalls === undefined ? contentTokens : toolCalls.reduce((total, call) => total + estimatedTokens(call.name + call.arguments) + messageTokens, contentTokens);
}

/** Tools and the schema of the answer are part of the prompt: in an agent's requests they are most of it. */
function definitionTokens({ tools, output }: ChatRequest): number {
  const toolTokens = tools === undefined ? 0 : estimatedTokens(JSON.stringify(tools));
  return output?.type === "json_schema" ? toolTokens + estimatedTokens(JSON.stringify(output)) : toolTokens;
}
