/** The usage that answers reported to their clients, beside the providers' log. */
export interface ReportedUsage {
  /** Answers that reported their usage. */
  readonly compared: number;
  /** Of those, how many reported another than the providers logged. */
  readonly wrong: number;
  readonly classes: readonly UsageClass[];
}

/** Answers of one deployment, in one form, with one source. */
export interface UsageClass {
  /** Null: several legs. */
  readonly deployment: string | null;
  readonly form: "stream" | "json";
  /** `other_request`: an attempt of another request gave the answer (a cache, a mix-up). */
  readonly source: "own" | "other_request";
  readonly compared: number;
  /** Answers that reported no usage. */
  readonly unreported: number;
  readonly wrong: number;
  /**
   * Of the wrong ones, those that a provider counted wrong because of a fault. The rest were reported wrong by the
   * system itself.
   */
  readonly faults: readonly { readonly fault: string; readonly requests: number }[];
  readonly reported: TokenCounts;
  /** The most that may be reported. */
  readonly logged: TokenCounts;
}

interface TokenCounts {
  readonly inputTokens: number;
  readonly outputTokens: number;
}
