import { hashLetters } from "../../kernel/hash.ts";
import type { WireRequest } from "../../kernel/transport.ts";
import { utf8Text } from "../../kernel/utf8.ts";

/** The identity of a request: its id, or a digest of its body where the system under test does not forward the id. */
export interface Identity {
  readonly requestId: string;
  readonly identity: "header" | "digest";
}

export function identify(request: WireRequest): Identity {
  const id = request.headers["x-client-request-id"];
  if (id !== undefined && id !== "") return { requestId: id, identity: "header" };
  return { requestId: hashLetters(utf8Text(request.body)), identity: "digest" };
}

/**
 * Counts the arrivals of each id, from 0. Bounded: ids are kept in two generations of at most `generationMax`, and when
 * the younger is full the older is dropped. An id is kept for at least `generationMax` arrivals of other ids after its
 * last one, and at most twice that many ids are held. Retries follow within seconds, and 100,000 arrivals are minutes
 * of any load that one machine can offer.
 */
export class OrdinalCounter {
  readonly #generationMax: number;
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  constructor(generationMax = 100_000) {
    this.#generationMax = generationMax;
  }

  /** Ids that are held. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  next(id: string): number {
    const ordinal = this.#young.get(id) ?? this.#recalled(id);
    this.#young.set(id, ordinal + 1);
    return ordinal;
  }

  /** The ordinal of an id that is not in the younger generation. Makes room there. */
  #recalled(id: string): number {
    const ordinal = this.#old.get(id);
    if (ordinal !== undefined) this.#old.delete(id);
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    return ordinal ?? 0;
  }
}
