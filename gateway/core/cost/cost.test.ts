import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatRequest } from "../../../kernel/chat.ts";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { MemoryStore } from "../limits/memory-store.ts";
import type { AttemptReport } from "../attempt-report.ts";
import { backupModel, configOf, policyOf, primaryModel, Rig } from "../testing/rig.ts";
import type { Provider } from "../testing/scripted-transport.ts";
import { cutAfter, refusal, streamed, whole } from "../testing/scripts.ts";
import { nanoUsdMax, nanoUsdOf, priceAt, usdText, type Price } from "./price.ts";
import { costOf } from "./request-cost.ts";
import { estimatedInputTokens, estimatedTokens, inputTokensMax } from "./tokens.ts";

const price: Price = { fromMs: -Infinity, toMs: Infinity, input: 2.5, cachedInput: 0.25, cacheWrite: 3.125, output: 15 };
const deployments = configOf().deployments;
const report = (overrides: Partial<AttemptReport>): AttemptReport => ({ spanId: "s", deployment: "primary", startedMs: 0, endedMs: 1, failure: null, status: 200, ...overrides });

test("nanoUsdOf: dollars a million tokens are thousands of nanodollars a token; cache reads and writes have their own price", () => {
  expect(nanoUsdOf(price, { inputTokens: 1_000_000, outputTokens: 1_000_000 })).toBe(17.5e9);
  expect(nanoUsdOf(price, { inputTokens: 1_000, outputTokens: 0, cachedInputTokens: 600, cacheWriteTokens: 300 })).toBe((100 * 2.5 + 600 * 0.25 + 300 * 3.125) * 1_000);
});

test("nanoUsdOf: 0.0028 dollars a million tokens are not lost, and no float crumb costs a nanodollar", () => {
  expect(nanoUsdOf({ ...price, input: 0.0028 }, { inputTokens: 10, outputTokens: 0 })).toBe(28);
  expect(nanoUsdOf({ ...price, input: 0.1 }, { inputTokens: 3, outputTokens: 0 })).toBe(300);
});

const tokens = fc.nat({ max: 1_000_000 });
test("nanoUsdOf: never more than nanoUsdMax, whatever the cache did, and whole", () => {
  fc.assert(
    fc.property(tokens, tokens, tokens, tokens, (inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens) => {
      const cost = nanoUsdOf(price, { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens });
      expect(Number.isSafeInteger(cost)).toBe(true);
      expect(cost).toBeGreaterThanOrEqual(0);
      expect(cost).toBeLessThanOrEqual(nanoUsdMax(price, { inputTokens, outputTokens }));
    }),
  );
});

test("priceAt: by the exact name and the day; an unknown price is null, not 0", () => {
  const table = { m: [{ ...price, toMs: 100 }, { ...price, fromMs: 100, input: 3 }] };
  expect(priceAt(table, "m", 99)?.input).toBe(2.5);
  expect(priceAt(table, "m", 100)?.input).toBe(3);
  expect(priceAt(table, "openai/m", 0)).toBeNull();
  expect(priceAt(table, "constructor", 0)).toBeNull();
});

test.each([
  [0, "0.0"],
  [1, "0.000000001"],
  [105_000, "0.000105"],
  [1_000_000_000, "1.0"],
  [12_345_678_901, "12.345678901"],
])("usdText: %s", (nanoUsd, text) => {
  expect(usdText(nanoUsd)).toBe(text);
});

