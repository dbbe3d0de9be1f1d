/**
 * The version of the gateway's telemetry. `docs/observability.md` describes each name, and a contract test compares
 * this file, the page and what is really emitted. A removed name or a changed meaning is a new major version, a new
 * name a minor one.
 */
export const schemaVersion = "1.3.1";

/**
 * Attributes of spans: `gen_ai.*`, `http.*`, `server.*` and `error.*` as OpenTelemetry defines them, `blastlab.*` our
 * own.
 */
export const spanAttributes = [
  "gen_ai.operation.name",
  "gen_ai.provider.name",
  "gen_ai.request.model",
  "gen_ai.request.stream",
  "gen_ai.usage.input_tokens",
  "gen_ai.usage.output_tokens",
  "gen_ai.usage.cache_read.input_tokens",
  "gen_ai.usage.cache_creation.input_tokens",
  "http.response.status_code",
  "server.address",
  "server.port",
  "error.type",
  "blastlab.request_id",
  "blastlab.team",
  "blastlab.feature",
  "blastlab.stream",
  "blastlab.outcome",
  "blastlab.first_token_ms",
  "blastlab.cost_usd",
  "blastlab.failed_cost_usd",
  "blastlab.cache",
  "blastlab.prompt",
  "blastlab.guards",
  "blastlab.deployment",
  "blastlab.attempt_reason",
] as const;

export type SpanAttribute = (typeof spanAttributes)[number];

/** Attributes of one span: names outside the schema do not type-check. */
export type SpanAttributes = Readonly<Partial<Record<SpanAttribute, string | number | boolean>>>;
