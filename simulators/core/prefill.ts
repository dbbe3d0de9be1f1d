import type { PromptCacheSettings } from "../../kernel/capacity.ts";
import type { ChatRequest } from "../../kernel/chat.ts";
import { hashLetters } from "../../kernel/hash.ts";

const charactersOfToken = 4;
const prefixesMax = 50_000;

/** When a prefix can be read from the cache. */
interface Kept {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Cache of recent prompt prefixes, in whole blocks (OpenAI: from 1,024 tokens in steps of 128, kept five to ten minutes
 * after the last use). A prefix is there once the first request with it has been read: whoever comes before that pays
 * in full as well (OpenAI and Anthropic document both). Bounded: the least recently used is dropped first.
 */
export class PromptCache {
  readonly #settings: PromptCacheSettings;
  /** By the chained hash of a prefix, in order of last use. */
  readonly #kept = new Map<string, Kept>();

  constructor(settings: PromptCacheSettings) {
    this.#settings = settings;
  }

  /** Tokens of the prompt's longest cached prefix. 0 for none that is long enough. */
  cachedTokens(request: ChatRequest, nowMs: number): number {
    const { tokensMin, blockTokens } = this.#settings;
    const prefixes = prefixesOf(request, blockTokens);
    const missing = prefixes.findIndex((prefix) => !this.#isKept(prefix, nowMs));
    const cached = (missing === -1 ? prefixes.length : missing) * blockTokens;
    return cached >= tokensMin ? cached : 0;
  }

  /** Adds all prefixes of a prompt that will have been read at `readMs`. */
  remember(request: ChatRequest, readMs: number): void {
    const { blockTokens, ttlMs } = this.#settings;
    for (const prefix of prefixesOf(request, blockTokens)) {
      const before = this.#kept.get(prefix);
      const fromMs = before === undefined || before.toMs <= readMs ? readMs : Math.min(before.fromMs, readMs);
      this.#kept.delete(prefix);
      this.#kept.set(prefix, { fromMs, toMs: readMs + ttlMs });
    }
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= prefixesMax) break;
      this.#kept.delete(oldest);
    }
  }

  #isKept(prefix: string, nowMs: number): boolean {
    const kept = this.#kept.get(prefix);
    return kept !== undefined && kept.fromMs <= nowMs && nowMs < kept.toMs;
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
