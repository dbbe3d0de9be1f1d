import type { CapacitySettings, LimitSettings } from "../../kernel/capacity.ts";

/** Ready-made settings for the tests of the physics: nothing limits but what the test is about. */

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
