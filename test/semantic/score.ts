import { similarityOf } from "../../gateway/core/cache/semantic/embedder.ts";
import { lexicalVector } from "../../gateway/core/cache/semantic/lexical.ts";
import { termsOf } from "../../gateway/core/cache/semantic/terms.ts";
import { strictVeto } from "../../gateway/core/cache/semantic/veto.ts";
import { wilson } from "../../kernel/stats.ts";
import type { Pair } from "./pairs.ts";

/** What the cache's two judges say about one pair. */
export interface Scored extends Pair {
  readonly similarity: number;
  readonly vetoed: boolean;
}

export function scored(pairs: readonly Pair[]): readonly Scored[] {
  return pairs.map((pair) => {
    const [a, b] = [termsOf(pair.a), termsOf(pair.b)];
    return { ...pair, similarity: similarityOf(lexicalVector(a), lexicalVector(b)), vetoed: strictVeto(a, b) !== null };
  });
}

/** Shares of hits; `falseHitsUpper` is the upper end of their 95 % Wilson interval. */
export interface Rates {
  readonly nearMisses: number;
  readonly falseHits: number;
  readonly falseHitsUpper: number;
  readonly paraphrases: number;
  readonly hits: number;
  readonly recall: number;
}

export function ratesOf(pairs: readonly Scored[], isHit: (pair: Scored) => boolean): Rates {
  const nearMisses = pairs.filter(({ label }) => label === "near-miss");
  const paraphrases = pairs.filter(({ label }) => label === "paraphrase");
  const falseHits = nearMisses.filter(isHit).length;
  const hits = paraphrases.filter(isHit).length;
  return {
    nearMisses: nearMisses.length,
    falseHits,
    falseHitsUpper: wilson(falseHits, nearMisses.length)[1],
    paraphrases: paraphrases.length,
    hits,
    recall: hits / paraphrases.length,
  };
}

/**
 * The lowest threshold, in steps of 0.01, that has no false hit on these pairs with the veto on, and a margin of 0.05
 * above it; at most 0.95.
 */
export function calibrated(pairs: readonly Scored[]): number {
  const worst = Math.max(0, ...pairs.filter(({ label, vetoed }) => label === "near-miss" && !vetoed).map(({ similarity }) => similarity));
  const lowest = Math.max(0.8, Math.floor(worst * 100) / 100 + 0.01);
  return Math.min(0.95, Math.round((lowest + 0.05) * 100) / 100);
}
