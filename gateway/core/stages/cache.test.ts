import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import type { Store } from "../../../kernel/seams.ts";
import { MemoryStore } from "../limits/memory-store.ts";
import { type CacheConfig, defaultCache, defaultSemantic } from "../cache/settings.ts";
import type { GatewayConfig } from "../config.ts";
import { defaultPii } from "../guards/settings.ts";
import type { GatewaySeams } from "../contracts.ts";
import { backupModel, configOf, policyOf, primaryModel, type Received, Rig, type Sent } from "../testing/rig.ts";
import type { Provider } from "../testing/scripted-transport.ts";
import { cutAfter, refusal, silent, streamed, whole } from "../testing/scripts.ts";

const words = "one two three four five";

/** Each answer names its attempt, so that a reused answer is seen. */
const numbered: Provider = (ordinal, { body }) =>
  body.stream ? streamed("openai", primaryModel, `${words} ${ordinal}`) : whole("openai", primaryModel, `${words} ${ordinal}`);
const backup: Provider = (_, { body }) => (body.stream ? streamed("anthropic", backupModel, words) : whole("anthropic", backupModel, words));

interface Setup {
  readonly cache?: Partial<CacheConfig>;
  readonly config?: Partial<GatewayConfig>;
  readonly primary?: Provider;
  readonly embedder?: Provider;
  readonly seams?: Partial<GatewaySeams>;
  readonly clock?: VirtualClock;
}

function rigOf({ cache = {}, config = {}, primary = numbered, embedder = () => silent, seams = {}, clock = new VirtualClock() }: Setup = {}) {
  const rig = new Rig(clock, { primary, backup, embedder }, configOf({ cache: { ...defaultCache, ...cache }, ...config }), seams);
  /** One after the other, `gapMs` between the end of one and the start of the next. */
  const inTurn = async (requests: readonly Sent[], gapMs = 1_000): Promise<readonly Received[]> => {
    const received: Received[] = [];
    for (const sent of requests) {
      const receiving = clock.sleep(gapMs).then(() => rig.send({ route: "alone", ...sent }));
      await clock.run();
      received.push(await receiving);
    }
    return received;
  };
  /** All within the flight of the first. */
  const together = async (requests: readonly Sent[], gapMs = 1): Promise<readonly Received[]> => {
    const receiving = requests.map((sent, index) => clock.sleep(index * gapMs).then(() => rig.send({ route: "alone", ...sent })));
    await clock.run();
    return Promise.all(receiving);
  };
  return { rig, clock, inTurn, together };
}

const statuses = (received: readonly Received[]) => received.map(({ headers }) => headers["x-blastlab-cache"]);

test.each([
  ["a stream as a stream", true, true],
  ["a stream as JSON", true, false],
  ["JSON as a stream", false, true],
  ["JSON as JSON", false, false],
])("cache: the same request gets the same answer again without a provider, %s", async (_, first, second) => {
  const { rig, inTurn } = rigOf();
  const [fresh, again] = await inTurn([{ stream: first }, { stream: second }], 12_500);
  expect(rig.transport.seen).toHaveLength(1);
  expect(again).toMatchObject({ status: 200, text: fresh!.text, model: primaryModel, finishReason: "stop", isTerminated: true, usage: { completion_tokens: 6 } });
  expect(again!.headers).toMatchObject({ "x-blastlab-deployment": "primary", "x-blastlab-cache": "hit; age=12" });
  expect(again!.headers["x-blastlab-attempts"]).toBeUndefined();
  expect(again!.headers["x-request-id"]).not.toBe(fresh!.headers["x-request-id"]);
  expect(fresh!.headers["x-blastlab-cache"]).toBe("miss");
  expect(rig.finished().map(({ cache }) => cache)).toEqual([
    { status: "miss", kind: null, ageMs: 0, similarity: 0 },
    { status: "hit", kind: "exact", ageMs: 12_500, similarity: 1 },
  ]);
  expect(rig.finished()[1]).toMatchObject({ attempts: [], outcome: { kind: "success" }, inputTokens: 0, outputTokens: 0 });
});

