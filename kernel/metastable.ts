/** Requests of a span, and how many of them were good. */
export interface GoodOf {
  readonly requests: number;
  readonly good: number;
}

/**
 * Whether the system stayed down by itself. `proven`: with the faults gone it was down before the load was cut, and the
 * same load, restored, was served. `recovered`: it was well again before. `not_proven`: it was down afterwards too.
 * `inconclusive`: too few requests.
 */
export interface Metastability {
  readonly state: "proven" | "recovered" | "not_proven" | "inconclusive";
  /** Before the faults, or of the same span of a run without them. */
  readonly controlShare: number;
  /** At the end of the recovery window. */
  readonly beforeCut: GoodOf;
  readonly restored: GoodOf;
}
