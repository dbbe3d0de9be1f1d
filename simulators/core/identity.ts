import { hashLetters } from "../../kernel/hash.ts";
import type { WireRequest } from "../../kernel/transport.ts";
import { utf8Text } from "../../kernel/utf8.ts";

/** Who a request is (design, section 3.8): its id, or a digest of its body where the system under test does not forward the id. */
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
 * How many-th arrival of an id this is, from 0. Bounded: ids are kept in two generations of at most `generationMax`; when the younger is
 * full the older is forgotten. An id is remembered for at least `generationMax` arrivals of other ids after its last one, and at most
 * twice that many ids are held. Retries follow within seconds, so 100,000 is minutes of any load that one machine can offer.
 */
export class OrdinalCounter {
  readonly #generationMax: number;
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  constructor(generationMax = 100_000) {
    this.#generationMax = generationMax;
  }

  /** Ids held now. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  next(id: string): number {
    const ordinal = this.#young.get(id) ?? this.#recalled(id);
    this.#young.set(id, ordinal + 1);
    return ordinal;
  }

  /** The ordinal of an id that is not among the young, and room for it there. */
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
