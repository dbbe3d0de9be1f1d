import { ExportResultCode } from "@opentelemetry/core";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { PeriodicExportingMetricReader, type IMetricReader } from "@opentelemetry/sdk-metrics";
import { messageOf } from "../../kernel/errors.ts";

/** Where metrics are sent, and how often. */
export interface OtlpTarget {
  /** Path included: `http://127.0.0.1:4318/v1/metrics`. */
  readonly url: string;
  readonly everyMs: number;
}

/** The last export must not outlast the grace that a stopped process has. */
const timeoutMsMax = 1_000;

/**
 * Sends all metrics, JSON over HTTP, again and again. A target that takes none costs these exports and nothing else.
 * `onTrouble` is called with the first export that fails, and again after one that did not.
 */
export function otlpReader({ url, everyMs }: OtlpTarget, { seriesMax, onTrouble }: { readonly seriesMax: number; readonly onTrouble: (trouble: string) => void }): IMetricReader {
  const timeoutMs = Math.min(everyMs, timeoutMsMax);
  const exporter = new OTLPMetricExporter({ url, timeoutMillis: timeoutMs });
  const send = exporter.export.bind(exporter);
  let isFailing = false;
  exporter.export = (metrics, resultCallback) =>
    send(metrics, (result) => {
      const failed = result.code !== ExportResultCode.SUCCESS;
      if (failed && !isFailing) onTrouble(`Cannot send metrics to "${url}": ${messageOf(result.error)}`);
      isFailing = failed;
      resultCallback(result);
    });
  return new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: everyMs, exportTimeoutMillis: timeoutMs, cardinalityLimits: { default: seriesMax } });
}
