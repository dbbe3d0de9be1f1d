import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { seededRng } from "../../../kernel/rng.ts";
import { type Draw, type Drawn, type Store, StoreError } from "../../../kernel/seams.ts";
import { neverSignal } from "../../../kernel/signal.ts";
import { MemoryStore } from "./memory-store.ts";
import { defaultCache } from "../cache/settings.ts";
import type { GatewayConfig, LimitRule } from "../config.ts";
import { configOf, primaryModel, backupModel, Rig, type Sent } from "../testing/rig.ts";
import type { Provider } from "../testing/scripted-transport.ts";
import { cutAfter, refusal, silent, streamed, whole } from "../testing/scripts.ts";
import { drawsOf, maximumUse } from "./draws.ts";

const words = "one two three four five six";
const primary: Provider = () => streamed("openai", primaryModel, words);
const backup: Provider = () => streamed("anthropic", backupModel, words);
const vectors = { ...whole("openai", primaryModel, ""), body: [{ text: JSON.stringify({ model: primaryModel, data: [{ index: 0, embedding: [0.1, 0.2] }], usage: { prompt_tokens: 5, total_tokens: 5 } }) }] };
/** What one request of the rig uses: 7 tokens in, a token a word. */
const tokensOfOne = 13;
const windowMs = 60_000;
const price = { fromMs: -Infinity, toMs: Infinity, input: 2, cachedInput: 1, cacheWrite: 2, output: 10 };
const prices = { [primaryModel]: [price], [backupModel]: [price] };

function limited(rules: readonly LimitRule[], overrides: Partial<GatewayConfig> = {}): GatewayConfig {
  return configOf({ prices, limits: { rules, outputTokensDefault: 100, storeMs: 50 }, ...overrides });
}

async function sendAll(clock: VirtualClock, rig: Rig, sent: readonly Sent[]) {
  const receiving = sent.map((one) => rig.send(one));
  await clock.run();
  return Promise.all(receiving);
}

/** What the store has counted in a window. */
async function usedOf(store: Store, clock: VirtualClock, rule: LimitRule, unit: "requests" | "tokens" | "usd", atMs = clock.wallMs()): Promise<number> {
  const [draw] = drawsOf([rule], rule.team, { amounts: { requests: 0, tokens: 0, usd: 0 }, wallMs: atMs, share: 1 }).filter((one) => one.unit === unit);
  const drawn = await store.reserveAll([draw!], Infinity);
  return draw!.limit - (drawn.ok ? drawn.reservation.left[0]! : drawn.left);
}

test("limits: 500 concurrent requests at the edge of each kind of budget overshoot by none", async () => {
  const rules: LimitRule[] = [
    { team: "a", windowMs, requests: 17 },
    { team: "a", windowMs, tokens: 1_500 },
    { team: "a", windowMs, usd: 0.01 },
  ];
  for (const rule of rules) {
    const clock = new VirtualClock();
    const store = new MemoryStore(clock);
    const rig = new Rig(clock, { primary, backup }, limited([rule]), { store });
    const received = await sendAll(clock, rig, Array.from({ length: 500 }, () => ({})));
    const answered = received.filter(({ status }) => status === 200).length;
    expect(answered).toBeGreaterThan(0);
    expect(received.filter(({ status }) => status === 429)).toHaveLength(500 - answered);
    expect(rig.transport.seen).toHaveLength(answered);
    const used = { requests: answered, tokens: answered * tokensOfOne, usd: answered * (7 * 2 + 6 * 10) * 1_000 };
    const unit = rule.usd !== undefined ? "usd" : rule.tokens !== undefined ? "tokens" : "requests";
    expect(used[unit]).toBeLessThanOrEqual(unit === "usd" ? rule.usd! * 1e9 : rule[unit]!);
    expect(await usedOf(store, clock, rule, unit)).toBe(used[unit]);
  }
});

test("limits: requests one after the other use the whole budget, since what was not used is given back", async () => {
  const clock = new VirtualClock();
  const rule: LimitRule = { team: "a", windowMs: 3_600_000, tokens: 500 };
  const rig = new Rig(clock, { primary, backup }, limited([rule]), { store: new MemoryStore(clock) });
  let answered = 0;
  for (let count = 0; count < 50; count++) {
    const [one] = await sendAll(clock, rig, [{}]);
    if (one!.status === 200) answered++;
  }
  const most = maximumUse({ model: "both", messages: [{ role: "user", content: "Hello" }], stream: true, maxTokens: 60, temperature: null, includeUsage: true }, { deployments: [], prices, wallMs: 0 });
  expect(answered).toBe(Math.floor((500 - most.tokens) / tokensOfOne) + 1);
});

