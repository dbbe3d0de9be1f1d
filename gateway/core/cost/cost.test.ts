import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatRequest } from "../../../kernel/chat.ts";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { utf8Bytes } from "../../../kernel/utf8.ts";
import { openaiClient } from "../../dialects/openai-client.ts";
import { MemoryStore } from "../limits/memory-store.ts";
import { readInPieces } from "../long-body.ts";
import type { AttemptReport } from "../attempt-report.ts";
import { backupModel, configOf, policyOf, primaryModel, Rig } from "../testing/rig.ts";
import type { Provider } from "../testing/scripted-transport.ts";
import { cutAfter, refusal, type Script, streamed, whole } from "../testing/scripts.ts";
import { nanoUsdMax, nanoUsdOf, priceAt, usdText, type Price } from "./price.ts";
import { costOf } from "./request-cost.ts";
import { countTokensInPieces, estimatedInputTokens, estimatedTokens, inputTokensMax } from "./tokens.ts";

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
const usages = fc.record({ inputTokens: tokens, outputTokens: tokens, cachedInputTokens: tokens, cacheWriteTokens: tokens, cacheWriteHourTokens: tokens });
test("nanoUsdOf: never more than nanoUsdMax, whatever the cache, the length and the tier did, and whole: law", () => {
  const all: Price = { ...price, cacheWriteHour: 5, tiers: { priority: 2, flex: 0.5 }, above: { inputTokens: 200_000, input: 5, cachedInput: 0.5, cacheWrite: 6.25, cacheWriteHour: 10, output: 12 } };
  fc.assert(
    fc.property(usages, fc.constantFrom("default", "priority", "flex"), (usage, serviceTier) => {
      const cost = nanoUsdOf(all, { ...usage, serviceTier });
      expect(Number.isSafeInteger(cost)).toBe(true);
      expect(cost).toBeGreaterThanOrEqual(0);
      expect(cost).toBeLessThanOrEqual(nanoUsdMax(all, usage, serviceTier));
    }),
  );
});

test("nanoUsdOf: above a model's context threshold all of a request has the higher price, and only above it", () => {
  const long: Price = { ...price, above: { inputTokens: 200_000, input: 5, cachedInput: 0.5, cacheWrite: 6.25, output: 22.5 } };
  expect(nanoUsdOf(long, { inputTokens: 200_000, outputTokens: 1_000 })).toBe(200_000 * 2_500 + 1_000 * 15_000);
  expect(nanoUsdOf(long, { inputTokens: 200_001, outputTokens: 1_000, cachedInputTokens: 1 })).toBe(200_000 * 5_000 + 500 + 1_000 * 22_500);
});

test("nanoUsdOf: input that is cached for an hour has a price of its own", () => {
  const usage = { inputTokens: 1_000, outputTokens: 0, cacheWriteTokens: 600, cacheWriteHourTokens: 200 };
  expect(nanoUsdOf({ ...price, cacheWriteHour: 5 }, usage)).toBe(400 * 2_500 + 400 * 3_125 + 200 * 5_000);
  expect(nanoUsdOf(price, usage)).toBe(400 * 2_500 + 600 * 3_125);
});

