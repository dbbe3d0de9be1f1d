import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import genAi from "./gen-ai-names.json" with { type: "json" };
import { isTracingWanted } from "./otlp-tracing.ts";
import { schemaVersion, spanAttributes } from "./schema.ts";
import { bareEnvironment } from "../../../test/support/environment.ts";
import { untilPasses } from "../../../test/support/until-passes.ts";

interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values: readonly OtlpValue[] };
}
type OtlpAttributes = readonly { readonly key: string; readonly value: OtlpValue }[];

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code: number };
  readonly attributes: OtlpAttributes;
}

interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: OtlpAttributes };
    readonly scopeSpans: readonly { readonly scope: { readonly name: string; readonly version: string }; readonly schemaUrl?: string; readonly spans: readonly OtlpSpan[] }[];
  }[];
}

const SERVER = 2;
const CLIENT = 3;
const UNSET = 0;
const ERROR = 2;

const planted = { key: "vk-planted-0d1f", credential: "sk-planted-77aa51", prompt: "the planted prompt", email: "planted@example.com", answer: "the planted answer", password: "planted-otlp-header" };

const valueOf = (value: OtlpValue): unknown => value.stringValue ?? value.boolValue ?? value.doubleValue ?? (value.arrayValue === undefined ? Number(value.intValue) : value.arrayValue.values.map(valueOf));
const attributesOf = (attributes: OtlpAttributes) => Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Takes spans at any path, and keeps them as they came. */
async function startReceiver() {
  const received: { path: string; type: string | undefined; body: string }[] = [];
  const url = await listen((request, response) => {
    void text(request).then((body) => {
      received.push({ path: request.url!, type: request.headers["content-type"], body });
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  const bodies = () => received.map(({ body }) => JSON.parse(body) as OtlpBody);
  return { url, received, bodies, spans: () => bodies().flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))) };
}

/** Quotes all that it was sent in its refusals; `m-ok` answers. */
const provider: RequestListener = (request, response) => {
  void text(request).then((body) => {
    const { model, stream } = JSON.parse(body) as { model: string; stream?: boolean };
    if (model !== "m-ok") {
      response.writeHead(503, { "content-type": "application/json" }).end(JSON.stringify({ error: { message: `${body} ${request.headers.authorization}`, type: "server_error" } }));
      return;
    }
    const head = { id: "chatcmpl-7", model: "m-ok-2026-11-01", created: 1 };
    const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
    if (stream !== true) {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ ...head, object: "chat.completion", choices: [{ index: 0, message: { role: "assistant", content: planted.answer }, finish_reason: "length" }], usage }));
      return;
    }
    const chunk = (rest: object) => `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", ...rest })}\n\n`;
    const delta = (content: object, reason: string | null = null) => chunk({ choices: [{ index: 0, delta: content, finish_reason: reason }] });
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(delta({ role: "assistant", content: planted.answer }) + delta({}, "stop") + chunk({ choices: [], usage }) + "data: [DONE]\n\n");
  });
};

/** A gateway in a process of its own, since OpenTelemetry reads the process's environment. */
async function startGatewayProcess(environment: Readonly<Record<string, string>>) {
  const traceparents: (string | undefined)[] = [];
  const recording: RequestListener = (request, response) => {
    traceparents.push(request.headers["traceparent"] as string | undefined);
    provider(request, response);
  };
  const baseUrl = `${await listen(recording)}/v1`;
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "gateway.json");
  const deployment = (name: string, model: string) => ({ name, dialect: "openai", model, baseUrl, credential: "env:PROVIDER_KEY", answersAs: ["m-ok-2026-11-01"] });
  writeFileSync(file, JSON.stringify({ keys: [{ key: planted.key, team: "search", feature: "answers" }], deployments: [deployment("sick", "m-sick"), deployment("well", "m-ok")], routes: [{ name: "chat", deployments: ["sick", "well"] }] }));
  const main = path.resolve(import.meta.dirname, "../../main.ts");
  const child = spawn(process.execPath, [main, "--config", file], { stdio: ["pipe", "pipe", "pipe"], env: bareEnvironment({ PROVIDER_KEY: planted.credential, ...environment }) });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit");
  const log = text(child.stderr);
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { url: string };
  const ask = async (body: object, key = planted.key, headers: Readonly<Record<string, string>> = {}) => {
    const messages = [{ role: "user", content: `${planted.prompt} ${planted.email}` }];
    const response = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers }, body: JSON.stringify({ model: "chat", messages, user: planted.email, ...body }) });
    await response.text();
    return response.status;
  };
  /** Ends it, which sends what waits to be sent. */
  const stop = async () => {
    child.kill("SIGTERM");
    expect((await exited)[0]).toBe(0);
    return log;
  };
  return { ask, stop, traceparents };
}