test.each([
  ["requests", { requests: 1 }, "rate_limit_exceeded"],
  ["money", { usd: 0.0009 }, "budget_exceeded"],
] as const)("limits: what does not fit is refused with the time until the window ends (%s)", async (_, amounts, code) => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary, backup }, limited([{ team: "a", windowMs, ...amounts }]), { store: new MemoryStore(clock) });
  const [, second] = await sendAll(clock, rig, [{}, {}]);
  expect(second).toMatchObject({ status: 429, errorCode: code });
  expect(second!.headers["retry-after"]).toBe("60");
  expect(rig.finished().filter(({ outcome }) => outcome.kind === "rejected")).toMatchObject([{ outcome: { by: "limits" }, attempts: [], team: "a" }]);
});

test("limits: a long wait is not worth a retry; a request larger than the whole limit gets its own error, without Retry-After", async () => {
  const clock = new VirtualClock();
  const config = limited([{ team: "a", windowMs: 86_400_000, requests: 1 }, { team: "b", windowMs, tokens: 50 }]);
  const rig = new Rig(clock, { primary, backup }, config, { store: new MemoryStore(clock) });
  const [, second, tooLarge] = await sendAll(clock, rig, [{}, {}, { key: "vk-b" }]);
  expect(second!.headers).toMatchObject({ "retry-after": "86400", "x-should-retry": "false" });
  expect(tooLarge).toMatchObject({ status: 429, errorCode: "request_exceeds_limit" });
  expect(tooLarge!.headers["retry-after"]).toBeUndefined();
});

test("limits: who is refused for what requests under way hold is not sent away for the day", async () => {
  const clock = new VirtualClock();
  const store = new MemoryStore(clock);
  const rig = new Rig(clock, { primary, backup }, limited([{ team: "a", windowMs: 86_400_000, tokens: 80 }]), { store });
  const [first, second] = await sendAll(clock, rig, [{}, {}]);
  expect([first!.status, second!.status, second!.errorCode]).toEqual([200, 429, "rate_limit_exceeded"]);
  expect(second!.headers["retry-after"]).toBe("60");
  expect(second!.headers["x-should-retry"]).toBeUndefined();
  const [third] = await sendAll(clock, rig, [{}]);
  expect(third!.status).toBe(429);
  expect(third!.headers).toMatchObject({ "x-should-retry": "false" });
  expect(Number(third!.headers["retry-after"])).toBeGreaterThan(86_000);
});

test("limits: several windows are drawn on together or not at all", async () => {
  const clock = new VirtualClock();
  const store = new MemoryStore(clock);
  const rules: LimitRule[] = [{ team: "a", windowMs, requests: 100, tokens: 200 }, { team: "*", windowMs: 1_000, requests: 50 }];
  const rig = new Rig(clock, { primary, backup }, limited(rules), { store });
  const received = await sendAll(clock, rig, Array.from({ length: 20 }, () => ({})));
  const answered = received.filter(({ status }) => status === 200).length;
  expect(answered).toBeGreaterThan(0);
  expect(await usedOf(store, clock, rules[0]!, "requests", Date.UTC(2025, 0, 1))).toBe(answered);
});

test("limits: a rule for everybody binds each team by itself, and a team without a rule is free", async () => {
  const clock = new VirtualClock();
  const all = new Rig(clock, { primary, backup }, limited([{ team: "*", windowMs, requests: 1 }]), { store: new MemoryStore(clock) });
  const both = await sendAll(clock, all, [{}, { key: "vk-b" }, {}, { key: "vk-b" }]);
  expect(both.map(({ status }) => status)).toEqual([200, 200, 429, 429]);
  const one = new Rig(clock, { primary, backup }, limited([{ team: "b", windowMs, requests: 1 }]), { store: new MemoryStore(clock) });
  expect((await sendAll(clock, one, [{}, {}])).map(({ status }) => status)).toEqual([200, 200]);
});

