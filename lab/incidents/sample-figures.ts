/**
 * How often ordinary incidents come, when, and how long they last, as status pages show it. Durations: log-normal fits
 * of ln(minutes) over the incidents of 2025-12 to 2026-09 (openai n = 90, anthropic n = 130). Gaps: May and June 2026
 * (openai), April to June 2026 (anthropic). Weekdays and hours: all incidents up to 2024-08 (n = 329 and 111). Computed
 * from the public histories that `sources` name. A status page shows an incident from its first post to its end, and
 * impact starts earlier.
 */
export interface IncidentFigures {
  /** Of ln(minutes). */
  readonly durationMu: number;
  readonly durationSigma: number;
  readonly gapHoursMean: number;
  /** Coefficient of variation: above 1 incidents come in clusters. */
  readonly gapCv: number;
  /** Monday to Sunday, adding up to 1. */
  readonly weekdayShares: readonly number[];
  /** Of the incidents that begin from 13 to 21 UTC. */
  readonly afternoonShare: number;
  /** Median share of an incident's length until a fix is in and only watching is left. */
  readonly untilFixedShare: number;
  readonly statusMix: Readonly<Record<string, number>>;
  readonly sources: readonly string[];
}

const histories = [
  "https://github.com/b3ngriffiths/ai-status-leaderboard (durations, gaps)",
  "https://github.com/atlarge-research/llm-service-analysis (weekdays, hours, stages)",
  "https://github.com/zhenghu/AI-reliability-report (share of full, partial and degraded incidents)",
];

export const incidentFigures = {
  openai: {
    durationMu: 4.69,
    durationSigma: 1.49,
    gapHoursMean: 23.6,
    gapCv: 1.19,
    weekdayShares: [0.115, 0.187, 0.233, 0.202, 0.193, 0.037, 0.033],
    afternoonShare: 0.57,
    untilFixedShare: 64 / 92,
    statusMix: { "500": 0.3, "503": 0.6, "429": 0.1 },
    sources: histories,
  },
  anthropic: {
    durationMu: 4.13,
    durationSigma: 1.3,
    gapHoursMean: 16.1,
    gapCv: 1.11,
    weekdayShares: [0.204, 0.23, 0.164, 0.146, 0.157, 0.073, 0.026],
    afternoonShare: 0.54,
    untilFixedShare: 39 / 60,
    statusMix: { "500": 0.4, "529": 0.6 },
    sources: histories,
  },
} as const satisfies Record<string, IncidentFigures>;

export type SampledProvider = keyof typeof incidentFigures;

/** OpenAI's 339 incidents of 2025 by what they were called; the error rates of each are ours. */
export const severities = [
  { name: "degraded", share: 230 / 339, errorRateMin: 0.02, errorRateMax: 0.15, latencyFactorMax: 3 },
  { name: "partial", share: 95 / 339, errorRateMin: 0.15, errorRateMax: 0.5, latencyFactorMax: 4 },
  { name: "full", share: 14 / 339, errorRateMin: 0.9, errorRateMax: 1, latencyFactorMax: 1 },
] as const;