test("otlpTracing: a receiver gets one trace a request and one client span an attempt, by the names of the conventions, without contents or keys", async () => {
  const receiver = await startReceiver();
  const { ask, stop } = await startGatewayProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_HEADERS: `x-password=${planted.password}` });
  expect([await ask({ stream: true }), await ask({}), await ask({ model: planted.prompt }), await ask({}, "vk-other")]).toEqual([200, 200, 404, 401]);
  await stop();

  expect(new Set(receiver.received.map(({ path: at }) => at))).toEqual(new Set(["/v1/traces"]));
  const spans = receiver.spans();
  const traces = [...Map.groupBy(spans, ({ traceId }) => traceId).values()];
  const shapeOf = (trace: readonly OtlpSpan[]) => {
    const server = trace.find(({ kind }) => kind === SERVER)!;
    const attempts = trace.filter((span) => span !== server);
    expect(attempts.every(({ kind, parentSpanId }) => kind === CLIENT && parentSpanId === server.spanId)).toBe(true);
    return { server: [server.name, server.status.code, attributesOf(server.attributes)["http.response.status_code"]], attempts: attempts.map(({ name, status }) => [name, status.code]) };
  };
  const failover = [["chat m-sick", ERROR], ["chat m-ok", UNSET]];
  expect(traces.map(shapeOf)).toEqual([
    { server: ["chat chat", UNSET, 200], attempts: failover },
    { server: ["chat chat", UNSET, 200], attempts: failover },
    { server: ["chat unknown", UNSET, 404], attempts: [] },
    { server: ["chat unknown", UNSET, 401], attempts: [] },
  ]);

  const [streamed, whole] = spans.filter(({ name }) => name === "chat m-ok").map(({ attributes }) => attributesOf(attributes));
  const response = { "gen_ai.response.id": "chatcmpl-7", "gen_ai.response.model": "m-ok-2026-11-01", "gen_ai.usage.input_tokens": 9, "gen_ai.usage.output_tokens": 4 };
  expect(streamed).toMatchObject({ ...response, "gen_ai.request.stream": true, "gen_ai.response.finish_reasons": ["stop"], "gen_ai.response.time_to_first_chunk": expect.any(Number) });
  expect(whole).toMatchObject({ ...response, "gen_ai.response.finish_reasons": ["length"] });
  expect([whole!["gen_ai.request.stream"], whole!["gen_ai.response.time_to_first_chunk"]]).toEqual([undefined, undefined]);

  const names = new Set(spans.flatMap(({ attributes }) => attributes.map(({ key }) => key)));
  expect([...names].filter((name) => !(spanAttributes as readonly string[]).includes(name))).toEqual([]);
  expect([...names].filter((name) => name.startsWith("gen_ai.") && !genAi.attributes.includes(name))).toEqual([]);
  const scopes = receiver.bodies().flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.map(({ scope, schemaUrl }) => [scope.name, scope.version, schemaUrl])));
  expect(new Set(scopes.map(String))).toEqual(new Set([String(["blastlab-gateway", schemaVersion, genAi.schemaUrl])]));
  const everything = receiver.received.map(({ body }) => body).join("\n");
  expect(Object.values(planted).filter((secret) => everything.includes(secret))).toEqual([]);
});

