/** The usage that answers told their clients, beside the providers' log. */
export interface ToldUsage {
  /** Answers that told their usage. */
  readonly compared: number;
  /** Of those, how many told another than the providers logged. */
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
  /** Answers that told no usage. */
  readonly untold: number;
  readonly wrong: number;
  /**
   * Of the wrong ones, those that a provider counted wrong because of a fault. The system itself told the others wrong.
   */
  readonly faults: readonly { readonly fault: string; readonly requests: number }[];
  readonly told: TokenCounts;
  /** The most that may be told. */
  readonly logged: TokenCounts;
}

interface TokenCounts {
  readonly inputTokens: number;
  readonly outputTokens: number;
}