const tool = { type: "function", function: { name: "look_up", parameters: { type: "object", properties: {} } } };

test.each<[string, Sent]>([
  ["tenant", { key: "vk-b" }],
  ["route", { route: "other" }],
  ["question", { prompt: "Bye" }],
  ["system prompt", { body: { messages: [{ role: "system", content: "Be brief" }, { role: "user", content: "Hello" }] } }],
  ["history", { body: { messages: [{ role: "user", content: "Hello" }, { role: "assistant", content: "Hi" }, { role: "user", content: "Hello" }] } }],
  ["tools", { body: { tools: [tool] } }],
  ["temperature", { body: { temperature: 0.5 } }],
  ["length", { body: { max_tokens: 61 } }],
  ["structured output", { body: { response_format: { type: "json_object" } } }],
])("cache: another %s is another request", async (_, other) => {
  const { rig, inTurn } = rigOf();
  const received = await inTurn([{}, other, {}]);
  expect(statuses(received)).toEqual(["miss", "miss", expect.stringMatching(/^hit; age=\d+$/)]);
  expect(rig.transport.seen).toHaveLength(2);
});

test("cache: features of a team share answers only where the scope says so", async () => {
  const keys = [
    { key: "vk-a", team: "a", feature: "chat" },
    { key: "vk-a2", team: "a", feature: "search" },
  ];
  const apart = rigOf({ config: { keys } });
  expect(statuses(await apart.inTurn([{}, { key: "vk-a2" }]))).toEqual(["miss", "miss"]);
  const shared = rigOf({ config: { keys }, cache: { scope: "team" } });
  expect(statuses(await shared.inTurn([{}, { key: "vk-a2" }]))).toEqual(["miss", expect.stringMatching(/^hit/)]);
});

test("cache: another credential, model or address behind the route starts cold, also across a reload", async () => {
  const { rig, inTurn } = rigOf();
  await inTurn([{}]);
  const { deployments } = rig.config;
  rig.config = { ...rig.config, deployments: deployments.map((each) => ({ ...each, credential: "env:NEXT" })) };
  expect(statuses(await inTurn([{}]))).toEqual(["miss"]);
  rig.config = { ...rig.config, deployments };
  expect(statuses(await inTurn([{}]))).toEqual([expect.stringMatching(/^hit/)]);
});

test("cache: a stricter guard begins with a cold cache, another embedder with no questions to compare", async () => {
  const { rig, inTurn } = rigOf({ cache: { semantic: defaultSemantic } });
  await inTurn([{ prompt: "what is AI" }]);
  const { config } = rig;
  rig.config = { ...config, guards: { pii: defaultPii, injection: null, images: "refuse" } };
  expect(statuses(await inTurn([{ prompt: "what is AI" }]))).toEqual(["miss"]);
  rig.config = { ...config, cache: { ...config.cache!, semantic: { ...defaultSemantic, veto: "entities" } } };
  expect(statuses(await inTurn([{ prompt: "explain artificial intelligence" }, { prompt: "what is AI" }]))).toEqual(["miss", expect.stringMatching(/^hit; age=\d+$/)]);
  rig.config = config;
  expect(statuses(await inTurn([{ prompt: "hi, can you explain AI?" }]))).toEqual([expect.stringMatching(/similarity=1\.00$/)]);
});

test("cache: switched off and on again, it begins cold", async () => {
  const { rig, inTurn } = rigOf();
  await inTurn([{}]);
  const { config } = rig;
  const { cache: _, ...uncached } = config;
  rig.config = uncached;
  await inTurn([{ prompt: "Another" }]);
  rig.config = config;
  expect(statuses(await inTurn([{}, {}]))).toEqual(["miss", expect.stringMatching(/^hit/)]);
});

test("cache: fresh for ttlMs, then asked again", async () => {
  const { rig, inTurn } = rigOf({ cache: { ttlMs: 5_000 } });
  const received = await inTurn([{}, {}, {}], 3_000);
  expect(statuses(received)).toEqual(["miss", "hit; age=3", "miss"]);
  expect(rig.transport.seen).toHaveLength(2);
  expect(received[2]!.text).toBe(`${words} 1`);
});