test("otlpTracing: OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES and the endpoint for traces alone are obeyed", async () => {
  const receiver = await startReceiver();
  const attributes = "service.name=overridden,deployment.environment.name=staging";
  const { ask, stop } = await startGatewayProcess({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/elsewhere`, OTEL_SERVICE_NAME: "gateway-east", OTEL_RESOURCE_ATTRIBUTES: attributes });
  expect(await ask({})).toBe(200);
  await stop();
  expect(new Set(receiver.received.map(({ path: at }) => at))).toEqual(new Set(["/elsewhere"]));
  const resource = attributesOf(receiver.bodies()[0]!.resourceSpans[0]!.resource.attributes);
  expect(resource).toMatchObject({ "service.name": "gateway-east", "deployment.environment.name": "staging", "service.instance.id": expect.stringMatching(/^[\da-f-]{36}$/) });
  expect(Object.keys(resource).filter((name) => /^(host|os|process)\./.test(name)), "of the machine").toEqual([]);
});

const client = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";

test.each([
  ["always_off", {}, undefined, 0],
  ["always_off", {}, "01", 0],
  ["always_on", {}, "00", 1],
  ["parentbased_always_on", {}, "00", 0],
  ["parentbased_always_off", {}, "01", 1],
  ["parentbased_always_off", {}, undefined, 0],
  ["traceidratio", { OTEL_TRACES_SAMPLER_ARG: "0" }, "01", 0],
  ["traceidratio", { OTEL_TRACES_SAMPLER_ARG: "1" }, "00", 1],
] as const)("otlpTracing: what goes upstream is sampled where the sampler says so: %s %j of a client's %s: %i", async (sampler, argument, asked, sampled) => {
  const receiver = await startReceiver();
  const { ask, stop, traceparents } = await startGatewayProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_TRACES_SAMPLER: sampler, ...argument });
  expect(await ask({}, planted.key, asked === undefined ? {} : { traceparent: `${client}-${asked}` })).toBe(200);
  await stop();
  expect(traceparents.map((one) => one?.slice(-2))).toEqual([`0${sampled}`, `0${sampled}`]);
  expect(receiver.spans()).toHaveLength(3 * sampled);
  if (asked !== undefined) expect(new Set(receiver.spans().map(({ traceId }) => traceId))).toEqual(new Set(sampled === 1 ? [client.slice(3, 35)] : []));
});

test("otlpTracing: resource attributes that cannot be read are logged, without their values", async () => {
  const receiver = await startReceiver();
  const { ask, stop } = await startGatewayProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_RESOURCE_ATTRIBUTES: `deployment.environment.name=staging,${planted.password}` });
  expect(await ask({})).toBe(200);
  const log = await stop();
  expect(log).toMatch(/"event":"tracing_failed","message":"OTEL_RESOURCE_ATTRIBUTES cannot be read/);
  expect(log).not.toContain(planted.password);
});

test("otlpTracing: two gateways without names differ by their instance", async () => {
  const receiver = await startReceiver();
  for (let index = 0; index < 2; index++) {
    const { ask, stop } = await startGatewayProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    await ask({});
    await stop();
  }
  const resources = receiver.bodies().map(({ resourceSpans }) => attributesOf(resourceSpans[0]!.resource.attributes));
  expect(new Set(resources.map((resource) => resource["service.name"]))).toEqual(new Set(["blastlab-gateway"]));
  expect(new Set(resources.map((resource) => resource["service.instance.id"])).size).toBe(2);
});

test("otlpTracing: OTEL_EXPORTER_OTLP_PROTOCOL chooses protobuf, and OTEL_BSP_* how soon spans are sent", async () => {
  const receiver = await startReceiver();
  const { ask, stop } = await startGatewayProcess({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf", OTEL_BSP_SCHEDULE_DELAY: "20" });
  await ask({});
  await untilPasses(() => expect(receiver.received.map(({ path: at, type }) => [at, type])).toContainEqual(["/v1/traces", "application/x-protobuf"]));
  await stop();
});

test("otlpTracing: OTEL_EXPORTER_OTLP_TRACES_PROTOCOL chooses gRPC", async () => {
  const paths: unknown[] = [];
  const server = createHttp2Server().on("stream", (stream, headers) => {
    paths.push(headers[":path"]);
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    /** One empty message: not compressed, of length 0. */
    stream.on("end", () => stream.end(Buffer.alloc(5))).resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { ask, stop } = await startGatewayProcess({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "grpc" });
  await ask({});
  await stop();
  expect(new Set(paths)).toEqual(new Set(["/opentelemetry.proto.collector.trace.v1.TraceService/Export"]));
});

test.each([
  [{}, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318" }, true],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://c:4318/v1/traces" }, true],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "" }, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_SDK_DISABLED: "true" }, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_SDK_DISABLED: " TRUE" }, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_TRACES_EXPORTER: "none" }, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_TRACES_EXPORTER: "console" }, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_TRACES_EXPORTER: "console, OTLP" }, true],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_TRACES_EXPORTER: "" }, true],
  [{ OTEL_TRACES_EXPORTER: "otlp" }, true],
  [{ OTEL_TRACES_EXPORTER: "otlp", OTEL_SDK_DISABLED: "true" }, false],
])("isTracingWanted: %j is %s", (environment, isWanted) => {
  expect(isTracingWanted(environment)).toBe(isWanted);
});