test("nanoUsdOf: a service tier costs its factor, the standard one by any of its names 1, and one without a factor is unknown", () => {
  const tiered: Price = { ...price, tiers: { priority: 2, flex: 0.5 } };
  const costAt = (serviceTier: string) => nanoUsdOf(tiered, { inputTokens: 1_000, outputTokens: 0, serviceTier });
  expect(["default", "standard", "on_demand", "auto"].map(costAt)).toEqual([2_500_000, 2_500_000, 2_500_000, 2_500_000]);
  expect([costAt("priority"), costAt("flex"), costAt("scale")]).toEqual([5_000_000, 1_250_000, null]);
  expect(nanoUsdOf(tiered, { inputTokens: 1_000, outputTokens: 0, hasOtherCharges: true })).toBeNull();
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

test.each([-1, 0.5, Number.NaN, Infinity, 1e15])("costOf: %s cannot be the count of four events: the provider's figure is ignored", (outputTokens) => {
  const attempts = [report({ usage: { inputTokens: 10, outputTokens }, textEvents: 4 })];
  const cost = costOf(attempts, { deployments, prices: { [primaryModel]: [price] }, wallMs: 0, promptTokens: () => 8 });
  expect(cost.legs).toMatchObject([{ usage: { inputTokens: 8, outputTokens: 4, isEstimated: true } }]);
});

test.each([
  ["an answer that ended, at what its provider reported", null, { inputTokens: 3_000, outputTokens: 2 }, 2, false],
  ["an answer that ended, whose provider reported no output", null, { inputTokens: 3_000, outputTokens: 0 }, 4, true],
  ["an answer that broke off after usage of its beginning", "truncated", { inputTokens: 3_000, outputTokens: 1 }, 4, true],
  ["an answer whose client left after usage of its beginning", "cancelled", { inputTokens: 3_000, outputTokens: 0 }, 4, true],
  ["an answer whose client left, with usage in each chunk", "cancelled", { inputTokens: 3_000, outputTokens: 8 }, 8, false],
] as const)("costOf: %s", (_, failure, usage, outputTokens, isEstimated) => {
  const world = { deployments, prices: { [primaryModel]: [price] }, wallMs: 0, promptTokens: () => 8 };
  expect(costOf([report({ failure, usage, textEvents: 4 })], world).legs).toMatchObject([{ usage: { inputTokens: 3_000, outputTokens, isEstimated } }]);
});

test("costOf: the prompt of an answer that broke off costs what its provider reported before it, with its cache", () => {
  const world = { deployments, prices: { [primaryModel]: [price] }, wallMs: 0, promptTokens: () => 8 };
  const input = { inputTokens: 52_000, cachedInputTokens: 50_000 };
  expect(costOf([report({ failure: "cancelled", input, textEvents: 4 })], world).nanoUsd).toBe(2_000 * 2_500 + 50_000 * 250 + 4 * 15_000);
  expect(costOf([report({ failure: "overloaded", input })], world).legs).toEqual([]);
});

test("costOf: an unknown tier is flagged and costs the list price at least; what a client asked for counts where the provider is silent", () => {
  const world = { deployments, prices: { [primaryModel]: [price] }, wallMs: 0, promptTokens: () => 8 };
  const usage = { inputTokens: 10, outputTokens: 20 };
  const list = (10 * 2.5 + 20 * 15) * 1_000;
  const unknown = { isPriced: false, nanoUsd: 0, listNanoUsd: list, legs: [{ nanoUsd: null, usage: { serviceTier: "priority" } }] };
  expect(costOf([report({ usage: { ...usage, serviceTier: "priority" } })], world)).toMatchObject(unknown);
  expect(costOf([report({ usage })], { ...world, askedTier: () => "priority" })).toMatchObject(unknown);
  expect(costOf([report({ usage: { ...usage, serviceTier: "default" } })], { ...world, askedTier: () => "priority" })).toMatchObject({ isPriced: true, nanoUsd: list, listNanoUsd: list });
});

test("costOf: an answer that nobody waited for any longer costs its prompt, though nothing of it had come", () => {
  const world = { deployments, prices: { [primaryModel]: [price] }, wallMs: 0, promptTokens: () => 8 };
  const attempts = [report({ failure: "first_token_timeout", isLeftAtWork: true }), report({ failure: "refused" })];
  expect(costOf(attempts, world)).toMatchObject({ nanoUsd: 8 * 2_500, legs: [{ failed: true, usage: { inputTokens: 8, outputTokens: 0, isEstimated: true } }] });
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

test("gateway: zeros that a server sends after its figures do not replace them", async () => {
  const clock = new VirtualClock();
  const script = streamed("openai", primaryModel, "One two");
  const zeros = { text: `data: ${JSON.stringify({ id: "c1", model: primaryModel, choices: [], usage: { prompt_tokens: 0, completion_tokens: 0 } })}\n\n` };
  const rig = new Rig(clock, { primary: () => ({ ...script, body: [...script.body.slice(0, -1), zeros, script.body.at(-1)!] }), backup }, configOf({ prices }));
  const receiving = rig.send();
  await clock.run();
  await receiving;
  expect(rig.finished()[0]!.cost).toMatchObject({ legs: [{ usage: { inputTokens: 7, outputTokens: 2, isEstimated: false } }] });
});

test("gateway: a stream that broke off costs the prompt that its provider reported at its start", async () => {
  const clock = new VirtualClock();
  const alone = configOf({ prices, routes: [{ name: "alone", deployments: ["backup"] }], policy: policyOf({ rescue: null }) });
  const script = streamed("anthropic", backupModel, "One two three");
  const reported = JSON.parse(JSON.stringify(script).replace('input_tokens\\":7', 'input_tokens\\":700')) as Script;
  const rig = new Rig(clock, { primary: answer, backup: () => cutAfter(reported, 3, { fail: "reset" }) }, alone);
  const receiving = rig.send({ route: "alone" });
  await clock.run();
  await receiving;
  expect(rig.finished()[0]!.cost).toMatchObject({ legs: [{ failed: true, usage: { inputTokens: 700, outputTokens: 1, isEstimated: true } }] });
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

test("countTokensInPieces: a long request counts as much as in one piece, a file in several pieces as one: law", async () => {
  const content = fc.array(fc.constantFrom("word ", "é", "日本", "\ud83d\ude00", "x".repeat(20_000), "日 ".repeat(9_000)), { maxLength: 6 }).map((parts) => parts.join(""));
  const calls = fc.array(fc.record({ id: fc.constant("1"), name: fc.constant("f"), arguments: content }), { minLength: 1, maxLength: 2 });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(content, fc.option(calls, { nil: undefined })), { minLength: 1, maxLength: 3 }), fc.integer({ min: 200, max: 100_000 }), fc.boolean(), async (turns, bytes, isOwn) => {
      const chat = () => ({
        model: "m", stream: false, maxTokens: null, temperature: null, includeUsage: false,
        messages: turns.map(([text, toolCalls]) => ({ role: "assistant" as const, content: text, ...(toolCalls !== undefined && { toolCalls }) })),
        source: { format: "openai" as const, text: `{"image":"${"A".repeat(bytes)}"}`, headers: {}, untranslatable: isOwn ? [{ code: "c", message: "m" }] : [] },
      });
      const counted = chat();
      let pauses = 0;
      await countTokensInPieces(counted, async () => void pauses++);
      expect([inputTokensMax(counted), estimatedInputTokens(counted)]).toEqual([inputTokensMax(chat()), estimatedInputTokens(chat())]);
      if (turns.some(([text]) => text.length > 4_096)) expect(pauses).toBeGreaterThan(0);
    }),
    { numRuns: 60 },
  );
});

test("countTokensInPieces: counts of a request that was read in pieces what it counts of the whole: law", async () => {
  const part = fc.oneof(fc.integer({ min: 1, max: 700 }).map((length) => "A".repeat(length)), fc.constantFrom("=", "==", " é ", "\n", "/"), fc.constant("x".repeat(50_000)));
  const body = fc.array(part, { maxLength: 8 }).map((parts) => utf8Bytes(JSON.stringify({ model: "m", frobnicate: 1, messages: [{ role: "user", content: parts.join("") }] })));
  await fc.assert(
    fc.asyncProperty(body, async (bytes) => {
      const whole = openaiClient.decodeRequest(bytes);
      const chat = openaiClient.decodeRequest(await readInPieces(bytes, async () => {}));
      expect(inputTokensMax(chat)).toBe(inputTokensMax(whole));
      await countTokensInPieces(chat, async () => {});
      expect(inputTokensMax(chat)).toBe(inputTokensMax(whole));
    }),
    { numRuns: 100 },
  );
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

const accepted: Script = { before: [{ waitMs: 20 }], status: 200, headers: { "content-type": "text/event-stream" }, body: ["hang"] };
const working: Script = { before: ["hang"], status: 200, headers: {}, body: [] };

test.each([
  ["a client that leaves a stream before its first token", { leaveMs: 500 }, accepted, 1],
  ["a client that leaves a stream before its headers", { leaveMs: 500 }, working, 1],
  ["a client that leaves a JSON answer", { leaveMs: 500, stream: false }, working, 1],
  ["a deadline that passes on a stream that was accepted", {}, accepted, 2],
  ["a deadline that passes on a JSON answer", { stream: false }, working, 2],
  ["a deadline that passes on a stream that was never accepted", {}, working, 1],
  ["a client that leaves before a connection is refused", { leaveMs: 1 }, { before: [{ waitMs: 5 }, { fail: "refused" as const }], status: 200, headers: {}, body: [] }, 1],
])("gateway: %s is billed and settled", async (_, sent, script, legs) => {
  const clock = new VirtualClock();
  const limits = { rules: [{ team: "a", windowMs: 3_600_000, tokens: 10_000 }], outputTokensDefault: 100, storeMs: 50 };
  const rig = new Rig(clock, { primary: () => script, backup }, configOf({ prices, limits }), { store: new MemoryStore(clock) });
  const receiving = rig.send(sent);
  await clock.run();
  await receiving;
  const { cost, inputTokens } = rig.finished()[0]!;
  expect(cost!.legs).toHaveLength(legs);
  expect(cost!.nanoUsd).toBeGreaterThan(0);
  expect(inputTokens).toBeGreaterThan(0);
  expect(rig.gateway.state().limits![0]!.left).toBe(10_000 - cost!.usage.inputTokens - cost!.usage.outputTokens);
});

test("gateway: a cost that is not known uses up the money that was reserved for it, and at least the list price", async () => {
  const clock = new VirtualClock();
  const script = whole("openai", primaryModel, words);
  const priority = { ...script, body: script.body.map((step) => (typeof step === "object" && "text" in step ? { text: step.text.replace('{"id"', '{"service_tier":"priority","id"') } : step)) };
  const limits = { rules: [{ team: "a", windowMs: 3_600_000, usd: 1 }], outputTokensDefault: 100, storeMs: 50 };
  const rig = new Rig(clock, { primary: () => priority, backup }, configOf({ prices, limits }), { store: new MemoryStore(clock) });
  const receiving = rig.send({ stream: false });
  await clock.run();
  expect((await receiving).headers["x-blastlab-cost-usd"]).toBe("unknown");
  const { cost } = rig.finished()[0]!;
  expect(rig.gateway.state().limits![0]!.left).toBeLessThan(1 - cost!.listNanoUsd / 1e9);
});
