/** Of all spans and metrics, and the default `service.name`. */
export const scope = "blastlab-gateway";

/**
 * The version of the gateway's telemetry. `docs/observability.md` describes each name, and a contract test compares
 * this file, the page and what is really emitted. A removed name or a changed meaning is a new major version, a new
 * name a minor one.
 */
export const schemaVersion = "2.7.2";

/**
 * The version of OpenTelemetry's conventions for generative AI whose names are used here: of the scope of every span.
 * `gen-ai-names.json` lists the names.
 */
export const genAiSchemaUrl = "https://opentelemetry.io/schemas/gen-ai/1.42.0";

/**
 * Attributes of spans: `gen_ai.*`, `http.*`, `server.*` and `error.*` as OpenTelemetry defines them, `blastlab.*` our
 * own.
 */
export const spanAttributes = [
  "gen_ai.operation.name",
  "gen_ai.provider.name",
  "gen_ai.request.model",
  "gen_ai.request.stream",
  "gen_ai.response.id",
  "gen_ai.response.model",
  "gen_ai.response.finish_reasons",
  "gen_ai.response.time_to_first_chunk",
  "gen_ai.prompt.name",
  "gen_ai.prompt.version",
  "gen_ai.usage.input_tokens",
  "gen_ai.usage.output_tokens",
  "gen_ai.usage.cache_read.input_tokens",
  "gen_ai.usage.cache_write.input_tokens",
  "gen_ai.usage.reasoning.output_tokens",
  "http.response.status_code",
  "server.address",
  "server.port",
  "error.type",
  "blastlab.request_id",
  "blastlab.team",
  "blastlab.feature",
  "blastlab.outcome",
  "blastlab.reason",
  "blastlab.first_token_ms",
  "blastlab.usage_estimated",
  "blastlab.cost_usd",
  "blastlab.failed_cost_usd",
  "blastlab.cache",
  "blastlab.guards",
  "blastlab.package",
  "blastlab.deployment",
  "blastlab.attempt_reason",
] as const;

export type SpanAttribute = (typeof spanAttributes)[number];

/** Attributes of one span: names outside the schema do not type-check. */
export type SpanAttributes = Readonly<Partial<Record<SpanAttribute, string | number | boolean | string[]>>>;
