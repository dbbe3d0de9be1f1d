import type { Usage } from "../../../kernel/chat.ts";

/** What an attempt was billed for. `isEstimated`: it ended before its provider reported usage. */
export interface AttemptUsage extends Usage {
  readonly isEstimated: boolean;
}

/** One attempt that was billed. */
export interface CostLeg {
  readonly spanId: string;
  readonly deployment: string;
  readonly model: string;
  readonly usage: AttemptUsage;
  /** Null: the model, its service tier or something else that it billed has no price. */
  readonly nanoUsd: number | null;
  /** The attempt failed: its cost bought nothing, or a part that another attempt completed. */
  readonly failed: boolean;
}

/** What one request cost, over all its attempts. Money in billionths of a US dollar. */
export interface RequestCost {
  readonly legs: readonly CostLeg[];
  readonly nanoUsd: number;
  /** The part of `nanoUsd` that failed attempts cost. */
  readonly failedNanoUsd: number;
  readonly usage: Required<Pick<Usage, "inputTokens" | "outputTokens" | "cachedInputTokens" | "cacheWriteTokens">>;
  /** False: a leg has no price, and `nanoUsd` leaves it out. */
  readonly isPriced: boolean;
  /** `nanoUsd`, and legs whose tier or other charges have no price by the list price of their tokens. */
  readonly listNanoUsd: number;
}
