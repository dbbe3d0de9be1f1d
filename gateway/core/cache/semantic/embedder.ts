import type { Signal } from "../../../../kernel/signal.ts";

/**
 * Maps texts to vectors so that similar texts have near vectors. The embedded default is `lexicalEmbedder`; another is
 * a model behind `/v1/embeddings`. Vectors of two embedders are never compared: `id` is part of every index's key.
 */
export interface Embedder {
  /** Changes whenever the vectors would. */
  readonly id: string;
  /** One vector of length 1, or all zeros for a text without content. Rejects when it fails, or with `Cancelled`. */
  embed(text: string, signal: Signal): Promise<Float32Array>;
}

/** Cosine of two vectors of length 1. */
export function similarityOf(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return 0;
  let product = 0;
  for (let index = 0; index < a.length; index++) product += a[index]! * b[index]!;
  return product;
}

/** Scales the vector to length 1. All zeros stays as it is. */
export function unitVector(values: Float32Array): Float32Array {
  let squares = 0;
  for (const value of values) squares += value * value;
  if (squares === 0) return values;
  const scale = 1 / Math.sqrt(squares);
  return values.map((value) => value * scale);
}
