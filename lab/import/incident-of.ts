import type { Incident, IncidentPhase } from "../../scenarios/incident.ts";
import type { Span, StatusEntry } from "./entry.ts";
import { levels } from "./impact.ts";
import { targetOf } from "./target.ts";
import { isoTime } from "./time.ts";

const msPerMinute = 60_000;
const notReported = "not reported by the status page";

/**
 * An entry of a status page as an incident of the catalogue's schema. When it was is reported, as impact time or as
 * page time; how bad, in numbers, is an estimate by the page's word for it, and every number is marked as an estimate.
 */
export function incidentOf(read: StatusEntry, id: string, file: string): Incident {
  const entry = { ...read, spans: read.spans.map((span) => ({ ...span, startMs: wholeSecond(span.startMs), endMs: wholeSecond(span.endMs) })).filter(({ startMs, endMs }) => startMs < endMs) };
  const startMs = entry.spans[0]!.startMs;
  const endMs = Math.max(...entry.spans.map((span) => span.endMs));
  const components = entry.components.join(", ");
  const source = sourceOf(entry, file);
  return {
    id,
    provider: entry.provider,
    scope: components === "" ? notReported : components,
    start: isoTime(startMs),
    end: isoTime(endMs),
    durationMin: minutesOf(endMs - startMs),
    times: {
      start: { is: entry.times.start, source },
      end: { is: entry.times.end, source },
      ...(entry.spans.length === 1 ? {} : { phases: { is: entry.times.phases, source } }),
    },
    shape: entry.spans.length === 1 ? "step" : "staircase",
    selectivity: components === "" ? notReported : `components: ${components}`,
    target: targetOf(entry),
    phases: entry.spans.map((span) => phaseOf(span, startMs, entry)),
    cause: entry.title ?? notReported,
    causeClass: "unknown",
    clientSymptoms: notReported,
    recovery: notReported,
    severity: entry.severity === "" ? "not published" : entry.severity,
    sources: [source],
    confidence: {
      timing: "reported",
      scope: components === "" ? "estimated" : "reported",
      cause: "estimated",
      clientSymptoms: "estimated",
      severity: entry.severity === "" ? "estimated" : "reported",
      phases: "see phases[].basis",
    },
  };
}

function phaseOf(span: Span, incidentMs: number, { provider }: StatusEntry): IncidentPhase {
  const { errorRate, latencyFactor } = levels[span.impact];
  const offsetMin = minutesOf(span.startMs - incidentMs);
  return {
    offsetMin,
    // From the rounded offset, so that no phase begins before the one before it has ended.
    lengthMin: rounded(minutesOf(span.endMs - incidentMs) - offsetMin),
    errorRate,
    statusMix: errorRate === 0 ? {} : mixOf(provider),
    latencyFactor,
    streamTruncationRate: 0,
    wrongOutputRate: 0,
    note: span.impact === "unknown" ? "the status page names no impact; level estimated as for a minor one" : `level estimated from the page's impact: ${span.impact}`,
    basis: {
      window: "reported",
      errorRate: "estimated",
      statusMix: "estimated",
      latencyFactor: "estimated",
      streamTruncationRate: "estimated",
      wrongOutputRate: "estimated",
    },
  };
}

/** Overload shows as 529 at Anthropic, as 503 elsewhere. */
function mixOf(provider: string): Readonly<Record<string, number>> {
  return provider === "anthropic" ? { "500": 0.5, "529": 0.5 } : { "500": 0.5, "503": 0.5 };
}

function sourceOf({ url, line, origin }: StatusEntry, file: string): string {
  if (url !== null) return url;
  const note = origin === null ? `line ${line}` : `line ${line}, ${origin.replaceAll(/[()\s]+/g, " ")}`;
  return `file:${encodeURIComponent(file)} (${note})`;
}

/** As the incident's start and end are written. */
function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

function minutesOf(ms: number): number {
  return rounded(ms / msPerMinute);
}

function rounded(minutes: number): number {
  return Math.round(minutes * 10_000) / 10_000;
}