const failing: readonly [string, Provider][] = [
  ["503", () => refusal(503, "overloaded")],
  ["429", () => refusal(429, "rate_limited")],
  ["a hang", () => silent],
];

test.each(failing)("cache: when providers fail with %s, an answer that is no longer fresh is given with its age", async (_, failure) => {
  const primary: Provider = (ordinal, seen) => (ordinal === 0 ? numbered(ordinal, seen) : failure(ordinal, seen));
  const { rig, inTurn } = rigOf({ primary, cache: { ttlMs: 1_000, staleIfErrorMs: 60_000 } });
  const [fresh, stale] = await inTurn([{}, {}], 20_000);
  expect(stale).toMatchObject({ status: 200, text: fresh!.text, isTerminated: true });
  expect(stale!.headers["x-blastlab-cache"]).toBe(`stale; age=${Math.floor((stale!.firstMs! - fresh!.endedMs) / 1_000)}`);
  const report = rig.finished()[1]!;
  expect(report).toMatchObject({ outcome: { kind: "success" }, cache: { status: "stale", kind: "exact" } });
  expect(report.attempts.length).toBeGreaterThan(0);
});

test("cache: when providers fail, one request finds out for all who hold an answer that is no longer fresh", async () => {
  const primary: Provider = (ordinal, seen) => (ordinal === 0 ? numbered(ordinal, seen) : silent);
  const policy = policyOf({ breaker: null, retry: { attemptsPerDeploymentMax: 1, attemptsMax: 1, backoff: { baseMs: 1, maxMs: 1 } } });
  const { rig, clock, inTurn, together } = rigOf({ primary, cache: { ttlMs: 1_000, coalesceWaitMs: 30_000 }, config: { policy } });
  const [fresh] = await inTurn([{}]);
  await clock.run();
  const received = await together([{ prompt: "Another" }, ...Array.from({ length: 20 }, () => ({}))], 2_000);
  const stale = received.slice(1);
  expect(stale.every(({ status, text }) => status === 200 && text === fresh!.text)).toBe(true);
  /** Each flight takes the first-token deadline, in which four more come. */
  expect(rig.transport.seen.length).toBeLessThanOrEqual(2 + 20 / 4);
});

test("cache: when the deployments are at their limits, an answer that is no longer fresh is given", async () => {
  const slow: Provider = (ordinal, seen) => (ordinal === 1 ? streamed("openai", primaryModel, words, { firstMs: 5_000 }) : numbered(ordinal, seen));
  const policy = policyOf({ concurrency: { initial: 1, min: 1, max: 1 } });
  const { inTurn, together } = rigOf({ primary: slow, cache: { ttlMs: 1_000 }, config: { policy } });
  const [fresh] = await inTurn([{}]);
  const [, stale, none] = await together([{ prompt: "Another" }, {}, { prompt: "A third" }], 2_000);
  expect(stale).toMatchObject({ status: 200, text: fresh!.text });
  expect(stale!.headers["x-blastlab-cache"]).toMatch(/^stale; age=\d+$/);
  expect(none).toMatchObject({ status: 503, errorCode: "deployments_full" });
});

test("cache: too old to be given, or the caller's own fault, and the failure surfaces", async () => {
  const primary: Provider = (ordinal, seen) => (ordinal === 0 ? numbered(ordinal, seen) : refusal(503, "overloaded"));
  const old = rigOf({ primary, cache: { ttlMs: 1_000, staleIfErrorMs: 5_000 } });
  expect((await old.inTurn([{}, {}], 20_000))[1]).toMatchObject({ status: 503 });
  const badRequest: Provider = (ordinal, seen) => (ordinal === 0 ? numbered(ordinal, seen) : refusal(400, "bad_request"));
  const caller = rigOf({ primary: badRequest, cache: { ttlMs: 1_000, staleIfErrorMs: 60_000 } });
  expect((await caller.inTurn([{}, {}], 20_000))[1]).toMatchObject({ status: 400 });
});

