import type { Incident } from "../../scenarios/incident.ts";
import { knownProviders } from "../../scenarios/providers.ts";
import type { RecordedProfile } from "./core/profile.ts";

const msPerMinute = 60_000;

export interface RecordingFacts {
  readonly provider: string;
  /** Unix ms of the recording's begin. */
  readonly startMs: number;
  /** The profile's file, for its source. */
  readonly file: string;
}

/** What went wrong during a recording, as an incident of the catalogue's schema; null when nothing did. */
export function recordedIncident({ phases, lengthMs }: RecordedProfile, { provider, startMs, file }: RecordingFacts): Incident | null {
  if (phases.every(({ errorRate, streamTruncationRate, latencyFactor }) => errorRate === 0 && streamTruncationRate === 0 && latencyFactor === 1)) return null;
  const source = `file:${encodeURIComponent(file)} (recorded)`;
  const time = { is: "impact", source } as const;
  const instant = (ms: number) => new Date(ms).toISOString();
  return {
    id: `recorded-${provider}-${instant(startMs).slice(0, 16).toLowerCase().replaceAll(/[^0-9]+/g, "-")}`,
    provider,
    scope: "what passed the recorder",
    start: instant(startMs),
    end: instant(startMs + lengthMs),
    durationMin: lengthMs / msPerMinute,
    times: { start: time, end: time, ...(phases.length === 1 ? {} : { phases: time }) },
    shape: phases.length === 1 ? "plateau" : "as recorded",
    selectivity: "uniform",
    target: { providers: knownProviders.filter((known) => provider.includes(known)).slice(0, 1), surfaces: ["api"], basis: { providers: "reported", surfaces: "reported" } },
    phases: phases.map(({ fromMs, toMs, requests, errorRate, statusMix, latencyFactor, streamTruncationRate }) => ({
      offsetMin: fromMs / msPerMinute,
      lengthMin: (toMs - fromMs) / msPerMinute,
      errorRate,
      statusMix,
      latencyFactor,
      streamTruncationRate,
      wrongOutputRate: 0,
      note: `${requests} requests`,
      basis: { window: "reported", errorRate: "reported", statusMix: "reported", latencyFactor: "reported", streamTruncationRate: "reported", wrongOutputRate: "estimated" },
    })),
    cause: "not known: it was recorded from outside",
    causeClass: "unknown",
    clientSymptoms: "see phases",
    recovery: "not known",
    severity: "not published",
    sources: [source],
    confidence: { timing: "reported", scope: "reported", cause: "estimated", clientSymptoms: "reported", severity: "estimated", phases: "see phases[].basis" },
  };
}