test("costOf: legs apart; a refusal is free, a broken stream costs what it gave, a client that left is no failure", () => {
  const attempts = [
    report({ spanId: "1", failure: "overloaded", status: 503 }),
    report({ spanId: "2", failure: "reset", textEvents: 4 }),
    report({ spanId: "3", deployment: "backup", usage: { inputTokens: 10, outputTokens: 20, cachedInputTokens: 10 }, textEvents: 20 }),
    report({ spanId: "4", failure: "cancelled", textEvents: 1 }),
  ];
  const cost = costOf(attempts, { deployments, prices: { [primaryModel]: [price], [backupModel]: [price] }, wallMs: 0, promptTokens: () => 8 });
  expect(cost.legs).toMatchObject([
    { spanId: "2", failed: true, nanoUsd: (8 * 2.5 + 4 * 15) * 1_000, usage: { isEstimated: true } },
    { spanId: "3", failed: false, nanoUsd: (10 * 0.25 + 20 * 15) * 1_000, usage: { isEstimated: false } },
    { spanId: "4", failed: false, nanoUsd: (8 * 2.5 + 1 * 15) * 1_000 },
  ]);
  expect(cost).toMatchObject({ nanoUsd: 80_000 + 302_500 + 35_000, failedNanoUsd: 80_000, isPriced: true, usage: { inputTokens: 26, outputTokens: 25, cachedInputTokens: 10 } });
});

test("costOf: a model without a price is flagged and left out, never free in silence", () => {
  const attempts = [report({ usage: { inputTokens: 10, outputTokens: 20 } })];
  expect(costOf(attempts, { deployments, prices: {}, wallMs: 0, promptTokens: () => 0 })).toMatchObject({ isPriced: false, nanoUsd: 0, legs: [{ nanoUsd: null, model: primaryModel }] });
});

test.each([0, -1, 0.5, Number.NaN, Infinity, 1e15])("costOf: %s cannot be the count of four events: the provider's figure is ignored", (outputTokens) => {
  const attempts = [report({ usage: { inputTokens: 10, outputTokens }, textEvents: 4 })];
  const cost = costOf(attempts, { deployments, prices: { [primaryModel]: [price] }, wallMs: 0, promptTokens: () => 8 });
  expect(cost.legs).toMatchObject([{ usage: { inputTokens: 8, outputTokens: 4, isEstimated: true } }]);
});

test("costOf: vectors whose provider counts nothing are input alone", () => {
  const attempts = [report({ textEvents: 3 })];
  const cost = costOf(attempts, { deployments, prices: { [primaryModel]: [price] }, wallMs: 0, promptTokens: () => 8, hasOutput: false });
  expect(cost).toMatchObject({ nanoUsd: 8 * 2_500, usage: { inputTokens: 8, outputTokens: 0 } });
});

const words = "one two three four";
const answer: Provider = (_, { body }) => (body.stream ? streamed("openai", primaryModel, words) : whole("openai", primaryModel, words));
const prices = { [primaryModel]: [price], [backupModel]: [price] };
const backup: Provider = (_, { body }) => (body.stream ? streamed("anthropic", backupModel, words) : whole("anthropic", backupModel, words));

test("gateway: cost in a header of a JSON answer, and in the event", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: answer, backup }, configOf({ prices }));
  const receiving = rig.send({ stream: false });
  await clock.run();
  expect((await receiving).headers["x-blastlab-cost-usd"]).toBe("0.0000775");
  expect(rig.finished()[0]!.cost).toMatchObject({ nanoUsd: 77_500, failedNanoUsd: 0, isPriced: true });
});

test("gateway: a model without a price makes the header unknown; a refusal has none", async () => {
  const clock = new VirtualClock();
  const unpriced = new Rig(clock, { primary: answer, backup });
  const refused = new Rig(clock, { primary: () => refusal(400, "bad"), backup }, configOf({ prices }));
  const receiving = [unpriced.send({ stream: false }), refused.send({ stream: false })];
  await clock.run();
  const [one, other] = await Promise.all(receiving);
  expect(one!.headers["x-blastlab-cost-usd"]).toBe("unknown");
  expect(other!.headers["x-blastlab-cost-usd"]).toBeUndefined();
});

test("gateway: a whole answer whose provider counts nothing is billed by its length, and not as one event", async () => {
  const clock = new VirtualClock();
  const answer = "word ".repeat(400);
  const script = whole("openai", primaryModel, answer);
  const uncounted = { ...script, body: script.body.map((step) => (typeof step === "object" && "text" in step ? { text: step.text.replace(/,"usage":\{[^}]*\}/, "") } : step)) };
  const rig = new Rig(clock, { primary: () => uncounted, backup }, configOf({ prices }));
  const receiving = rig.send({ stream: false });
  await clock.run();
  expect((await receiving).text).toBe(answer);
  expect(rig.finished()[0]!.cost!.legs).toMatchObject([{ usage: { outputTokens: estimatedTokens(answer), isEstimated: true } }]);
});