test.each<[string, Provider]>([
  ["cut", (_, { body }) => cutAfter(streamed("openai", body.model, words), 3, { fail: "reset" })],
  ["ended without its terminal event", (_, { body }) => cutAfter(streamed("openai", body.model, words), 3)],
  ["stalled", (_, { body }) => cutAfter(streamed("openai", body.model, words), 3, "hang")],
  ["refused", () => refusal(500, "server_error")],
  ["longer than its max_tokens", (_, { body }) => lengthOut(body.model)],
])("cache: an answer that was %s is not kept", async (_, first) => {
  const primary: Provider = (ordinal, seen) => (ordinal === 0 ? first(ordinal, seen) : numbered(ordinal, seen));
  const policy = { ...policyOf({ breaker: null, retry: { attemptsPerDeploymentMax: 1, attemptsMax: 1, backoff: { baseMs: 1, maxMs: 1 } } }), rescue: null };
  const { inTurn } = rigOf({ primary, config: { policy } });
  const received = await inTurn([{}, {}]);
  expect(received[1]).toMatchObject({ status: 200, text: `${words} 1` });
  expect(received[1]!.headers["x-blastlab-cache"]).toBe("miss");
});

function lengthOut(model: string) {
  const script = streamed("openai", model, words);
  return { ...script, body: script.body.map((step) => (typeof step === "object" && "text" in step ? { text: step.text.replace('"stop"', '"length"') } : step)) };
}

test("cache: a client that leaves in the middle leaves nothing behind", async () => {
  const { rig, clock, inTurn } = rigOf();
  const leaving = rig.send({ route: "alone", leaveMs: 130 });
  await clock.run();
  expect(await leaving).toMatchObject({ listenersLeft: 0 });
  expect(statuses(await inTurn([{}]))).toEqual(["miss"]);
  expect(clock.idle).toBe(true);
});

test("cache: the same requests at the same time are one attempt, streams and JSON alike", async () => {
  const { rig, together } = rigOf();
  const received = await together(Array.from({ length: 40 }, (_, index) => ({ stream: index % 2 === 0 })));
  expect(rig.transport.seen).toHaveLength(1);
  expect(new Set(received.map(({ text }) => text))).toEqual(new Set([`${words} 0`]));
  expect(received.every(({ status, isTerminated, listenersLeft }) => status === 200 && isTerminated && listenersLeft === 0)).toBe(true);
  expect(rig.finished().filter(({ cache }) => cache?.kind === "coalesced")).toHaveLength(39);
  expect(rig.gateway.state()).toMatchObject({ inFlight: 0, cache: { entries: 1 } });
});

test("cache: when the one that others wait for is left by its client, the next goes in its place", async () => {
  const { rig, clock, together } = rigOf();
  const received = await together([{ leaveMs: 50 }, {}, {}, {}], 5);
  expect(received.slice(1).map(({ status, text }) => [status, text])).toEqual(received.slice(1).map(() => [200, `${words} 1`]));
  expect(rig.transport.seen).toHaveLength(2);
  expect(clock.idle).toBe(true);
});

test("cache: when the one that others wait for fails, each asks for itself", async () => {
  const primary: Provider = (ordinal, seen) => (ordinal === 0 ? refusal(500, "server_error") : numbered(ordinal, seen));
  const policy = policyOf({ breaker: null, retry: { attemptsPerDeploymentMax: 1, attemptsMax: 1, backoff: { baseMs: 1, maxMs: 1 } } });
  const { rig, together } = rigOf({ primary, config: { policy } });
  const received = await together([{}, {}, {}]);
  expect(received.map(({ status }) => status)).toEqual([502, 200, 200]);
  expect(rig.transport.seen).toHaveLength(3);
});

test("cache: no request waits for another longer than coalesceWaitMs", async () => {
  const slow: Provider = (ordinal, seen) => (ordinal === 0 ? streamed("openai", primaryModel, words, { firstMs: 5_000 }) : numbered(ordinal, seen));
  const { rig, together } = rigOf({ primary: slow, cache: { coalesceWaitMs: 300 } });
  const [, second] = await together([{}, {}]);
  expect(second!.firstMs).toBeLessThan(1_000);
  expect(rig.transport.seen).toHaveLength(2);
});

