import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { Deployment, PlannedPhase } from "../../kernel/plan.ts";
import type { WireRecord } from "../../kernel/records.ts";
import { Canceller, neverSignal, type Signal } from "../../kernel/signal.ts";
import { TransportError, type Headers, type WireRequest } from "../../kernel/transport.ts";
import { utf8Text } from "../../kernel/utf8.ts";
import { providerDialects } from "../dialects/dialects.ts";
import { noLimits, roomy } from "./capacity-examples.ts";
import { chatRequest, configOf, exampleDeployment } from "./examples.ts";
import { drawSchedule } from "./latency.ts";
import { createSimulator } from "./simulator.ts";

function simulate(deployment: Partial<Deployment>, ...phases: readonly Partial<PlannedPhase>[]) {
  const clock = new VirtualClock();
  const records: WireRecord[] = [];
  const base = configOf(...phases);
  const config = { ...base, deployment: { ...base.deployment, ...deployment } };
  const dialect = providerDialects[config.deployment.dialect];
  return { clock, records, simulator: createSimulator({ clock, config, tap: { emit: (record) => void records.push(record) }, dialect }) };
}

type World = ReturnType<typeof simulate>;

interface Seen {
  readonly status: number | null;
  readonly headers: Headers;
  readonly text: string;
  /** When the status arrived, and the end. */
  readonly statusAtMs: number;
  readonly endAtMs: number;
}

function ask({ clock, simulator }: World, atMs: number, request: WireRequest, signal: Signal = neverSignal): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const go = async (): Promise<Seen> => {
      try {
        const { status, headers, body } = await simulator.handle(request, signal);
        const statusAtMs = clock.nowMs();
        let text = "";
        for await (const chunk of body) text += utf8Text(chunk);
        return { status, headers, text, statusAtMs, endAtMs: clock.nowMs() };
      } catch (error) {
        if (!(error instanceof TransportError)) throw error;
        return { status: null, headers: {}, text: "", statusAtMs: clock.nowMs(), endAtMs: clock.nowMs() };
      }
    };
    clock.at(atMs, () => void go().then(resolve, reject));
  });
}

async function askAll(world: World, asks: readonly { atMs: number; request: WireRequest; signal?: Signal }[]): Promise<Seen[]> {
  const all = Promise.all(asks.map(({ atMs, request, signal }) => ask(world, atMs, request, signal)));
  await world.clock.run();
  return all;
}

const requests = (count: number, atMs = 0, body = {}) => Array.from({ length: count }, (_, index) => ({ atMs, request: chatRequest(`r${index}`, body) }));
const lastWordMs = (id: string) => drawSchedule({ seed: 7, deployment: "primary", requestId: id, ordinal: 0 }, exampleDeployment.latency, null, 7).wordMs.at(-1)!;
const recordOf = (world: World, id: string) => world.records.find(({ requestId }) => requestId === id)!;

test("createSimulator: with one slot answers are served one after the other, the queue waits, and the rest is refused", async () => {
  const world = simulate({ capacity: { ...roomy, slots: 1, queueMax: 1 } });
  const seen = await askAll(world, requests(3));
  expect(seen.map(({ status }) => status)).toEqual([200, 200, 503]);
  expect(seen[0]!.endAtMs).toBeCloseTo(lastWordMs("r0"), 1);
  expect(seen[1]!.endAtMs).toBeCloseTo(lastWordMs("r0") + lastWordMs("r1"), 1);
  expect(recordOf(world, "r0").load).toBeUndefined();
  expect(recordOf(world, "r1").load).toMatchObject({ queuedMs: expect.closeTo(lastWordMs("r0"), 1), slowedMs: 0, refused: null });
  expect(recordOf(world, "r2")).toMatchObject({ fate: "error", status: 503, tokensGenerated: 0, load: { queuedMs: 0, refused: "queue_full" } });
});

test("createSimulator: capacity and limits are in force from their time on, and before it nothing waits, is refused or has limit headers", async () => {
  const deployment = { capacity: { ...roomy, slots: 1, queueMax: 0 }, limits: { ...noLimits, requestsPerMinute: 60, burstMs: 1_000 }, limitedFromMs: 10_000 };
  const before = await askAll(simulate(deployment), requests(3));
  expect(before.map(({ status, headers }) => [status, headers["retry-after"]])).toEqual([[200, undefined], [200, undefined], [200, undefined]]);
  expect(before.map(({ endAtMs }, index) => endAtMs - lastWordMs(`r${index}`))).toEqual([expect.closeTo(0, 1), expect.closeTo(0, 1), expect.closeTo(0, 1)]);
  const unlimited = await askAll(simulate({}), requests(1));
  expect(before[0]!.headers).toEqual(unlimited[0]!.headers);
  const after = await askAll(simulate(deployment), requests(3, 10_000));
  expect(after.map(({ status }) => status)).toEqual([200, 429, 429]);
});

