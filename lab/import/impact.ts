/** The impact that a status page reports, in our own words. `unknown`: it reports none. */
export type Impact = "none" | "minor" | "major" | "critical" | "unknown";

/**
 * The words of Statuspage (`impact`), of components (`status`), of incident.io, and of Google Cloud (`status_impact`).
 */
const words: Readonly<Record<string, Impact>> = {
  none: "none",
  operational: "none",
  maintenance: "none",
  under_maintenance: "none",
  minor: "minor",
  degraded: "minor",
  degraded_performance: "minor",
  major: "major",
  partial_outage: "major",
  critical: "critical",
  major_outage: "critical",
  full_outage: "critical",
  service_information: "none",
  service_disruption: "major",
  service_outage: "critical",
  unknown: "unknown",
  "": "unknown",
};

/** Null: no status page uses that word. */
export function impactOf(word: string): Impact | null {
  const plain = word.trim().toLowerCase().replaceAll(/[\s-]+/g, "_");
  return Object.hasOwn(words, plain) ? words[plain]! : null;
}

/** What an error names as expected. */
export const impactExpected = "none, minor, major, critical, degraded_performance, partial_outage, major_outage, full_outage, maintenance, or nothing";

/** How an impact is played. Rates 0..1; `latencyFactor` times normal. */
export interface Level {
  readonly errorRate: number;
  readonly latencyFactor: number;
}

/**
 * Estimates, since status pages publish no rates: rounded from the catalogue's incidents of that severity, whose error
 * rates (means over their phases) have the medians 0.16 for minor (and 0.06 to 0.1 for degraded), 0.2 for a partial
 * outage, 0.3 to 0.5 for major and critical ones.
 */
export const levels: Readonly<Record<Impact, Level>> = {
  none: { errorRate: 0, latencyFactor: 1 },
  minor: { errorRate: 0.1, latencyFactor: 2 },
  major: { errorRate: 0.3, latencyFactor: 2 },
  critical: { errorRate: 0.5, latencyFactor: 2.5 },
  unknown: { errorRate: 0.1, latencyFactor: 2 },
};

/** The one that is played with the most errors; `none` of none. */
export function worstImpact(impacts: readonly Impact[]): Impact {
  return impacts.reduce<Impact>((worst, impact) => (levels[impact].errorRate > levels[worst].errorRate ? impact : worst), "none");
}
