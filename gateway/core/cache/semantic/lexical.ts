import { hash64 } from "../../../../kernel/hash.ts";
import { type Embedder, unitVector } from "./embedder.ts";
import { type Terms, termsOf } from "./terms.ts";

const DIMENSIONS = 384;

/** The weight of each kind of feature. Letters keep two spellings of a word near each other. */
const weights = { intent: 1, hard: 1, soft: 0.35, pair: 0.5, letters: 0.15 } as const;

/**
 * Embeds without a model and without a download: the canonical terms of a question, their neighbours and their letter
 * triples, hashed with a sign into 384 numbers (the hashing trick: Weinberger et al. 2009). It finds rewordings that
 * share their words or that the vocabulary knows; it does not understand anything.
 */
export const lexicalEmbedder: Embedder = {
  id: "lexical/2",
  embed: async (text) => lexicalVector(termsOf(text)),
};

export function lexicalVector(terms: Terms): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  if (terms.hard.length === 0 && terms.soft.length === 0) return vector;
  const add = (feature: string, weight: number) => {
    const [place, sign] = hash64(feature);
    vector[place % DIMENSIONS]! += (sign & 1) === 0 ? weight : -weight;
  };
  add(`intent ${terms.intent}`, weights.intent);
  terms.hard.forEach((term, index) => {
    add(`term ${term}`, weights.hard);
    if (index > 0) add(`pair ${terms.hard[index - 1]} ${term}`, weights.pair);
    for (const triple of triplesOf(term)) add(`letters ${triple}`, weights.letters);
  });
  for (const term of new Set(terms.soft)) add(`term ${term}`, weights.soft);
  return unitVector(vector);
}

function triplesOf(word: string): readonly string[] {
  const framed = `^${word}$`;
  return Array.from({ length: Math.max(0, framed.length - 2) }, (_, index) => framed.slice(index, index + 3));
}
