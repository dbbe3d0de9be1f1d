/** How a process that starts fills its cache with what was popular before it ended. */
export interface WarmUpConfig {
  /** Questions that are begun each second. */
  readonly requestsPerSecond: number;
  /** After so many, or so much money, or so long, it ends. */
  readonly requestsMax: number;
  readonly usdMax: number;
  readonly withinMs: number;
}

export const defaultWarmUp: WarmUpConfig = { requestsPerSecond: 2, requestsMax: 500, usdMax: 1, withinMs: 300_000 };
