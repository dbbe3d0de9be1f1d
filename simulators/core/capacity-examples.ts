import type { CapacitySettings, LimitSettings } from "../../kernel/capacity.ts";

/** Settings for tests of limits and capacity: nothing limits but what the test sets. */

export const noLimits: LimitSettings = {
  requestsPerMinute: null,
  tokensPerMinute: null,
  inputTokensPerMinute: null,
  outputTokensPerMinute: null,
  burstMs: 60_000,
  acceleration: null,
  pool: null,
};

export const roomy: CapacitySettings = {
  slots: 2,
  queueMax: 2,
  queueMsMax: 10_000,
  fullStatus: null,
  loadedFactor: 1,
  prefillTokensPerSecond: null,
  abandoned: "stops",
  coldStart: null,
};