test("cache: a client that reads its stream slowly makes no request wait again, and one asks in its place for all", async () => {
  const { rig, clock } = rigOf({ cache: { coalesceWaitMs: 10_000 } });
  const at = (atMs: number, sent: Sent) => clock.sleep(atMs).then(() => rig.send({ route: "alone", ...sent }));
  const slow = at(0, { readMs: 10_000 });
  const others = Array.from({ length: 20 }, (_, index) => at(1_000 + index * 400, {}));
  const late = at(15_000, {});
  await clock.run();
  await slow;
  const received = await Promise.all([...others, late]);
  expect(rig.transport.seen).toHaveLength(2);
  expect(received.every(({ status, text, endedMs }) => status === 200 && text === `${words} 1` && endedMs <= 15_000 + 1)).toBe(true);
});

const embedderSettings = { kind: "openai", baseUrl: "http://embedder/v1", model: "e", credential: "env:E", timeoutMs: 200 } as const;
const semanticByModel = { threshold: 0.85, veto: "entities", embedder: embedderSettings } as const;
/** An embedder to which all is one. */
const vectors: Provider = () => ({ before: [{ waitMs: 50 }], status: 200, headers: {}, body: [{ text: JSON.stringify({ data: [{ embedding: [1, 0] }] }) }] });

test("cache: the same question at the same time is embedded once, and all that wait for a similar one get its report", async () => {
  const { rig, inTurn, together } = rigOf({ cache: { semantic: semanticByModel }, embedder: vectors });
  await inTurn([{ prompt: "my laptop is sluggish" }]);
  const before = rig.transport.at("embedder").length;
  const received = await together(Array.from({ length: 20 }, () => ({ prompt: "why does my computer run slowly" })));
  expect(new Set(statuses(received))).toEqual(new Set(["hit; age=0; similarity=1.00"]));
  expect(rig.transport.at("embedder")).toHaveLength(before + 1);
  expect(rig.finished().slice(1).every(({ cache }) => cache?.kind === "semantic")).toBe(true);
});

test("cache: while the embedder is silent, few requests wait for it", async () => {
  const { inTurn } = rigOf({ cache: { semantic: semanticByModel }, embedder: () => silent });
  const received = await inTurn(Array.from({ length: 10 }, (_, index) => ({ prompt: `question ${"x".repeat(index)}` })), 0);
  expect(received.at(-1)!.endedMs).toBeLessThan(10 * 250 + 4 * 200);
});

test("cache: a question of which the veto would not read all is like no other", async () => {
  const { inTurn } = rigOf({ cache: { semantic: defaultSemantic } });
  const letter = "we have been your customers for a long time ".repeat(50);
  expect(statuses(await inTurn([{ prompt: `${letter} refund for order 123` }, { prompt: `${letter} refund for order 456` }]))).toEqual(["miss", "miss"]);
});

test("cache: after an unshareable answer no request waits for the next one, until one is shareable", async () => {
  const long: Provider = (ordinal, { body }) => (ordinal < 20 ? lengthOut(body.model) : streamed("openai", primaryModel, `${words} ${ordinal}`));
  const { rig, clock } = rigOf({ primary: long });
  const at = (atMs: number) => clock.sleep(atMs).then(() => rig.send({ route: "alone" }).then((received) => ({ ...received, tookMs: received.endedMs - atMs })));
  const received = Array.from({ length: 30 }, (_, index) => at(Math.floor(index / 2) * 400 + (index % 2) * 10));
  await clock.run();
  const [, second, ...others] = await Promise.all(received);
  expect(second!.tookMs).toBeGreaterThan(400);
  expect(Math.max(...others.map(({ tookMs }) => tookMs))).toBeLessThan(300);
  expect(rig.transport.seen).toHaveLength(22);
  expect((await Promise.all(received)).at(-1)!.headers["x-blastlab-cache"]).toMatch(/^hit/);
});

