import type { Incident, IncidentPhase } from "./incident.ts";

/**
 * The incident with every estimated level times `level`: to see whether a conclusion depends on a guess. Rates stay at
 * most 1, a latency factor scales by what it adds to 1. What a source reports stays as it is, and so do times and
 * status mixes, which are not levels.
 */
export function atLevel(incident: Incident, level: number): Incident {
  return level === 1 ? incident : { ...incident, phases: incident.phases.map((phase) => phaseAtLevel(phase, level)) };
}

function phaseAtLevel(phase: IncidentPhase, level: number): IncidentPhase {
  const guessed = (field: string) => phase.basis[field] === "estimated";
  const rate = (field: "errorRate" | "streamTruncationRate" | "wrongOutputRate") => (guessed(field) ? Math.min(1, phase[field] * level) : phase[field]);
  const { addedLatencyMs, regionOverrides } = phase;
  return {
    ...phase,
    errorRate: rate("errorRate"),
    streamTruncationRate: rate("streamTruncationRate"),
    wrongOutputRate: rate("wrongOutputRate"),
    latencyFactor: guessed("latencyFactor") ? 1 + (phase.latencyFactor - 1) * level : phase.latencyFactor,
    ...(addedLatencyMs !== undefined && guessed("addedLatencyMs") ? { addedLatencyMs: addedLatencyMs * level } : {}),
    ...(regionOverrides !== undefined && guessed("regionOverrides")
      ? { regionOverrides: Object.fromEntries(Object.entries(regionOverrides).map(([region, { errorRate }]) => [region, { errorRate: Math.min(1, errorRate * level) }])) }
      : {}),
  };
}
