import { diag, DiagLogLevel, trace } from "@opentelemetry/api";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import { clipped } from "./clipped.ts";
import { genAiSchemaUrl, schemaVersion, scope } from "./schema.ts";
import type { ChosenIds } from "./spans.ts";
import type { Tracing } from "./telemetry.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether the environment asks for spans over OTLP: it names a collector, or `otlp` among its exporters, whose default
 * collector is on this machine. By OpenTelemetry's own variables. Other exporters are not built in, and where they
 * alone are named nothing is sent.
 */
export function isTracingWanted(environment: Environment): boolean {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: tracesEndpoint, OTEL_SDK_DISABLED: disabled, OTEL_TRACES_EXPORTER: listed = "" } = environment;
  if (disabled?.trim().toLowerCase() === "true") return false;
  const exporters = listed.toLowerCase().split(",").map((name) => name.trim()).filter((name) => name !== "");
  return exporters.length === 0 ? Boolean(tracesEndpoint || endpoint) : exporters.includes("otlp");
}

/**
 * Exports spans to the collector that the process's environment names. Its packages are loaded only then. The resource
 * is that of `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`; without them, gateways differ by
 * `service.instance.id`. Spans that the collector does not accept are lost, which is logged. With `OTEL_LOG_LEVEL` set,
 * OpenTelemetry logs it in its own form.
 */
export async function otlpTracing(ids: ChosenIds, { environment, writeLine }: { environment: Environment; writeLine: (line: string) => void }): Promise<Tracing> {
  const complain = (message: string) => writeLine(JSON.stringify({ event: "tracing_failed", message: clipped(message) }));
  diag.setLogger({ error: complain, warn: complain, info: () => {}, debug: () => {}, verbose: () => {} }, DiagLogLevel.WARN);
  const [{ NodeSDK }, resources, traceExporter] = await Promise.all([import("@opentelemetry/sdk-node"), import("@opentelemetry/resources"), exporterFor(environment)]);
  const isUnread = Object.keys(resources.resourceAttributesEnvDetector.detect().attributes ?? {}).length === 0;
  if (isUnread && environment["OTEL_RESOURCE_ATTRIBUTES"]?.trim()) complain("OTEL_RESOURCE_ATTRIBUTES cannot be read, so none of it is used: write key=value,key=value, with %2C and %3D for commas and equals signs");
  const sdk = new NodeSDK({
    resource: resources.defaultResource().merge(resources.resourceFromAttributes({ "service.name": scope })),
    /** A later one overrides an earlier one. None reads the machine: its name and users are no part of a trace. */
    resourceDetectors: [resources.serviceInstanceIdDetector, resources.resourceAttributesEnvDetector, resources.serviceNameEnvDetector],
    idGenerator: ids,
    /** With the SDK's own batches, which read `OTEL_BSP_*`. */
    traceExporter,
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  return { tracer: trace.getTracerProvider().getTracer(scope, schemaVersion, { schemaUrl: genAiSchemaUrl }), shutdown: () => sdk.shutdown() };
}

/** JSON over HTTP where the environment names no protocol: a person can read what it sends. */
async function exporterFor({ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: ofTraces, OTEL_EXPORTER_OTLP_PROTOCOL: ofAll }: Environment): Promise<SpanExporter> {
  const protocol = (ofTraces?.trim() || ofAll?.trim() || "http/json").toLowerCase();
  if (protocol === "grpc") return new (await import("@opentelemetry/exporter-trace-otlp-grpc")).OTLPTraceExporter();
  if (protocol === "http/protobuf") return new (await import("@opentelemetry/exporter-trace-otlp-proto")).OTLPTraceExporter();
  if (protocol !== "http/json") diag.warn(`Unknown OTLP protocol "${protocol}": sending http/json; known are grpc, http/protobuf, http/json`);
  return new (await import("@opentelemetry/exporter-trace-otlp-http")).OTLPTraceExporter();
}
