import { edgeMetricNames as names } from "../../kernel/metric-names.ts";
import { metricsText, seriesText } from "../http/metrics-text.ts";
import type { EdgeEvent, KeptReason, OutReason } from "./core/events.ts";
import type { EngineState } from "./engine.ts";

type Labels = Readonly<Record<string, string>>;

const outReasons = ["down", "ejected"] as const satisfies readonly OutReason[];
const keptReasons = ["last", "limit"] as const satisfies readonly KeptReason[];
const outcomes = ["answered", "cut", "unavailable", "client_gone", "refused"] as const satisfies readonly Extract<EdgeEvent, { kind: "request" }>["outcome"][];

/**
 * Counters by name and labels, from the core's events. Those that can be foreseen are 0 from the start: a counter that
 * appears with its first count has no rate.
 */
export class EdgeCounters {
  readonly #counts = new Map<string, number>();

  constructor(replicas: readonly string[]) {
    const zero = (name: string, labels: Labels) => this.#counts.set(seriesText(name, labels), 0);
    for (const outcome of outcomes) zero(names.requests, { outcome });
    for (const replica of replicas) {
      zero(names.attempts, { replica, end: "ok" });
      for (const reason of outReasons) zero(names.removals, { replica, reason });
      for (const reason of keptReasons) zero(names.kept, { replica, reason });
    }
    zero(names.clockJumps, {});
  }

  readonly emit = (event: EdgeEvent): void => {
    const counted = sampleOf(event);
    if (counted !== null) this.#counts.set(counted, (this.#counts.get(counted) ?? 0) + 1);
  };

  /** In Prometheus' text format. */
  text(): string {
    const byName = Map.groupBy([...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1)), ([name]) => name.replace(/\{.*/, ""));
    return [...byName].map(([name, samples]) => `# TYPE ${name} counter\n${samples.map(([labelled, count]) => `${labelled} ${count}\n`).join("")}`).join("");
  }
}

function sampleOf(event: EdgeEvent): string | null {
  if (event.kind === "request") return seriesText(names.requests, { outcome: event.outcome });
  if (event.kind === "attempt") return seriesText(names.attempts, { replica: event.replica, end: event.end });
  if (event.kind === "removed") return seriesText(names.removals, { replica: event.replica, reason: event.reason });
  if (event.kind === "kept") return seriesText(names.kept, { replica: event.replica, reason: event.reason });
  if (event.kind === "clock_jump") return seriesText(names.clockJumps, {});
  return null;
}

/** The gauges that both engines have. */
export function stateMetrics({ replicas }: EngineState): string {
  const gauge = (name: string, valueOf: (replica: EngineState["replicas"][number]) => number) =>
    ({ name, type: "gauge", samples: replicas.map((replica) => [{ replica: replica.id, region: replica.region }, valueOf(replica)] as const) }) as const;
  return metricsText([gauge(names.replicaShare, ({ share }) => share), gauge(names.replicaInFlight, ({ inFlight }) => inFlight), gauge(names.replicaWeight, ({ weightPercent }) => weightPercent)]);
}
