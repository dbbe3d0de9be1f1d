import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { liveClock } from "../../../kernel/clock-live.ts";
import { accountMetricNames, alarmMetricNames, answerMetricNames, genAiMetricNames, metricNames, packageMetricNames } from "../../../kernel/metric-names.ts";
import type { GatewayState } from "../../core/contracts.ts";
import type { GatewayEvent } from "../../core/events.ts";
import { costOf } from "../../core/cost/request-cost.ts";
import type { PackageEvent } from "../../core/packages/ports.ts";
import { parseConfig } from "../config-file.ts";
import genAi from "./gen-ai-names.json" with { type: "json" };
import { packageLogRecord } from "./log.ts";
import type { PackagesView } from "./package-metrics.ts";
import { genAiSchemaUrl, schemaVersion, spanAttributes } from "./schema.ts";
import { startTelemetry } from "./telemetry.ts";

/** Of the tables of that page: whoever changes them is reminded of the version. */
const schemaDigest = "e5e4e9c454071ed7";

/** The version of OpenTelemetry's semantic conventions whose stable names are used here. */
const semanticConventionsVersion = "1.45.0";

const page = readFileSync(path.resolve(import.meta.dirname, "../../../docs/observability.md"), "utf8");

/** Files of the package that OpenTelemetry generates from its conventions. */
function readConventions(...files: readonly string[]): string {
  const entry = createRequire(createRequire(import.meta.url).resolve("@opentelemetry/sdk-node")).resolve("@opentelemetry/semantic-conventions");
  return files.map((file) => readFileSync(path.join(path.dirname(entry), file), "utf8")).join("\n");
}

