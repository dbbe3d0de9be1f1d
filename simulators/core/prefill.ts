import type { PromptCacheSettings } from "../../kernel/capacity.ts";
import type { ChatRequest } from "../../kernel/chat.ts";
import { hashLetters } from "../../kernel/hash.ts";

const charactersOfToken = 4;
const prefixesMax = 50_000;

/**
 * Cache of recent prompt prefixes, in whole blocks (OpenAI: from 1,024 tokens in steps of 128, kept five to ten minutes
 * after the last use). Bounded: the least recently used is dropped first.
 */
export class PromptCache {
  readonly #settings: PromptCacheSettings;
  /** Chained hash of a prefix -> when it expires, in order of last use. */
  readonly #forgottenAtMs = new Map<string, number>();

  constructor(settings: PromptCacheSettings) {
    this.#settings = settings;
  }

  /** Tokens of the prompt's longest cached prefix. 0 for none that is long enough. */
  cachedTokens(request: ChatRequest, nowMs: number): number {
    const { tokensMin, blockTokens } = this.#settings;
    const prefixes = prefixesOf(request, blockTokens);
    const forgotten = prefixes.findIndex((prefix) => (this.#forgottenAtMs.get(prefix) ?? -Infinity) <= nowMs);
    const cached = (forgotten === -1 ? prefixes.length : forgotten) * blockTokens;
    return cached >= tokensMin ? cached : 0;
  }

  /** Adds all prefixes of a prompt. */
  remember(request: ChatRequest, nowMs: number): void {
    const { blockTokens, ttlMs } = this.#settings;
    for (const prefix of prefixesOf(request, blockTokens)) {
      this.#forgottenAtMs.delete(prefix);
      this.#forgottenAtMs.set(prefix, nowMs + ttlMs);
    }
    for (const oldest of this.#forgottenAtMs.keys()) {
      if (this.#forgottenAtMs.size <= prefixesMax) break;
      this.#forgottenAtMs.delete(oldest);
    }
  }
}

/** A hash for the end of each whole block: equal if and only if the text up to there is equal. */
function prefixesOf(request: ChatRequest, blockTokens: number): readonly string[] {
  const text = request.messages.map(({ role, content }) => `${role}\u001f${content}`).join("\u001e");
  const length = blockTokens * charactersOfToken;
  const prefixes: string[] = [];
  let chain = request.model;
  for (let end = length; end <= text.length; end += length) {
    chain = hashLetters(`${chain}\u001f${text.slice(end - length, end)}`);
    prefixes.push(chain);
  }
  return prefixes;
}

/** Time to read the part of the prompt that is not cached, ms. */
export function prefillMs(tokensPerSecond: number | null, inputTokens: number, cachedTokens: number): number {
  return tokensPerSecond === null ? 0 : (1000 * Math.max(0, inputTokens - cachedTokens)) / tokensPerSecond;
}
