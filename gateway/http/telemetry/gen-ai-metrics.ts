import { genAiMetricNames } from "../../../kernel/metric-names.ts";
import type { DeploymentConfig } from "../../core/config.ts";
import type { GatewayEvent } from "../../core/events.ts";
import type { AttemptReport } from "../../core/attempt-report.ts";
import { providerNameOf, serverOf } from "./conventions.ts";
import type { Distribution, Histogram, AggregatedMetrics } from "./aggregated-metrics.ts";

type Finished = Extract<GatewayEvent, { type: "finished" }>;
type Operation = "chat" | "embeddings";

/** The buckets that the convention specifies. */
const durationBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const tokenBoundaries = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864];

const common = ["gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "server_address", "server_port"] as const;
type Common = (typeof common)[number];

/** The histograms of one operation; null: the conventions have none. */
interface Histograms {
  readonly duration: Histogram<Common | "error_type">;
  readonly firstChunk: Histogram<Common> | null;
  readonly input: Histogram<Common>;
  readonly output: Histogram<Common> | null;
}

/** The series of one kind of attempt, looked up once. */
interface Kind {
  readonly deployment: DeploymentConfig;
  readonly labels: Readonly<Record<Common, string>>;
  readonly duration: Distribution;
  /** Null: nothing has been recorded yet. */
  firstChunk: Distribution | null;
  input: Distribution | null;
  output: Distribution | null;
}

/**
 * The metrics that OpenTelemetry's conventions specify for callers of a model: each attempt is one operation. Those of
 * a model's server (`gen_ai.server.*`) are the provider's.
 */
export class GenAiMetrics {
  readonly #histograms: Readonly<Record<Operation, Histograms>>;
  readonly #deployment: (name: string) => DeploymentConfig | undefined;
  readonly #kinds = new Map<string, Kind>();

  constructor(aggregates: AggregatedMetrics, deployment: (name: string) => DeploymentConfig | undefined) {
    this.#deployment = deployment;
    const names = genAiMetricNames;
    const duration = (name: string) => aggregates.histogram(name, { description: "GenAI operation duration", unit: "s", labels: [...common, "error_type"], boundaries: durationBoundaries });
    const tokens = (name: string, kind: string) => aggregates.histogram(name, { description: `${kind} tokens of an operation`, unit: "{token}", labels: common, boundaries: tokenBoundaries });
    const firstChunk = aggregates.histogram(names.inferenceFirstChunk, { description: "Time to the first chunk of a stream", unit: "s", labels: common, boundaries: durationBoundaries });
    this.#histograms = {
      chat: { duration: duration(names.inferenceDuration), firstChunk, input: tokens(names.inferenceInputTokens, "Input"), output: tokens(names.inferenceOutputTokens, "Output") },
      embeddings: { duration: duration(names.embeddingsDuration), firstChunk: null, input: tokens(names.embeddingsInputTokens, "Input"), output: null },
    };
  }

  record({ attempts, operation }: Finished): void {
    for (const attempt of attempts) this.#attempt(attempt, operation ?? "chat");
  }

  #attempt({ deployment, failure, startedMs, endedMs, usage, stream, answer }: AttemptReport, operation: Operation): void {
    const kind = this.#kind(deployment, operation, failure ?? "");
    if (kind === undefined) return;
    const { firstChunk, input, output } = this.#histograms[operation];
    kind.duration.record((endedMs - startedMs) / 1_000);
    if (stream === true && answer !== undefined) (kind.firstChunk ??= firstChunk?.of(kind.labels) ?? null)?.record((answer.firstChunkMs - startedMs) / 1_000);
    /** Only what the provider reported: the conventions allow no estimates here. */
    if (!usage) return;
    (kind.input ??= input.of(kind.labels)).record(usage.inputTokens);
    (kind.output ??= output?.of(kind.labels) ?? null)?.record(usage.outputTokens);
  }

  /** A deployment that a reload has removed keeps its last description. */
  #kind(name: string, operation: Operation, error: string): Kind | undefined {
    const key = `${name}\u001f${operation}\u001f${error}`;
    const known = this.#kinds.get(key);
    const deployment = this.#deployment(name) ?? known?.deployment;
    if (deployment === undefined || deployment === known?.deployment) return known;
    const { address, port } = serverOf(deployment);
    const labels = {
      gen_ai_operation_name: operation,
      gen_ai_provider_name: providerNameOf(deployment),
      gen_ai_request_model: deployment.model,
      server_address: address,
      server_port: String(port),
    };
    const made = { deployment, labels, duration: this.#histograms[operation].duration.of({ ...labels, error_type: error }), firstChunk: null, input: null, output: null };
    this.#kinds.set(key, made);
    return made;
  }
}