/** Rows of the table under a heading: the first cell's name, and the other cells. */
function rowsUnder(heading: string): ReadonlyMap<string, readonly string[]> {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
  const rows = [...section.matchAll(/^\| `([^`]+)` \|(.*)\|$/gm)];
  return new Map(rows.map(([, name, rest]) => [name!, rest!.split("|").map((cell) => cell.trim())]));
}

const config = parseConfig(
  JSON.stringify({
    keys: [{ key: "vk", team: "search", feature: "answers" }],
    deployments: [
      { name: "primary", dialect: "openai", model: "gpt-4o-mini", baseUrl: "http://127.0.0.1:9001/v1", credential: "env:K" },
      { name: "odd", dialect: "anthropic", model: "no-price", baseUrl: "http://127.0.0.1:9002/v1", credential: "env:K" },
    ],
    routes: [{ name: "chat", deployments: ["primary", "odd"] }],
  }),
  "g.json",
).gateway;

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const common = { requestId: "r", team: "search", feature: "answers", route: "chat", stream: true } as const;
const usage = { inputTokens: 10, outputTokens: 5, cachedInputTokens: 3, cacheWriteTokens: 2, reasoningTokens: 1 };
const answer = { id: "chatcmpl-1", model: "gpt-4o-mini", finish: "stop" as const, firstChunkMs: 2 };
const attempt = { startedMs: 0, endedMs: 5, status: 200, usage, stream: true, answer };

/** Requests that end in every way, at deployments with and without a price. */
function everyEvent(): readonly GatewayEvent[] {
  const attempts = [
    { ...attempt, spanId: "1111111111111111", deployment: "primary", reason: "first" as const, failure: "reset" as const },
    { ...attempt, spanId: "2222222222222222", deployment: "odd", failure: null },
    { ...attempt, spanId: "3333333333333333", deployment: "primary", failure: null },
  ];
  const unreported = { ...attempts[2]!, spanId: "4444444444444444", failure: "truncated" as const, usage: null, textEvents: 3 };
  const cost = (count: number) => costOf([...attempts, unreported].slice(count), { deployments: config.deployments, prices: config.prices!, wallMs: Date.now(), promptTokens: () => 0 });
  const request = (id: string, outcome: Extract<GatewayEvent, { type: "finished" }>["outcome"], rest: object): GatewayEvent[] => [
    { ...common, type: "started", id, traceparent, atMs: 0 },
    { ...common, type: "finished", id, outcome, status: 200, startedMs: 0, firstTokenMs: 3, endedMs: 9, attempts: [], inputTokens: 10, outputTokens: 5, ...rest },
  ];
  return [
    ...request("aaaaaaaaaaaaaaa1", { kind: "success" }, { attempts, cost: cost(0) }),
    ...request("aaaaaaaaaaaaaaa2", { kind: "success" }, { attempts: attempts.slice(2), cost: cost(2) }),
    ...request("aaaaaaaaaaaaaaa3", { kind: "failure", failure: "truncated" }, { attempts: attempts.slice(0, 1) }),
    ...request("aaaaaaaaaaaaaaa8", { kind: "failure", failure: "truncated" }, { attempts: [unreported], cost: cost(3) }),
    ...request("aaaaaaaaaaaaaaa4", { kind: "rejected", by: "limits" }, { firstTokenMs: null }),
    ...request("aaaaaaaaaaaaaaa5", { kind: "cancelled" }, {}),
    ...request("aaaaaaaaaaaaaaa7", { kind: "success" }, { operation: "embeddings", attempts: attempts.slice(2) }),
    ...request("aaaaaaaaaaaaaaa6", { kind: "success" }, {
      cache: { status: "hit", kind: "semantic", ageMs: 5_000, similarity: 0.97 },
      prompt: { name: "support", version: "2", tools: [] },
      package: `3@${"a".repeat(64)}`,
      guards: [{ guard: "pii", action: "scrubbed", detail: "email:1" }],
    }),
    { type: "warm_up", team: "search", feature: "answers", outcome: "stored", nanoUsd: 5_000, atMs: 1 },
    { type: "warm_up_ended", reason: "done", asked: 1, stored: 1, nanoUsd: 5_000, atMs: 1 },
    { type: "store_changed", to: "local", reason: "dead", atMs: 1 },
    { type: "state_changed", deployment: "primary", from: "closed", to: "open", reason: "many", atMs: 1 },
    { type: "contract_broken", requestId: "r", deployment: "primary", detail: "choices: expected an array, got nothing", atMs: 1 },
    { type: "defect_applied", id: "d", kind: "leak", requestIds: ["r"], atMs: 1 },
  ];
}

const state: GatewayState = {
  inFlight: 1,
  retryBudgetTokens: 2,
  breakers: [{ deployment: "primary", state: "closed", reason: "", untilMs: null }],
  limits: [{ team: "search", unit: "tokens", windowMs: 60_000, limit: 100, left: 40, untilMs: 1, from: "shared" }],
};

const loaded = { id: { version: 3, hash: "a".repeat(64) }, config };
const packages: PackagesView = { running: { current: loaded, candidate: { package: loaded, share: 0.1 } }, diskTrouble: null, isConnected: true, answers: { acknowledged: 1, refused: 1 } };

/** One of each: what happens to packages. */
const packageEvents: { readonly [Type in PackageEvent["type"]]: Extract<PackageEvent, { type: Type }> } = {
  package_acknowledged: { type: "package_acknowledged", package: "3@a" },
  package_refused: { type: "package_refused", package: "3@a", reason: "bad" },
  package_running: { type: "package_running", package: "3@a", role: "current", share: 1 },
  package_not_kept: { type: "package_not_kept", reason: "disk" },
  control_changed: { type: "control_changed", to: "lost", reason: "silent" },
};

/** Names with the keys of their labels or attributes. */
const metrics = new Map<string, { type: string; labels: Set<string> }>();
const spanKeys = new Set<string>();
const logKeys = new Set<string>();
let scope: string | undefined;
let scraped = "";

beforeAll(async () => {
  const exporter = new InMemorySpanExporter();
  const lines: Record<string, unknown>[] = [];
  const telemetry = await startTelemetry({
    clock: liveClock(0),
    config: { current: () => config, onChange: () => () => {} },
    writeLine: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
    tracing: async (ids) => {
      const provider = new TracerProvider({ idGenerator: ids, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
      return { tracer: provider.getTracer("blastlab-gateway", schemaVersion), shutdown: () => provider.shutdown() };
    },
  });
  telemetry.watch(() => state, () => true, () => packages);
  for (const event of everyEvent()) telemetry.events.emit(event);
  scraped = await scrape(telemetry.metricsHandler);
  readMetrics(scraped);
  for (const span of exporter.getFinishedSpans()) for (const key of Object.keys(span.attributes)) spanKeys.add(key);
  scope = exporter.getFinishedSpans()[0]?.instrumentationScope.version;
  for (const line of lines.filter(({ event }) => event === "request")) for (const key of Object.keys(line)) logKeys.add(key);
  await telemetry.shutdown();
});

async function scrape(handler: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(handler).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`)).text();
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function readMetrics(text: string): void {
  for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) metrics.set(name!, { type: type!, labels: new Set() });
  for (const [, sample, labels] of text.matchAll(/^(\w+?)(?:\{([^}]*)\})? \S+$/gm)) {
    const metric = metrics.get(sample!) ?? metrics.get(sample!.replace(/_(bucket|sum|count)$/, ""));
    for (const [, label] of (labels ?? "").matchAll(/(\w+)="/g)) if (label !== "le") metric?.labels.add(label!);
  }
}

test("schema: its version is the page's, the spans' and semantic", () => {
  expect(schemaVersion).toMatch(/^\d+\.\d+\.\d+$/);
  expect(page).toContain(`Schema version **${schemaVersion}**`);
  expect(scope).toBe(schemaVersion);
});

/** All that the page says of each name, meanings included. */
const digest = createHash("sha256").update([...page.matchAll(/^\| `.*\|$/gm)].join("\n")).digest("hex").slice(0, 16);

test("schema: a table of the page that changes raises the version", () => {
  const advice = `raise schemaVersion (new name: minor; gone, or another meaning: major; wording: patch), then write schemaDigest = "${digest}"`;
  expect(schemaDigest, advice).toBe(digest);
});

test("metrics: what is emitted, what the kernel names and what the page describes are the same", () => {
  const named = [...Object.values(metricNames), ...Object.values(accountMetricNames), ...Object.values(alarmMetricNames), ...Object.values(packageMetricNames), ...Object.values(answerMetricNames), ...Object.values(genAiMetricNames)].toSorted();
  expect([...metrics.keys()].toSorted()).toEqual(named);
  expect([...rowsUnder("Metrics").keys()].toSorted()).toEqual(named);
});

test("metrics: type and labels of each are those of the page", () => {
  for (const [name, [type, labels]] of rowsUnder("Metrics")) {
    expect(metrics.get(name)?.type, name).toBe(type);
    const described = [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!);
    expect([...metrics.get(name)!.labels].toSorted(), name).toEqual(described.toSorted());
  }
});

test("spans: what is emitted, what the schema names and what the page describes are the same", () => {
  expect([...spanKeys].toSorted()).toEqual(spanAttributes.toSorted());
  expect([...rowsUnder("Spans").keys()].toSorted()).toEqual(spanAttributes.toSorted());
});

/** What OpenTelemetry does not define, or no longer: its stable names, and for generative AI the current list. */
function undefinedNames(names: Iterable<string>): string[] {
  const stable = new Set([...readConventions("stable_attributes.cjs").matchAll(/"([a-z_.]+)"/g)].map(([, name]) => name));
  const current = new Set(genAi.attributes);
  return [...names].filter((name) => !name.startsWith("blastlab.") && !(name.startsWith("gen_ai.") ? current.has(name) : stable.has(name)));
}

/** As `undefinedNames`, for metrics by their names in Prometheus. */
function undefinedMetrics(names: Iterable<string>): string[] {
  const current = genAi.metrics.map((name) => name.replaceAll(".", "_"));
  return [...names].filter((name) => name.startsWith("gen_ai_") && !current.includes(name.replace(/_seconds$/, "")));
}

test("spans: what is not our own is OpenTelemetry's, in the versions that the page says", () => {
  const { version } = JSON.parse(readConventions("../package.json")) as { version: string };
  expect([version, page.includes(`semantic conventions ${semanticConventionsVersion}`)]).toEqual([semanticConventionsVersion, true]);
  expect(genAiSchemaUrl).toBe(genAi.schemaUrl);
  expect(undefinedNames(spanKeys)).toEqual([]);
});

test("spans: no attribute can hold contents", () => {
  expect([...spanKeys].filter((name) => genAi.contents.includes(name))).toEqual([]);
});

test("contract: a deprecated name, and one that nobody defines, is found", () => {
  const deprecated = ["gen_ai.usage.cache_creation.input_tokens", "gen_ai.system", "gen_ai.usage.prompt_tokens", "http.status_code"];
  expect(undefinedNames([...deprecated, "gen_ai.prompt.name", "http.response.status_code"])).toEqual(deprecated);
  const metrics = ["gen_ai_client_operation_duration_seconds", "gen_ai_client_token_usage"];
  expect(undefinedMetrics([...metrics, "gen_ai_client_inference_duration_seconds", "blastlab_gateway_requests_total"])).toEqual(metrics);
});

test("metrics: those of OpenTelemetry's conventions have their names, labels and buckets", () => {
  expect(undefinedMetrics(metrics.keys())).toEqual([]);
  const attributes = [...readConventions("stable_attributes.cjs").matchAll(/"([a-z_.]+)"/g)].map(([, name]) => name!);
  const labels = new Set([...attributes, ...genAi.attributes].map((name) => name.replaceAll(".", "_")));
  const seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
  const tokens = Array.from({ length: 14 }, (_, index) => 4 ** index);
  for (const name of Object.values(genAiMetricNames)) {
    expect([...metrics.get(name)!.labels].filter((label) => !labels.has(label)), name).toEqual([]);
    const [some] = [...scraped.matchAll(new RegExp(`^${name}_count\\{(.*)\\} \\d+$`, "gm"))];
    const bounds = [...scraped.matchAll(/^(\w+)_bucket\{(.*),le="([^"]+)"\} \d+$/gm)].filter(([, of, at]) => of === name && at === some![1]).map(([, , , bound]) => bound);
    expect(bounds, name).toEqual([...(name.endsWith("_seconds") ? seconds : tokens).map(String), "+Inf"]);
  }
});

test("log: the fields of a request's line are those of the page", () => {
  expect([...logKeys].toSorted()).toEqual([...rowsUnder("Log").keys()].toSorted());
});

test("log: the lines of packages have the fields of the page", () => {
  const described = [...rowsUnder("Packages")].map(([event, [fields]]) => [event, ["at", "event", ...[...fields!.matchAll(/`(\w+)`/g)].map(([, field]) => field!)]]);
  const logged = Object.entries(packageEvents).map(([type, event]) => [type, Object.keys(packageLogRecord(event, 0))]);
  expect(Object.fromEntries(described)).toEqual(Object.fromEntries(logged));
});
