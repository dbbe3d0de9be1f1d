import type { LatencyProfile } from "../kernel/plan.ts";

const openRouterProbes =
  "60,480 probes over 7 days through OpenRouter, p50 and p95 of the first token, tokens a second: jonathanwrede.de/en/blog/i-monitored-6-llm-apis-for-7-days";

/** Sigma of a log-normal from its median and 95th percentile: ln(p95 / p50) / 1.645. */
const profile = (firstTokenMsP50: number, firstTokenMsP95: number, tokensPerSecond: number): LatencyProfile => ({
  firstTokenMsP50,
  firstTokenSigma: Math.round((Math.log(firstTokenMsP95 / firstTokenMsP50) / 1.645) * 1000) / 1000,
  tokensPerSecond,
  source: openRouterProbes,
});

const openRouterMedians =
  "medians over some 30 h through OpenRouter, 20-token replies: jonathanwrede.de/en/blog/ttft-varies-13x-across-llm-providers; sigma estimated, the middle of the other models'";

/** A source that gives medians only: the sigma is the middle of those that the 7-day probes give (0.25 to 0.87). */
const median = (firstTokenMsP50: number, tokensPerSecond: number): LatencyProfile => ({
  firstTokenMsP50,
  firstTokenSigma: 0.55,
  tokensPerSecond,
  source: openRouterMedians,
});

/** Measured latency of real models, by the name that a scenario's deployment may give as `latency`. */
export const latencyProfiles: Readonly<Record<string, LatencyProfile>> = {
  "gpt-4o-mini": profile(645, 1_094, 105),
  "claude-3.5-haiku": profile(731, 1_106, 58),
  "gemini-2.0-flash": profile(556, 2_313, 137),
  "llama-3.3-70b": profile(761, 2_221, 48),
  "deepseek-chat": profile(1_068, 3_017, 26),
  "mistral-small": profile(2_735, 10_852, 192),
  "gemini-2.5-flash-lite": median(321, 192),
  "gemini-2.5-flash": median(412, 236),
  "gpt-5.4": median(912, 45),
  "gpt-5.5": median(1_158, 44),
  "claude-opus-4.6": median(1_709, 70),
  "deepseek-v3.2": median(1_734, 25),
  "claude-sonnet-4.6": median(2_120, 44),
  "claude-opus-4.7": median(2_494, 95),
};
