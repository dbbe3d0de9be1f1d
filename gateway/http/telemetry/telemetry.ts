import type { Tracer } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock, ConfigSource, EventSink } from "../../../kernel/seams.ts";
import type { GatewayConfig } from "../../core/config.ts";
import type { GatewayState } from "../../core/contracts.ts";
import type { GatewayEvent } from "../../core/events.ts";
import type { Sampling } from "../../core/identifiers.ts";
import { logRecord } from "./log.ts";
import { knownNames } from "./known-names.ts";
import { GatewayMetrics } from "./metrics.ts";
import { type PackagesView, watchPackages } from "./package-metrics.ts";
import { scope } from "./schema.ts";
import { ChosenIds, SpanWriter } from "./spans.ts";
import { AggregatedMetrics } from "./aggregated-metrics.ts";

export interface Telemetry {
  readonly events: EventSink<GatewayEvent>;
  /** Which traces the sampler records. Null: no spans are created. */
  readonly isSampled: Sampling | null;
  /** Writes all metrics in Prometheus' text format. */
  readonly metricsHandler: (request: IncomingMessage, response: ServerResponse) => void;
  /**
   * Gauges read these from now on. `isStoreLocal`: whether this process draws on its own share; null: no store is
   * shared. `packages` null: the gateway follows no control plane.
   */
  watch(state: () => GatewayState, isStoreLocal: (() => boolean) | null, packages?: (() => PackagesView) | null): void;
  /** Flushes what waits to be sent. */
  shutdown(): Promise<void>;
}

/** Where spans go; `shutdown` flushes. */
export interface Tracing {
  readonly tracer: Tracer;
  shutdown(): Promise<void>;
}

export interface TelemetryOptions {
  readonly clock: Clock;
  readonly config: ConfigSource<GatewayConfig>;
  /** One line of JSON, without its line feed. */
  readonly writeLine: (line: string) => void;
  /** Null: no spans are created. */
  readonly tracing: ((ids: ChosenIds) => Promise<Tracing>) | null;
}

/**
 * Makes spans, metrics and log lines of the core's events. Registers nothing globally: two gateways may live in one
 * process.
 */
export async function startTelemetry({ clock, config, writeLine, tracing }: TelemetryOptions): Promise<Telemetry> {
  const aggregates = new AggregatedMetrics(scope);
  const prometheus = new PrometheusExporter({ preventServerStart: true, withoutScopeInfo: true, withoutTargetInfo: true, metricProducers: [aggregates] });
  const meters = new MeterProvider({ readers: [prometheus] });
  const known = knownNames(config);
  const meter = meters.getMeter(scope);
  const metrics = new GatewayMetrics({ meter, aggregates, config: known });
  /** Read for each event, because the machine's clock may be set. One value for all times of an event. */
  let originMs = 0;
  const toWallMs = (atMs: number) => originMs + atMs;
  const ids = new ChosenIds();
  const traces = await tracing?.(ids);
  const spans = traces && new SpanWriter({ tracer: traces.tracer, ids, toWallMs, config: known });
  const emit = (event: GatewayEvent) => {
    originMs = clock.wallMs() - clock.nowMs();
    metrics.record(event);
    spans?.record(event);
    const record = logRecord(event, toWallMs);
    if (record !== null) writeLine(JSON.stringify(record));
  };
  return {
    events: { emit: (event) => guarded(() => emit(event), writeLine) },
    isSampled: spans == null ? null : (trace) => spans.isSampled(trace),
    metricsHandler: (request, response) => prometheus.getMetricsRequestHandler(request, response),
    watch: (state, isStoreLocal, packages = null) => {
      metrics.watch(state, isStoreLocal);
      if (packages !== null) watchPackages(meter, packages);
    },
    shutdown: async () => void (await Promise.all([traces?.shutdown(), meters.shutdown()])),
  };
}

/** A sink never throws: a failure of telemetry must not fail a request. */
function guarded(emit: () => void, writeLine: (line: string) => void): void {
  try {
    emit();
  } catch (error) {
    writeLine(JSON.stringify({ event: "telemetry_failed", message: String(error) }));
  }
}
