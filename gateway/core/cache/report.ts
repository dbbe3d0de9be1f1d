/** What the cache had to do with a request; in its event and its header. */
export interface CacheReport {
  /** `stale`: given because the providers failed. */
  readonly status: "miss" | "hit" | "stale";
  /** How a hit was found: the same request, the same request under way, or a like question. */
  readonly kind: "exact" | "coalesced" | "semantic" | null;
  /** Of the answer, since it was complete. */
  readonly ageMs: number;
  /** Of the two questions; 1 for the same. */
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
