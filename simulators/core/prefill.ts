import type { PromptCacheSettings } from "../../kernel/capacity.ts";
import type { ChatRequest } from "../../kernel/chat.ts";
import { hashLetters } from "../../kernel/hash.ts";

const charactersOfToken = 4;
const prefixesMax = 50_000;

/**
 * Prefixes of prompts that have been read lately, in whole blocks (OpenAI: from 1,024 tokens on in steps of 128, five to ten minutes since the
 * last use). Bounded: the longest unused goes first.
 */
export class PromptCache {
  readonly #settings: PromptCacheSettings;
  /** Chained hash of a prefix -> when it is forgotten; in order of last use. */
  readonly #forgottenAtMs = new Map<string, number>();

  constructor(settings: PromptCacheSettings) {
    this.#settings = settings;
  }

  /** Tokens of the prompt's longest remembered prefix; 0 for none that is long enough. */
  cachedTokens(request: ChatRequest, nowMs: number): number {
    const { tokensMin, blockTokens } = this.#settings;
    const prefixes = prefixesOf(request, blockTokens);
    const forgotten = prefixes.findIndex((prefix) => (this.#forgottenAtMs.get(prefix) ?? -Infinity) <= nowMs);
    const cached = (forgotten === -1 ? prefixes.length : forgotten) * blockTokens;
    return cached >= tokensMin ? cached : 0;
  }

  /** The prompt has been read: all its prefixes are remembered from now on. */
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

/** A name for each whole block's end: equal iff all up to there is equal. */
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

/** Time to read what the cache did not hold, ms. */
export function prefillMs(tokensPerSecond: number | null, inputTokens: number, cachedTokens: number): number {
  return tokensPerSecond === null ? 0 : (1000 * Math.max(0, inputTokens - cachedTokens)) / tokensPerSecond;
}