test("cache: no-store bypasses it, no-cache asks again and renews", async () => {
  const { rig, inTurn } = rigOf();
  const noStore = { headers: { "cache-control": "no-store" } };
  const noCache = { headers: { "cache-control": "no-cache" } };
  const received = await inTurn([noStore, {}, noCache, {}, noStore]);
  expect(statuses(received)).toEqual([undefined, "miss", "miss", expect.stringMatching(/^hit/), undefined]);
  expect(received.map(({ text }) => text.at(-1))).toEqual(["0", "1", "2", "2", "3"]);
  expect(rig.finished()[0]!.cache).toBeUndefined();
});

test("cache: like questions are one to the semantic cache, others are not", async () => {
  const { rig, inTurn } = rigOf({ cache: { semantic: defaultSemantic } });
  const received = await inTurn([
    { prompt: "what is AI" },
    { prompt: "explain artificial intelligence" },
    { prompt: "refund for order 123" },
    { prompt: "refund for order 456" },
    { prompt: "explain artificial intelligence", key: "vk-b" },
    { prompt: "explain artificial intelligence", body: { temperature: 0.9 } },
    { body: { messages: [{ role: "user", name: "ada", content: "explain artificial intelligence" }] } },
  ]);
  expect(statuses(received)).toEqual(["miss", expect.stringMatching(/^hit; age=1; similarity=1\.00$/), "miss", "miss", "miss", "miss", "miss"]);
  expect(rig.finished()[1]!.cache).toMatchObject({ status: "hit", kind: "semantic" });
  expect(received[1]!.text).toBe(received[0]!.text);
});

test("cache: a like question gets no answer that is not fresh", async () => {
  const primary: Provider = (ordinal, seen) => (ordinal === 0 ? numbered(ordinal, seen) : refusal(503, "overloaded"));
  const { inTurn } = rigOf({ primary, cache: { ttlMs: 1_000, semantic: defaultSemantic } });
  const received = await inTurn([{ prompt: "what is AI" }, { prompt: "explain artificial intelligence" }], 20_000);
  expect(received[1]).toMatchObject({ status: 503 });
});

test("cache: answers in the shared store are for every process that has the same config", async () => {
  const clock = new VirtualClock();
  const store = new MemoryStore(clock);
  const [one, other] = [rigOf({ cache: { backend: "store" }, seams: { store }, clock }), rigOf({ cache: { backend: "store" }, seams: { store }, clock })];
  const [fresh] = await one.inTurn([{}]);
  const [again, foreign] = await other.inTurn([{ stream: false }, { key: "vk-b" }]);
  expect(again).toMatchObject({ status: 200, text: fresh!.text });
  expect(again!.headers["x-blastlab-cache"]).toMatch(/^hit; age=\d+$/);
  expect(foreign!.headers["x-blastlab-cache"]).toBe("miss");
  expect(other.rig.transport.seen).toHaveLength(1);
});

test("cache: until an answer is in the shared store, it is found where it was", async () => {
  const clock = new VirtualClock();
  const inner = new MemoryStore(clock);
  const later = async <T>(act: () => Promise<T>) => {
    await clock.sleep(30);
    return act();
  };
  const store: Store = Object.assign(Object.create(inner) as Store, {
    get: (key: string) => later(() => inner.get(key)),
    set: (key: string, value: string, options: { ttlMs: number; deadlineMs: number }) => later(() => inner.set(key, value, options)),
  });
  const { rig, together } = rigOf({ cache: { backend: "store" }, seams: { store }, clock });
  await together(Array.from({ length: 400 }, () => ({})));
  expect(rig.transport.seen).toHaveLength(1);
});

test("cache: a shared store that refuses is a miss, and fails no request", async () => {
  const { rig, inTurn } = rigOf({ cache: { backend: "store" } });
  expect(statuses(await inTurn([{}, {}]))).toEqual(["miss", "miss"]);
  expect(rig.transport.seen).toHaveLength(2);
});

test("cache: absent from the config, it says and keeps nothing", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: numbered, backup });
  for (let index = 0; index < 2; index++) {
    const receiving = rig.send({ route: "alone" });
    await clock.run();
    expect((await receiving).headers["x-blastlab-cache"]).toBeUndefined();
  }
  expect(rig.transport.seen).toHaveLength(2);
  expect(rig.gateway.state()).not.toHaveProperty("cache");
});