test("createSimulator: a wait that expires is 504, and the record of a caller that leaves the queue has its waiting time", async () => {
  const world = simulate({ capacity: { ...roomy, slots: 1, queueMsMax: 100 } });
  const canceller = new Canceller();
  world.clock.at(60, () => canceller.cancel("left"));
  const seen = await askAll(world, [...requests(2), { atMs: 0, request: chatRequest("gone"), signal: canceller.signal }]);
  expect(seen.map(({ status }) => status)).toEqual([200, 504, null]);
  expect(recordOf(world, "r1")).toMatchObject({ status: 504, load: { queuedMs: 100, refused: "queue_timeout" } });
  expect(recordOf(world, "gone")).toMatchObject({ end: "caller_gone", tokensGenerated: 0, answerId: null, load: { queuedMs: 60, refused: null } });
});

test("createSimulator: a caller that disconnects frees its slot at once, unless the work runs on, which is then all waste", async () => {
  for (const abandoned of ["stops", "runs_on"] as const) {
    const world = simulate({ capacity: { ...roomy, slots: 1, abandoned } });
    const canceller = new Canceller();
    world.clock.at(100, () => canceller.cancel("left"));
    const seen = await askAll(world, [{ atMs: 0, request: chatRequest("gone"), signal: canceller.signal }, { atMs: 1, request: chatRequest("r1") }]);
    const startedMs = abandoned === "stops" ? 100 : lastWordMs("gone");
    expect(seen[1]!.endAtMs).toBeCloseTo(startedMs + lastWordMs("r1"), 1);
    expect(recordOf(world, "gone")).toMatchObject({ end: "caller_gone", tokensGenerated: abandoned === "stops" ? 0 : 7, tokensSent: 0 });
  }
});

test("createSimulator: load, the time of day, cold caches and a long prompt slow an answer, and a stream's words too", async () => {
  const latency = { ...exampleDeployment.latency, firstTokenSigma: 0 };
  const alone = (await askAll(simulate({ latency }), requests(1)))[0]!.endAtMs;
  const loaded = simulate({ latency, capacity: { ...roomy, loadedFactor: 3 } });
  const stream = { stream: true };
  const [, second] = await askAll(loaded, [{ atMs: 0, request: chatRequest("other") }, { atMs: 0, request: chatRequest("r0", stream) }]);
  expect(second!.endAtMs).toBeCloseTo(3 * alone, 1);
  expect(recordOf(loaded, "r0").load!.slowedMs).toBeCloseTo(2 * alone, 1);
  const daily = { peakFactor: 2, peakHour: 10, startHour: 10, speed: 1 };
  expect((await askAll(simulate({ latency, daily }), requests(1)))[0]!.endAtMs).toBeCloseTo(2 * alone, 1);
  const coldStart = { lengthMs: 10_000, factor: 5 };
  const cold = simulate({ latency, capacity: { ...roomy, coldStart } }, { toMs: 1000, errorRate: 1, statusMix: { 503: 1 } });
  const [back] = await askAll(cold, requests(1, 6000));
  expect(back!.endAtMs - 6000).toBeCloseTo(3 * alone, 1);
  const content = "x".repeat(8000);
  const prefilled = simulate({ latency, capacity: { ...roomy, prefillTokensPerSecond: 4000 } });
  const [read] = await askAll(prefilled, requests(1, 0, { messages: [{ role: "user", content }] }));
  expect(read!.endAtMs).toBeCloseTo(alone + 500, 1);
});

test("createSimulator: the prompt cache saves prefill time, and usage has the cached tokens", async () => {
  const latency = { ...exampleDeployment.latency, firstTokenSigma: 0 };
  const content = "y".repeat(8000);
  const world = simulate({ latency, promptCache: { tokensMin: 1024, blockTokens: 128, ttlMs: 300_000 }, capacity: { ...roomy, prefillTokensPerSecond: 4000 } });
  const body = { messages: [{ role: "user", content }] };
  const [first, second] = await askAll(world, [0, 5000].map((atMs) => ({ atMs, request: chatRequest(`r${atMs}`, body) })));
  const cached = (seen: Seen) => (JSON.parse(seen.text) as { usage: { prompt_tokens: number; prompt_tokens_details?: { cached_tokens: number } } }).usage;
  expect(cached(first!).prompt_tokens_details?.cached_tokens ?? 0).toBe(0);
  expect(cached(second!)).toMatchObject({ prompt_tokens: 2000, prompt_tokens_details: { cached_tokens: 1920 } });
  const saved = first!.endAtMs - (second!.endAtMs - 5000);
  const drawn = lastWordMsOf("r0", latency) - lastWordMsOf("r5000", latency);
  expect(saved).toBeCloseTo(480 + drawn, 1);
});

