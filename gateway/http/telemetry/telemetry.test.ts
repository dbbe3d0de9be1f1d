import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { InMemorySpanExporter, ParentBasedSampler, SamplingDecision, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { liveClock } from "../../../kernel/clock-live.ts";
import { accountMetricNames, alarmMetricNames, genAiMetricNames, metricNames } from "../../../kernel/metric-names.ts";
import { parseConfig } from "../config-file.ts";
import type { Clock } from "../../../kernel/clock.ts";
import type { GatewayState } from "../../core/contracts.ts";
import type { GatewayEvent } from "../../core/events.ts";
import { startTelemetry, type Tracing } from "./telemetry.ts";
import type { ChosenIds } from "./spans.ts";

const config = parseConfig(
  JSON.stringify({
    keys: [{ key: "vk", team: "search", feature: "answers" }],
    deployments: [{ name: "primary", dialect: "anthropic", model: "m-1", baseUrl: "http://127.0.0.1:9001/v1", credential: "env:K" }],
    routes: [{ name: "chat", deployments: ["primary"] }],
  }),
  "g.json",
).gateway;

const traceId = "0af7651916cd43dd8448eb211c80319c";
const started: GatewayEvent = {
  type: "started",
  id: "00f067aa0ba902b7",
  traceparent: `00-${traceId}-b7ad6b7169203331-01`,
  requestId: "r1",
  team: "search",
  feature: "answers",
  route: "chat",
  stream: true,
  atMs: 1_000,
};
const finished: GatewayEvent = {
  type: "finished",
  id: started.id,
  requestId: "r1",
  team: "search",
  feature: "answers",
  route: "chat",
  stream: true,
  startedMs: 1_000,
  firstTokenMs: 1_500,
  endedMs: 3_000,
  outcome: { kind: "failure", failure: "truncated" },
  status: 200,
  attempts: [
    { spanId: "1111111111111111", deployment: "primary", startedMs: 1_000, endedMs: 1_100, failure: "overloaded", status: 503 },
    { spanId: "2222222222222222", deployment: "primary", startedMs: 1_200, endedMs: 3_000, failure: null, status: 200 },
  ],
  inputTokens: 7,
  outputTokens: 2,
};
const state: GatewayState = {
  inFlight: 3,
  retryBudgetTokens: 12.5,
  breakers: [{ deployment: "primary", state: "half_open", reason: "probe", untilMs: null }],
};

async function telemetryWith(tracing: ((ids: ChosenIds) => Promise<Tracing>) | null = null, clock: Clock = liveClock(0)) {
  const lines: Record<string, unknown>[] = [];
  const source = { current: () => config, onChange: () => () => {} };
  const telemetry = await startTelemetry({ clock, config: source, writeLine: (line) => lines.push(JSON.parse(line) as Record<string, unknown>), tracing });
  onTestFinished(() => telemetry.shutdown());
  return { telemetry, lines };
}

async function scrape(telemetry: Awaited<ReturnType<typeof telemetryWith>>["telemetry"]): Promise<string> {
  const server = createServer(telemetry.metricsHandler).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`)).text();
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("startTelemetry: the metrics shown are exactly those of the kernel, by their names and labels", async () => {
  const { telemetry } = await telemetryWith();
  telemetry.watch(() => state, null);
  telemetry.events.emit(started);
  telemetry.events.emit(finished);
  const text = await scrape(telemetry);
  const names = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name]) => name);
  const expected = [...Object.values(metricNames), genAiMetricNames.inferenceDuration, accountMetricNames.unpriced, alarmMetricNames.contractBreaches];
  expect(names).toHaveLength(expected.length);
  expect(new Set(names)).toEqual(new Set(expected));
  expect(text).toContain(`${metricNames.requests}{route="chat",team="search",feature="answers",outcome="failure"} 1`);
  expect(text).toContain(`${metricNames.attempts}{deployment="primary",outcome="overloaded"} 1`);
  expect(text).toContain(`${metricNames.attempts}{deployment="primary",outcome="success"} 1`);
  expect(text).toContain(`${metricNames.requestDuration}_sum{route="chat"} 2`);
  expect(text).toContain(`${metricNames.requestDuration}_bucket{route="chat",le="2"} 1`);
  expect(text).toContain(`${metricNames.requestDuration}_bucket{route="chat",le="1.5"} 0`);
  expect(text).toContain(`${metricNames.firstToken}_sum{route="chat"} 0.5`);
  expect(text).toContain(`${metricNames.inFlight} 3`);
  expect(text).toContain(`${metricNames.retryBudget} 12.5`);
  expect(text).toContain(`${metricNames.breakerState}{deployment="primary",state="half_open"} 1`);
  expect(text).toContain(`${metricNames.breakerState}{deployment="primary",state="closed"} 0`);
});

test("startTelemetry: alarms are 0 before the first one; a shared store is local or not, and one that nobody shares is neither", async () => {
  const { telemetry } = await telemetryWith();
  let isLocal = false;
  telemetry.watch(() => state, () => isLocal);
  await scrape(telemetry);
  const before = await scrape(telemetry);
  expect(before).toContain(`${alarmMetricNames.contractBreaches}{deployment="primary"} 0`);
  expect(before).toContain(`${accountMetricNames.unpriced}{deployment="primary"} 0`);
  expect(before).toContain(`${accountMetricNames.storeLocal} 0`);
  isLocal = true;
  telemetry.events.emit({ type: "contract_broken", requestId: "r", deployment: "primary", detail: "choices: expected an array", atMs: 1 });
  const after = await scrape(telemetry);
  expect(after).toContain(`${alarmMetricNames.contractBreaches}{deployment="primary"} 1`);
  expect(after).toContain(`${accountMetricNames.storeLocal} 1`);
  const { telemetry: alone } = await telemetryWith();
  alone.watch(() => state, null);
  expect(await scrape(alone)).not.toContain(accountMetricNames.storeLocal);
});

test("startTelemetry: a route that a client made up is no label", async () => {
  const { telemetry } = await telemetryWith();
  telemetry.events.emit({ ...finished, route: "made-up", outcome: { kind: "rejected", by: "route" }, attempts: [], firstTokenMs: null });
  const text = await scrape(telemetry);
  expect(text).not.toContain("made-up");
  expect(text).toContain(`route="unknown"`);
});

test("startTelemetry: one log line a finished request", async () => {
  const { telemetry, lines } = await telemetryWith();
  telemetry.events.emit(started);
  telemetry.events.emit(finished);
  expect(lines).toEqual([
    {
      at: expect.stringMatching(/Z$/),
      event: "request",
      requestId: "r1",
      id: started.id,
      team: "search",
      feature: "answers",
      route: "chat",
      stream: true,
      status: 200,
      outcome: "failure:truncated",
      firstTokenMs: 500,
      totalMs: 2000,
      attempts: ["primary:overloaded:503@100", "primary:ok:200@1800"],
      inputTokens: 7,
      outputTokens: 2,
    },
  ]);
});

test("startTelemetry: after the machine's clock is set, times are right from then on", async () => {
  let wallMs = Date.UTC(2026, 0, 1);
  const { telemetry, lines } = await telemetryWith(null, { ...liveClock(0), nowMs: () => 5_000, wallMs: () => wallMs });
  telemetry.events.emit(finished);
  wallMs += 3_600_000;
  telemetry.events.emit(finished);
  expect(lines.map(({ at }) => at)).toEqual(["2025-12-31T23:59:58.000Z", "2026-01-01T00:59:58.000Z"]);
});

test("startTelemetry: spans with the core's ids and times, the client's span as parent", async () => {
  const exporter = new InMemorySpanExporter();
  const { telemetry } = await telemetryWith(async (ids) => {
    const provider = new TracerProvider({ idGenerator: ids, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    return { tracer: provider.getTracer("test"), shutdown: () => provider.shutdown() };
  });
  telemetry.events.emit(started);
  telemetry.events.emit(finished);
  telemetry.events.emit({ ...started, id: "aaaaaaaaaaaaaaaa", traceparent: `00-${traceId}-aaaaaaaaaaaaaaaa-01` });
  telemetry.events.emit({ ...finished, id: "aaaaaaaaaaaaaaaa", attempts: [], outcome: { kind: "success" } });
  const spans = exporter.getFinishedSpans();
  expect(spans.map((span) => ({ name: span.name, kind: span.kind, trace: span.spanContext().traceId, id: span.spanContext().spanId, parent: span.parentSpanContext?.spanId, status: span.status.code, ms: Math.round(span.duration[0] * 1000 + span.duration[1] / 1e6) }))).toEqual([
    { name: "chat chat", kind: SpanKind.SERVER, trace: traceId, id: started.id, parent: "b7ad6b7169203331", status: SpanStatusCode.ERROR, ms: 2000 },
    { name: "chat m-1", kind: SpanKind.CLIENT, trace: traceId, id: "1111111111111111", parent: started.id, status: SpanStatusCode.ERROR, ms: 100 },
    { name: "chat m-1", kind: SpanKind.CLIENT, trace: traceId, id: "2222222222222222", parent: started.id, status: SpanStatusCode.UNSET, ms: 1800 },
    { name: "chat chat", kind: SpanKind.SERVER, trace: traceId, id: "aaaaaaaaaaaaaaaa", parent: undefined, status: SpanStatusCode.UNSET, ms: 2000 },
  ]);
  expect(spans[0]!.attributes).toMatchObject({ "gen_ai.operation.name": "chat", "gen_ai.request.model": "chat", "gen_ai.usage.input_tokens": 7, "http.response.status_code": 200, "error.type": "truncated", "blastlab.first_token_ms": 500 });
  expect(spans[1]!.attributes).toMatchObject({ "gen_ai.provider.name": "anthropic", "gen_ai.request.model": "m-1", "server.address": "127.0.0.1", "server.port": 9001, "http.response.status_code": 503, "error.type": "overloaded" });
});

test("startTelemetry: spans of embeddings, and of their attempts, are called so", async () => {
  const exporter = new InMemorySpanExporter();
  const { telemetry } = await telemetryWith(async (ids) => {
    const provider = new TracerProvider({ idGenerator: ids, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    return { tracer: provider.getTracer("test"), shutdown: () => provider.shutdown() };
  });
  telemetry.events.emit(started);
  telemetry.events.emit({ ...finished, operation: "embeddings" });
  expect(exporter.getFinishedSpans().map(({ name, attributes }) => [name, attributes["gen_ai.operation.name"]])).toEqual([
    ["embeddings chat", "embeddings"],
    ["embeddings m-1", "embeddings"],
    ["embeddings m-1", "embeddings"],
  ]);
  expect(exporter.getFinishedSpans().filter(({ attributes }) => "gen_ai.usage.output_tokens" in attributes), "vectors have no output tokens").toEqual([]);
});

test("startTelemetry: a client that asked not to be traced is not", async () => {
  const exporter = new InMemorySpanExporter();
  const { telemetry } = await telemetryWith(async (ids) => {
    const provider = new TracerProvider({ idGenerator: ids, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    return { tracer: provider.getTracer("test"), shutdown: () => provider.shutdown() };
  });
  telemetry.events.emit({ ...started, traceparent: `00-${traceId}-b7ad6b7169203331-00` });
  telemetry.events.emit(finished);
  expect(exporter.getFinishedSpans()).toEqual([]);
});

test("startTelemetry: attempts are operations of OpenTelemetry's GenAI client, by deployment and failure, with the tokens that the provider counted", async () => {
  const { telemetry } = await telemetryWith();
  const usage = { inputTokens: 70, outputTokens: 5 };
  const attempts = [finished.attempts[0]!, { ...finished.attempts[1]!, usage }];
  telemetry.events.emit({ ...finished, attempts });
  telemetry.events.emit({ ...finished, attempts: attempts.slice(1), operation: "embeddings" });
  const text = await scrape(telemetry);
  const labels = (operation: string) => `gen_ai_operation_name="${operation}",gen_ai_provider_name="anthropic",gen_ai_request_model="m-1",server_address="127.0.0.1",server_port="9001"`;
  const { inferenceDuration, inferenceInputTokens, inferenceOutputTokens, embeddingsDuration, embeddingsInputTokens } = genAiMetricNames;
  const counts = [...text.matchAll(/^(gen_ai_\w+)_(count|sum)\{(.*)\} (\S+)$/gm)].map(([, name, kind, of, value]) => [name, kind, of, Number(value)]);
  expect(counts).toEqual([
    [inferenceDuration, "count", `${labels("chat")},error_type="overloaded"`, 1],
    [inferenceDuration, "sum", `${labels("chat")},error_type="overloaded"`, 0.1],
    [inferenceDuration, "count", `${labels("chat")},error_type=""`, 1],
    [inferenceDuration, "sum", `${labels("chat")},error_type=""`, 1.8],
    [inferenceInputTokens, "count", labels("chat"), 1],
    [inferenceInputTokens, "sum", labels("chat"), 70],
    [inferenceOutputTokens, "count", labels("chat"), 1],
    [inferenceOutputTokens, "sum", labels("chat"), 5],
    [embeddingsDuration, "count", `${labels("embeddings")},error_type=""`, 1],
    [embeddingsDuration, "sum", `${labels("embeddings")},error_type=""`, 1.8],
    [embeddingsInputTokens, "count", labels("embeddings"), 1],
    [embeddingsInputTokens, "sum", labels("embeddings"), 70],
  ]);
  expect(text).toContain(`${inferenceInputTokens}_bucket{${labels("chat")},le="64"} 0`);
  expect(text).toContain(`${inferenceInputTokens}_bucket{${labels("chat")},le="256"} 1`);
});

test("startTelemetry: only streams have a time to the first chunk, by attempt", async () => {
  const exporter = new InMemorySpanExporter();
  const { telemetry } = await telemetryWith(async (ids) => {
    const provider = new TracerProvider({ idGenerator: ids, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    return { tracer: provider.getTracer("test"), shutdown: () => provider.shutdown() };
  });
  const [failed, answered] = finished.attempts;
  const answer = { id: "msg_1", model: "m-1-2026", finish: "stop" as const, firstChunkMs: 1_450 };
  telemetry.events.emit(started);
  telemetry.events.emit({ ...finished, attempts: [failed!, { ...answered!, stream: true, answer }, { ...answered!, answer }, { ...answered!, failure: "truncated", stream: true, answer: { finish: null, firstChunkMs: 1_300 } }] });
  expect(exporter.getFinishedSpans().slice(1).map(({ attributes }) => Object.fromEntries(Object.entries(attributes).filter(([name]) => name.startsWith("gen_ai.response.") || name === "gen_ai.request.stream")))).toEqual([
    {},
    { "gen_ai.request.stream": true, "gen_ai.response.id": "msg_1", "gen_ai.response.model": "m-1-2026", "gen_ai.response.finish_reasons": ["stop"], "gen_ai.response.time_to_first_chunk": 0.25 },
    { "gen_ai.response.id": "msg_1", "gen_ai.response.model": "m-1-2026", "gen_ai.response.finish_reasons": ["stop"] },
    { "gen_ai.request.stream": true, "gen_ai.response.finish_reasons": ["error"], "gen_ai.response.time_to_first_chunk": 0.1 },
  ]);
  expect(await scrape(telemetry)).toMatch(new RegExp(`^${genAiMetricNames.inferenceFirstChunk}_count\\{.*\\} 2$`, "m"));
});

test.each([
  [400, { kind: "failure", failure: "bad_request" }, "bad_request", false],
  [429, { kind: "rejected", by: "limits" }, "rejected_limits", false],
  [413, { kind: "failure", failure: "too_large" }, "too_large", false],
  [503, { kind: "rejected", by: "admission" }, "rejected_admission", true],
  [502, { kind: "failure", failure: "reset" }, "reset", true],
  [200, { kind: "failure", failure: "truncated" }, "truncated", true],
] as const)("startTelemetry: a request that ends with %i as %o has the status that HTTP's conventions say", async (status, outcome, reason, isError) => {
  const exporter = new InMemorySpanExporter();
  const { telemetry } = await telemetryWith(async (ids) => {
    const provider = new TracerProvider({ idGenerator: ids, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    return { tracer: provider.getTracer("test"), shutdown: () => provider.shutdown() };
  });
  telemetry.events.emit(started);
  telemetry.events.emit({ ...finished, status, outcome, attempts: [] });
  const [span] = exporter.getFinishedSpans();
  expect([span!.status.code, span!.attributes["error.type"], span!.attributes["blastlab.reason"]]).toEqual(isError ? [SpanStatusCode.ERROR, reason, reason] : [SpanStatusCode.UNSET, undefined, reason]);
});

test("startTelemetry: no team is lost, however many there are", async () => {
  const { telemetry } = await telemetryWith();
  for (let round = 0; round < 2; round++) for (let team = 0; team < 5_000; team++) telemetry.events.emit({ ...finished, team: `team-${team}` });
  const counts = [...(await scrape(telemetry)).matchAll(new RegExp(`^${metricNames.requests}\\{.*team="team-\\d+".*\\} (\\d+)$`, "gm"))].map(([, count]) => count);
  expect(counts).toEqual(Array(5_000).fill("2"));
});

test("startTelemetry: a client's own route name names no span; it is an attribute only if it can be a model's, and clipped in the log", async () => {
  const exporter = new InMemorySpanExporter();
  const { telemetry, lines } = await telemetryWith(async (ids) => {
    const provider = new TracerProvider({ idGenerator: ids, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    return { tracer: provider.getTracer("test"), shutdown: () => provider.shutdown() };
  });
  for (const route of ["", "gpt-9", "my whole prompt, by mistake", "x".repeat(1_000_000)]) {
    telemetry.events.emit(started);
    telemetry.events.emit({ ...finished, route, attempts: [], outcome: { kind: "rejected", by: "route" } });
  }
  expect(exporter.getFinishedSpans().map(({ name, attributes }) => [name, attributes["gen_ai.request.model"]])).toEqual([
    ["chat unknown", undefined],
    ["chat unknown", "gpt-9"],
    ["chat unknown", undefined],
    ["chat unknown", undefined],
  ]);
  expect(lines.at(-1)!["route"]).toBe(`${"x".repeat(256)}… (1000000 characters)`);
});

test("startTelemetry: an attempt is sampled as its request is", async () => {
  const exporter = new InMemorySpanExporter();
  const sampler = { shouldSample: (_: unknown, __: string, name: string) => ({ decision: name === "chat chat" ? SamplingDecision.NOT_RECORD : SamplingDecision.RECORD_AND_SAMPLED }), toString: () => "no requests" };
  const { telemetry } = await telemetryWith(async (ids) => {
    const provider = new TracerProvider({ idGenerator: ids, sampler: new ParentBasedSampler({ root: sampler }), spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    return { tracer: provider.getTracer("test"), shutdown: () => provider.shutdown() };
  });
  telemetry.events.emit({ ...started, traceparent: `00-${traceId}-${started.id}-01` });
  telemetry.events.emit(finished);
  expect(exporter.getFinishedSpans()).toEqual([]);
});

test("startTelemetry: a sink never throws", async () => {
  const { telemetry, lines } = await telemetryWith();
  expect(() => telemetry.events.emit({ ...finished, endedMs: Number.NaN })).not.toThrow();
  expect(lines).toContainEqual({ event: "telemetry_failed", message: expect.stringContaining("Invalid time value") });
});
