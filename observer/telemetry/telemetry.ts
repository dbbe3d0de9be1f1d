import type { Histogram, Meter } from "@opentelemetry/api";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, type IMetricReader } from "@opentelemetry/sdk-metrics";
import type { IncomingMessage, ServerResponse } from "node:http";
import { countedMetricNames, observerMetricNames } from "../../kernel/metric-names.ts";
import type { Judged } from "../measure/classify.ts";
import type { ObserverCounts } from "../measure/observer-counts.ts";
import { metricDescriptions, type ObservedName } from "./descriptions.ts";

const scope = "blastlab-observer";

/** Bounds of the histogram, seconds, as of the gateway's: the two are compared. */
const boundaries = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 60, 120];

/** A plan bounds its cells and deployments. Above its own limit the SDK merges what comes later into one series. */
export const seriesMax = 1_000_000;

export interface TelemetryOptions {
  readonly counts: ObserverCounts;
  /** How many requests' time to be sent has come. */
  readonly offered: () => number;
  readonly run: string;
  /** Sends the metrics; null: they are served alone. */
  readonly sender: IMetricReader | null;
}

/**
 * The observer's own metrics: served as Prometheus text, and sent as OTLP where that is asked for. Nothing of the
 * system under test is on their way.
 */
export class ObserverTelemetry implements AsyncDisposable {
  readonly #counts: ObserverCounts;
  readonly #prometheus = new PrometheusExporter({ preventServerStart: true, withoutScopeInfo: true, withoutTargetInfo: true });
  readonly #meters: MeterProvider;
  readonly #firstToken: Histogram;

  constructor({ counts, offered, run, sender }: TelemetryOptions) {
    this.#counts = counts;
    const readers = sender === null ? [this.#prometheus] : [this.#prometheus, sender];
    const resource = resourceFromAttributes({ "service.name": scope, "service.instance.id": run });
    this.#meters = new MeterProvider({ readers, resource, views: [{ instrumentName: "*", aggregationCardinalityLimit: seriesMax }] });
    const meter = this.#meters.getMeter(scope);
    for (const name of [...Object.values(observerMetricNames), ...Object.values(countedMetricNames)]) if (name !== observerMetricNames.firstToken) this.#observe(meter, name, offered);
    const { firstToken } = observerMetricNames;
    this.#firstToken = meter.createHistogram(firstToken, { unit: "s", description: metricDescriptions[firstToken], advice: { explicitBucketBoundaries: boundaries } });
  }

  /** Read at each scrape and each export. */
  #observe(meter: Meter, name: Exclude<ObservedName, typeof observerMetricNames.firstToken>, offered: () => number): void {
    const options = { description: metricDescriptions[name] };
    const instrument = name.endsWith("_total") ? meter.createObservableCounter(name, options) : meter.createObservableGauge(name, options);
    instrument.addCallback((result) => {
      if (name === observerMetricNames.offered) result.observe(offered());
      else for (const { labels, value } of this.#counts.read(name)) result.observe(value, labels);
    });
  }

  takeClient(judged: Judged): void {
    this.#counts.takeClient(judged);
    const { firstTokenMs, intendedMs, route } = judged.record;
    if (firstTokenMs !== null) this.#firstToken.record((firstTokenMs - intendedMs) / 1_000, { route });
  }

  /** Answers a scrape. */
  answer(request: IncomingMessage, response: ServerResponse): void {
    this.#prometheus.getMetricsRequestHandler(request, response);
  }

  /** Sends what has not been sent yet. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#meters.shutdown();
  }
}