test("limits: a request that names no max_tokens is sent with the default, so that its reservation bounds it", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary, backup }, limited([{ team: "a", windowMs, tokens: 1_000 }]), { store: new MemoryStore(clock) });
  const body = JSON.stringify({ model: "other", messages: [{ role: "user", content: "Hi" }], stream: true });
  const handling = rig.gateway.handle({ method: "POST", path: "/v1/chat/completions", headers: { authorization: "Bearer vk-a" }, body: new TextEncoder().encode(body) }, { aborted: false, reason: undefined, onAbort: () => () => {} });
  void handling.then(async ({ body: chunks }) => {
    for await (const _ of chunks);
  });
  await clock.run();
  await handling;
  expect(rig.transport.seen[0]!.body).toMatchObject({ max_tokens: 100 });
});

test("limits: embeddings have no output to be reserved for", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: () => vectors, backup }, limited([{ team: "a", windowMs, tokens: 60 }]), { store: new MemoryStore(clock) });
  const body = new TextEncoder().encode(JSON.stringify({ model: "alone", input: "Hello" }));
  const handling = rig.gateway.handle({ method: "POST", path: "/v1/embeddings", headers: { authorization: "Bearer vk-a" }, body }, neverSignal);
  await clock.run();
  expect((await handling).status).toBe(200);
  expect(rig.gateway.state().limits).toMatchObject([{ unit: "tokens", left: 60 - 5 }]);
});

test("limits: a store that does not answer at all refuses, and says so", async () => {
  const clock = new VirtualClock();
  const down = () => Promise.reject(new StoreError("down"));
  const rig = new Rig(clock, { primary, backup }, limited([{ team: "a", windowMs, requests: 5 }]), { store: { get: down, set: down, reserve: down, settle: down, reserveAll: down } });
  expect(await sendAll(clock, rig, [{}])).toMatchObject([{ status: 503, errorCode: "limits_unavailable" }]);
});

test("limits: the state shows what is left, in the unit of the rule", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary, backup }, limited([{ team: "a", windowMs, requests: 3, usd: 1 }]), { store: new MemoryStore(clock) });
  await sendAll(clock, rig, [{}]);
  const untilMs = Date.UTC(2025, 0, 1) + windowMs;
  expect(rig.gateway.state().limits).toEqual([
    { team: "a", unit: "requests", windowMs, limit: 3, left: 2, untilMs, from: "shared" },
    { team: "a", unit: "usd", windowMs, limit: 1, left: 1 - 74e-6, untilMs, from: "shared" },
  ]);
});

/** A store whose calls and answers take random times: what is asked at once interleaves in any order. */
class Wavering implements Store {
  readonly inner: MemoryStore;
  readonly #wait: () => Promise<void>;
  mostUsed = 0;

  constructor(clock: VirtualClock, seed: number) {
    this.inner = new MemoryStore(clock);
    const rng = seededRng(seed);
    this.#wait = () => clock.sleep(rng.next() * 20);
  }

  get = (key: string) => this.inner.get(key);
  set = (key: string, value: string, options: { ttlMs: number; deadlineMs: number }) => this.inner.set(key, value, options);
  reserve = (key: string, request: { amount: number; limit: number; windowMs: number; deadlineMs: number }) => this.inner.reserve(key, request);
  settle = (key: string, request: { delta: number; windowMs: number; deadlineMs: number }) => this.inner.settle(key, request);

  async reserveAll(draws: readonly Draw[]): Promise<Drawn> {
    await this.#wait();
    const drawn = await this.inner.reserveAll(draws);
    await this.#wait();
    if (!drawn.ok) return drawn;
    for (const [index, { limit }] of draws.entries()) this.mostUsed = Math.max(this.mostUsed, (limit - drawn.reservation.left[index]!) / limit);
    const settle = async (used: readonly number[]) => {
      await this.#wait();
      await drawn.reservation.settle(used, Infinity);
      await drawn.reservation.settle(used, Infinity);
    };
    return { ok: true, reservation: { ...drawn.reservation, settle } };
  }
}

/** Providers that answer, fail before or within a stream, or hang; clients that leave at any time. */
const fates: readonly Provider[] = [
  primary,
  () => refusal(503, "overloaded"),
  () => refusal(400, "bad_request"),
  () => cutAfter(streamed("openai", primaryModel, words), 3, { fail: "reset" }),
  () => silent,
];
const request = fc.record({ atMs: fc.nat({ max: 1_500 }), fate: fc.nat({ max: fates.length - 1 }), leaveMs: fc.option(fc.nat({ max: 600 }), { nil: undefined }) });