test("createSimulator: requests that come while the prefix is being read pay for it as well", async () => {
  const body = { messages: [{ role: "user", content: "y".repeat(8000) }] };
  const world = simulate({ promptCache: { tokensMin: 1024, blockTokens: 128, ttlMs: 300_000 }, capacity: { ...roomy, prefillTokensPerSecond: 4000 } });
  await askAll(world, [0, 100, 400, 60_000].map((atMs) => ({ atMs, request: chatRequest(`r${atMs}`, body) })));
  expect([0, 100, 400, 60_000].map((atMs) => recordOf(world, `r${atMs}`).cachedTokens ?? 0)).toEqual([0, 0, 0, 1920]);
});

const lastWordMsOf = (id: string, latency: Deployment["latency"]) => drawSchedule({ seed: 7, deployment: "primary", requestId: id, ordinal: 0 }, latency, null, 7).wordMs.at(-1)!;

test("createSimulator: every response has the state of the bucket, and Retry-After is when the next request fits", async () => {
  const world = simulate({ limits: { ...noLimits, requestsPerMinute: 120, burstMs: 1000 } });
  const asks = [...requests(3), { atMs: 499, request: chatRequest("early") }, { atMs: 500, request: chatRequest("again") }];
  const seen = await askAll(world, asks);
  expect(seen.map(({ status, headers }) => [status, headers["x-ratelimit-remaining-requests"], headers["retry-after-ms"]])).toEqual([
    [200, "1", undefined],
    [200, "0", undefined],
    [429, "0", "500"],
    [429, "0", "1"],
    [200, "0", undefined],
  ]);
  expect(seen[2]!.headers).toMatchObject({ "x-ratelimit-limit-requests": "120", "x-ratelimit-reset-requests": "1s", "retry-after": "1" });
  expect(seen[2]!.headers).not.toHaveProperty("x-ratelimit-limit-tokens");
  expect(JSON.parse(seen[2]!.text)).toMatchObject({ error: { type: "requests", code: "rate_limit_exceeded", message: expect.stringContaining("Limit 120, Used 120, Requested 1. Please try again in 500ms.") } });
  expect(recordOf(world, "r2")).toMatchObject({ fate: "error", status: 429, load: { refused: "requests" } });
});

test("createSimulator: streams carry the limits too, and a provider that fails charges for the attempt", async () => {
  const world = simulate({ limits: { ...noLimits, requestsPerMinute: 60 } }, { errorRate: 0.5, statusMix: { 500: 1 } });
  const seen = await askAll(world, requests(20, 0, { stream: true }));
  expect(new Set(seen.map(({ status }) => status))).toEqual(new Set([200, 500]));
  const left = seen.map(({ headers }) => Number(headers["x-ratelimit-remaining-requests"])).sort((a, b) => b - a);
  expect(left).toEqual(Array.from({ length: 20 }, (_, index) => 59 - index));
});

test("createSimulator: Anthropic's form, and output that was not generated is returned", async () => {
  const world = simulate({ dialect: "anthropic", limits: { ...noLimits, outputTokensPerMinute: 100 } });
  const request = (id: string) => ({
    method: "POST",
    path: "/v1/messages",
    headers: { "x-api-key": "key", "anthropic-version": "2023-06-01", "x-client-request-id": id },
    body: chatRequest(id, { max_tokens: 80 }).body,
  });
  const canceller = new Canceller();
  world.clock.at(500, () => canceller.cancel("left"));
  const seen = await askAll(world, [
    { atMs: 0, request: request("gone"), signal: canceller.signal },
    { atMs: 1, request: request("refused") },
    { atMs: 501, request: request("after") },
  ]);
  expect(seen.map(({ status }) => status)).toEqual([null, 429, 200]);
  expect(seen[1]!.headers).toMatchObject({ "anthropic-ratelimit-output-tokens-limit": "100", "anthropic-ratelimit-output-tokens-remaining": "20", "retry-after": "36" });
  expect(JSON.parse(seen[1]!.text)).toMatchObject({ error: { type: "rate_limit_error", message: expect.stringContaining("100 output tokens per minute") } });
  const spent = recordOf(world, "gone").tokensGenerated;
  expect(spent).toBeGreaterThan(0);
  expect(Number(seen[2]!.headers["anthropic-ratelimit-output-tokens-remaining"])).toBe(Math.floor(100 - spent + 0.501 * (100 / 60)) - 80);
});

test("createSimulator: a deployment without limits and capacity has no limit headers and no load in its records", async () => {
  const world = simulate({});
  const [seen] = await askAll(world, requests(1));
  expect(Object.keys(seen!.headers).filter((name) => name.includes("ratelimit"))).toEqual([]);
  expect(world.records[0]).not.toHaveProperty("load");
});
