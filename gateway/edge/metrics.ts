import type { EdgeEvent } from "./core/events.ts";
import type { EngineState } from "./engine.ts";

const prefix = "blastlab_edge";

/** Counters by name and labels, from the core's events. */
export class EdgeCounters {
  readonly #counts = new Map<string, number>();

  readonly emit = (event: EdgeEvent): void => {
    const sample = sampleOf(event);
    if (sample !== null) this.#counts.set(sample, (this.#counts.get(sample) ?? 0) + 1);
  };

  /** In Prometheus' text format. */
  text(): string {
    const byName = Map.groupBy([...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1)), ([sample]) => sample.replace(/\{.*/, ""));
    return [...byName].map(([name, samples]) => `# TYPE ${name} counter\n${samples.map(([sample, count]) => `${sample} ${count}\n`).join("")}`).join("");
  }
}

function sampleOf(event: EdgeEvent): string | null {
  if (event.kind === "request") return `${prefix}_requests_total{outcome="${event.outcome}"}`;
  if (event.kind === "attempt") return `${prefix}_attempts_total{replica="${event.replica}",end="${event.end}"}`;
  if (event.kind === "removed") return `${prefix}_removals_total{replica="${event.replica}",reason="${event.reason}"}`;
  if (event.kind === "kept") return `${prefix}_kept_total{replica="${event.replica}",reason="${event.reason}"}`;
  if (event.kind === "clock_jump") return `${prefix}_clock_jumps_total`;
  return null;
}

/** The gauges that both engines have. */
export function stateMetrics({ replicas }: EngineState): string {
  const gauge = (name: string, valueOf: (replica: EngineState["replicas"][number]) => number) =>
    `# TYPE ${prefix}_${name} gauge\n${replicas.map((replica) => `${prefix}_${name}{replica="${replica.id}",region="${replica.region}"} ${valueOf(replica)}\n`).join("")}`;
  return gauge("replica_share", ({ share }) => share) + gauge("replica_in_flight", ({ inFlight }) => inFlight) + gauge("replica_weight_percent", ({ weightPercent }) => weightPercent);
}
