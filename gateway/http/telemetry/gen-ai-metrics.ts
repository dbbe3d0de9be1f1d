import { genAiMetricNames } from "../../../kernel/metric-names.ts";
import type { DeploymentConfig } from "../../core/config.ts";
import type { GatewayEvent } from "../../core/events.ts";
import type { AttemptReport } from "../../core/attempt-report.ts";
import { providerNames, serverOf } from "./conventions.ts";
import type { Distribution, Histogram, AggregatedMetrics } from "./aggregated-metrics.ts";

type Finished = Extract<GatewayEvent, { type: "finished" }>;

/** The buckets that the convention specifies. */
const durationBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const tokenBoundaries = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864];

const common = ["gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "server_address", "server_port"] as const;
type Common = (typeof common)[number];

/** The series of one kind of attempt, looked up once. */
interface Kind {
  readonly deployment: DeploymentConfig;
  readonly labels: Readonly<Record<Common, string>>;
  readonly duration: Distribution;
  /** Null: none has reported usage yet. */
  input: Distribution | null;
  output: Distribution | null;
}

/**
 * The metrics that OpenTelemetry's conventions specify for callers of a model: each attempt is one operation. Those of
 * a model's server (`gen_ai.server.*`) are the provider's.
 */
export class GenAiMetrics {
  readonly #duration: Histogram<Common | "error_type">;
  readonly #tokens: Histogram<Common | "gen_ai_token_type">;
  readonly #deployment: (name: string) => DeploymentConfig | undefined;
  readonly #kinds = new Map<string, Kind>();

  constructor(aggregates: AggregatedMetrics, deployment: (name: string) => DeploymentConfig | undefined) {
    this.#deployment = deployment;
    this.#duration = aggregates.histogram(genAiMetricNames.operationDuration, {
      description: "GenAI operation duration",
      unit: "s",
      labels: [...common, "error_type"],
      boundaries: durationBoundaries,
    });
    this.#tokens = aggregates.histogram(genAiMetricNames.tokenUsage, {
      description: "Number of input and output tokens used",
      unit: "{token}",
      labels: [...common, "gen_ai_token_type"],
      boundaries: tokenBoundaries,
    });
  }

  record({ attempts, operation }: Finished): void {
    for (const attempt of attempts) this.#attempt(attempt, operation ?? "chat");
  }

  #attempt({ deployment, failure, startedMs, endedMs, usage }: AttemptReport, operation: string): void {
    const kind = this.#kind(deployment, operation, failure ?? "");
    if (kind === undefined) return;
    kind.duration.record((endedMs - startedMs) / 1_000);
    /** Only what the provider reported: the conventions allow no estimates here. */
    if (!usage) return;
    kind.input ??= this.#tokens.of({ ...kind.labels, gen_ai_token_type: "input" });
    kind.input.record(usage.inputTokens);
    if (operation !== "chat") return;
    kind.output ??= this.#tokens.of({ ...kind.labels, gen_ai_token_type: "output" });
    kind.output.record(usage.outputTokens);
  }

  /** A deployment that a reload has removed keeps its last description. */
  #kind(name: string, operation: string, error: string): Kind | undefined {
    const key = `${name}\u001f${operation}\u001f${error}`;
    const known = this.#kinds.get(key);
    const deployment = this.#deployment(name) ?? known?.deployment;
    if (deployment === undefined || deployment === known?.deployment) return known;
    const { address, port } = serverOf(deployment);
    const labels = {
      gen_ai_operation_name: operation,
      gen_ai_provider_name: providerNames[deployment.dialect],
      gen_ai_request_model: deployment.model,
      server_address: address,
      server_port: String(port),
    };
    const made = { deployment, labels, duration: this.#duration.of({ ...labels, error_type: error }), input: null, output: null };
    this.#kinds.set(key, made);
    return made;
  }
}
