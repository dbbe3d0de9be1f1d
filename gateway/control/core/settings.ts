/**
 * One step of a rollout: the candidate's share of the requests, and how much of them, and for how long, must be seen
 * before the next.
 */
export interface RolloutStep {
  readonly share: number;
  readonly requestsMin: number;
  readonly msMin: number;
}

export interface ControlSettings {
  readonly region: string;
  /** The last one has share 1. */
  readonly steps: readonly RolloutStep[];
  /** A package larger than this times the last good one needs force. */
  readonly sizeRatioMax: number;
  /** A candidate that is worse with less probability than this by chance is rolled back. */
  readonly rollbackP: number;
  /** It is promoted only above this one: between the two the step holds. */
  readonly promotionP: number;
  /**
   * How long another region must have run a package in full before its receipt counts here, and how long after a
   * promotion a webhook rolls back.
   */
  readonly bakeMs: number;
  /** Whether the eval gate compares a package whose answers may differ with the active one. */
  readonly evaluates: boolean;
  /** The region whose receipt a push needs here; null: none. */
  readonly receiptFrom: string | null;
}

/**
 * What a push with force waits where a receipt is needed, and how long a package is active before its region signs one.
 * No setting: nothing may shorten it.
 */
export const forceWaitMs = 60_000;

export const defaultSteps: readonly RolloutStep[] = [0.01, 0.1, 1].map((share) => ({ share, requestsMin: 300, msMin: 300_000 }));