test("gateway: a stream that breaks before its commit point is free, one that breaks after it is paid for", async () => {
  const clock = new VirtualClock();
  const script = streamed("openai", primaryModel, words);
  const policy = policyOf({ rescue: null, retry: { attemptsPerDeploymentMax: 1, attemptsMax: 2, backoff: { baseMs: 1, maxMs: 1 } } });
  const before = new Rig(clock, { primary: () => cutAfter(script, 1, { fail: "reset" }), backup }, configOf({ prices, policy }));
  const after = new Rig(clock, { primary: () => cutAfter(script, 3, { fail: "reset" }), backup }, configOf({ prices, policy }));
  const receiving = [before.send(), after.send()];
  await clock.run();
  await Promise.all(receiving);
  expect(before.finished()[0]!.cost).toMatchObject({ failedNanoUsd: 0, legs: [{ deployment: "backup" }] });
  expect(after.finished()[0]!.cost).toMatchObject({ legs: [{ deployment: "primary", failed: true, usage: { outputTokens: 2, isEstimated: true } }] });
});

test("inputTokensMax: tools, what was called and the schema of the answer are part of the prompt", () => {
  const chat: ChatRequest = { model: "m", messages: [{ role: "user", content: "hi" }], stream: false, maxTokens: null, temperature: null, includeUsage: false };
  const [plain, likely] = [inputTokensMax(chat), estimatedInputTokens(chat)];
  const schema = { type: "object", properties: Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`property${index}`, { type: "string" }])) };
  const length = JSON.stringify(schema).length;
  const calling = { role: "assistant", content: "", toolCalls: [{ id: "1", name: "look_up", arguments: JSON.stringify(schema) }] } as const;
  for (const heavier of [{ tools: [{ name: "look_up", parameters: schema }] }, { output: { type: "json_schema", name: "answer", schema } }, { messages: [...chat.messages, calling] }] as const) {
    expect(inputTokensMax({ ...chat, ...heavier })).toBeGreaterThanOrEqual(plain + length / 2);
    expect(estimatedInputTokens({ ...chat, ...heavier })).toBeGreaterThanOrEqual(likely + length / 4);
  }
});

test("gateway: a client that leaves in the midst of a rescue has both legs billed, and both are settled", async () => {
  const clock = new VirtualClock();
  const store = new MemoryStore(clock);
  const limits = { rules: [{ team: "a", windowMs: 3_600_000, usd: 1 }], outputTokensDefault: 100, storeMs: 50 };
  const long = Array.from({ length: 20 }, (_, index) => `word${index}`).join(" ");
  const providers = { primary: () => cutAfter(streamed("openai", primaryModel, long), 6, { fail: "reset" } as const), backup: () => streamed("anthropic", backupModel, long) };
  const rig = new Rig(clock, providers, configOf({ prices, limits }), { store });
  const receiving = rig.send({ leaveMs: 500 });
  await clock.run();
  await receiving;
  const { cost, outcome, attempts } = rig.finished()[0]!;
  expect(outcome).toEqual({ kind: "cancelled" });
  expect(attempts.map(({ failure }) => failure)).toEqual(["reset", "cancelled"]);
  expect(cost!.legs.map(({ deployment, usage }) => [deployment, usage.outputTokens])).toEqual([["primary", 5], ["backup", attempts[1]!.textEvents]]);
  expect(rig.gateway.state().limits![0]!.left).toBeCloseTo(1 - cost!.nanoUsd / 1e9, 12);
});

test("estimatedTokens: some four characters of English, a token for each other letter; the most is never less", () => {
  expect(estimatedTokens("abcdefgh")).toBe(2);
  expect(estimatedTokens("日本語")).toBe(3);
  const chat = { model: "m", messages: [{ role: "user" as const, content: "abcdefgh" }], stream: false, maxTokens: null, temperature: null, includeUsage: false };
  expect(inputTokensMax(chat)).toBe(10);
});