test("limits: over random interleavings nothing is counted twice, nothing is lost, and no window is overdrawn", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 40 }), fc.nat(), fc.integer({ min: 150, max: 3_000 }), async (requests, seed, tokens) => {
      const clock = new VirtualClock();
      const store = new Wavering(clock, seed);
      const rule: LimitRule = { team: "a", windowMs: 3_600_000, tokens, requests: 25, usd: 0.02 };
      let next = 0;
      const scripted: Provider = (ordinal, seen) => fates[requests[next++ % requests.length]!.fate]!(ordinal, seen);
      const rig = new Rig(clock, { primary: scripted, backup }, limited([rule]), { store });
      const sending = requests.map(async ({ atMs, leaveMs }) => {
        await clock.sleep(atMs);
        return rig.send({ route: "both", ...(leaveMs !== undefined && { leaveMs }) });
      });
      await clock.run();
      await Promise.all(sending);
      const costs = rig.finished().map(({ cost }) => cost);
      const sum = (read: (cost: NonNullable<(typeof costs)[number]>) => number) => costs.reduce((total, cost) => total + (cost === undefined ? 0 : read(cost)), 0);
      expect(await usedOf(store.inner, clock, rule, "tokens")).toBe(sum(({ usage }) => usage.inputTokens + usage.outputTokens));
      expect(await usedOf(store.inner, clock, rule, "usd")).toBe(sum(({ nanoUsd }) => nanoUsd));
      expect(store.mostUsed).toBeLessThanOrEqual(1);
    }),
    { numRuns: 150 },
  );
});

test("limits: what is reserved is for the prompt as the registry renders it", async () => {
  const clock = new VirtualClock();
  const long = { version: "1", messages: [{ role: "system" as const, content: "word ".repeat(400) }], tools: [] };
  const registry = { prompts: [{ name: "long", current: "1", versions: [long] }], tools: [] };
  const rig = new Rig(clock, { primary, backup }, limited([{ team: "a", windowMs, tokens: 500 }], { registry }), { store: new MemoryStore(clock) });
  const body = { model: "both", max_tokens: 60, stream: true, messages: [{ role: "user", content: "Hello" }] };
  const [plain, rendered] = await sendAll(clock, rig, [{ body }, { body: { ...body, prompt: { id: "long" } } }]);
  expect([plain!.status, rendered!.status]).toEqual([200, 429]);
  expect(rendered!.errorCode).toBe("request_exceeds_limit");
});

test("limits: an answer out of the gateway's cache is a request, and uses no tokens and no money", async () => {
  const clock = new VirtualClock();
  const store = new MemoryStore(clock);
  const rule: LimitRule = { team: "a", windowMs: 3_600_000, requests: 10, tokens: 5_000, usd: 1 };
  const rig = new Rig(clock, { primary, backup }, limited([rule], { cache: defaultCache }), { store });
  await sendAll(clock, rig, [{}]);
  const [hit] = await sendAll(clock, rig, [{}]);
  expect(hit!.headers["x-blastlab-cache"]).toMatch(/^hit/);
  expect(rig.finished().map(({ cost, cache }) => [cost?.nanoUsd, cache?.status])).toEqual([[74_000, "miss"], [undefined, "hit"]]);
  expect(await Promise.all(["requests", "tokens", "usd"].map((unit) => usedOf(store, clock, rule, unit as "usd")))).toEqual([2, tokensOfOne, 74_000]);
});

test("limits: 5,000 clients that leave at any moment leave nothing reserved", async () => {
  for (let round = 0; round < 5; round++) {
    const clock = new VirtualClock();
    const store = new Wavering(clock, round);
    const rule: LimitRule = { team: "a", windowMs: 86_400_000, requests: 100_000, tokens: 100_000_000 };
    const rig = new Rig(clock, { primary: (ordinal, seen) => fates[ordinal % fates.length]!(ordinal, seen), backup }, limited([rule]), { store });
    const sending = Array.from({ length: 1_000 }, async (_, index) => {
      await clock.sleep(index);
      return rig.send({ leaveMs: (index * 37 + round) % 400 });
    });
    await clock.run();
    const left = (await Promise.all(sending)).filter(({ broken }) => broken === "aborted").length;
    expect(left).toBeGreaterThan(500);
    const billed = rig.finished().reduce((total, { cost }) => total + (cost === undefined ? 0 : cost.usage.inputTokens + cost.usage.outputTokens), 0);
    expect(await usedOf(store.inner, clock, rule, "tokens")).toBe(billed);
    expect(rig.gateway.state().inFlight).toBe(0);
  }
});
