import type { CapacitySettings } from "../../kernel/capacity.ts";
import type { PlannedIncident } from "../../kernel/plan.ts";

/** A phase with at least this error rate counts as an outage: the deployment restarts at its end. */
const downErrorRateMin = 0.95;

/**
 * When the deployment restarts with cold caches, ms on the run's timeline, ascending: at the end of every phase in
 * which it was down.
 */
export function restartsOf(incidents: readonly PlannedIncident[]): readonly number[] {
  const phases = incidents.flatMap((incident) => incident.phases);
  const down = phases.filter(({ errorRate }) => errorRate >= downErrorRateMin);
  const ends = down.map(({ toMs }) => toMs).filter((toMs) => !down.some((next) => next.fromMs <= toMs && toMs < next.toMs));
  return [...new Set(ends)].sort((a, b) => a - b);
}

/**
 * Factor on every latency at `nowMs`: `factor` right after the last restart, 1 from `lengthMs` after it, linear in
 * between.
 */
export function coldFactor(settings: CapacitySettings["coldStart"], restarts: readonly number[], nowMs: number): number {
  if (settings === null) return 1;
  const last = restarts.findLast((atMs) => atMs <= nowMs);
  if (last === undefined) return 1;
  const warmShare = Math.min(1, (nowMs - last) / settings.lengthMs);
  return 1 + (settings.factor - 1) * (1 - warmShare);
}
