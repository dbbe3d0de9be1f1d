/** The cache's part in a request, for its event and its header. */
export interface CacheReport {
  /** `stale`: used because the providers failed. */
  readonly status: "miss" | "hit" | "stale";
  /** How a hit was found: the same request, the same request in flight, or a similar question. */
  readonly kind: "exact" | "coalesced" | "semantic" | null;
  /** Age of the answer since it was complete. */
  readonly ageMs: number;
  /** Similarity of the two questions; 1 for the same. */
  readonly similarity: number;
}

export const miss: CacheReport = { status: "miss", kind: null, ageMs: 0, similarity: 0 };
export const coalesced: CacheReport = { status: "hit", kind: "coalesced", ageMs: 0, similarity: 1 };

/** `miss`, `hit; age=12`, `hit; age=3; similarity=0.97`, `stale; age=340`: ages in whole seconds, as in HTTP's Age. */
export function cacheHeader({ status, kind, ageMs, similarity }: CacheReport): string {
  if (status === "miss") return status;
  const age = `${status}; age=${Math.floor(ageMs / 1000)}`;
  return kind === "semantic" ? `${age}; similarity=${similarity.toFixed(2)}` : age;
}
