import { expect, test } from "vitest";
import type { ChatEvent } from "../../kernel/chat.ts";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { Clock } from "../../kernel/seams.ts";
import type { DeadlineConfig } from "./config.ts";
import type { UpstreamDialect } from "./contracts.ts";
import { openaiUpstream } from "../dialects/openai-upstream.ts";
import { upstreamDialects } from "../dialects/upstreams.ts";
import { DeadlineWatch } from "./deadlines.ts";
import { configOf, policyOf, primaryModel, Rig } from "./testing/rig.ts";
import { refusal, type Script, streamed, whole } from "./testing/scripts.ts";

const deadlines: DeadlineConfig = {
  connectMs: 100,
  thinkingMs: 60_000,
  firstTokenMs: 1_000,
  idleMs: 500,
  totalMs: 5_000,
  throughput: { tokensPerSecondMin: 0, graceMs: 300 },
};
const words = Array.from({ length: 20 }, (_, index) => `word${index}`).join(" ");

async function play(script: Script, options: { limits?: Partial<DeadlineConfig>; readMs?: number; stream?: boolean } = {}) {
  const clock = new VirtualClock();
  const policy = policyOf({ deadlines: { ...deadlines, ...options.limits } });
  const rig = new Rig(clock, { primary: () => script }, configOf({ policy }));
  const receiving = rig.send({ route: "alone", readMs: options.readMs ?? 0, stream: options.stream ?? true });
  await clock.run();
  expect(clock.idle).toBe(true);
  return { rig, received: await receiving, attempt: rig.finished()[0]!.attempts[0]! };
}

const stream = (gapMs: number) => streamed("openai", primaryModel, words, { firstMs: 100, gapMs });

test("deadlines: first token within its time is not late, however long the stream goes on after it", async () => {
  const { received } = await play(streamed("openai", primaryModel, words, { firstMs: 900, gapMs: 90 }));
  expect(received.isTerminated).toBe(true);
  expect(received.firstMs).toBe(990);
});

test("deadlines: a gap longer than idle ends the attempt at that moment", async () => {
  const { received, attempt } = await play(stream(501));
  expect(received.errorCode).toBe("upstream_idle_timeout");
  expect(attempt).toMatchObject({ failure: "idle_timeout", endedMs: 100 + 501 + 500 });
});

test("deadlines: events without content do not reset idle", async () => {
  const { attempt } = await play(streamed("openai", primaryModel, "word", { firstMs: 100, gapMs: 400 }));
  expect(attempt).toMatchObject({ failure: "idle_timeout", endedMs: 500 + 500 });
});

test("deadlines: a slow client never trips idle or throughput: they run only while upstream is waited for", async () => {
  const { received } = await play(stream(10), { readMs: 2_000, limits: { totalMs: 100_000, throughput: { tokensPerSecondMin: 50, graceMs: 300 } } });
  expect(received).toMatchObject({ text: words, isTerminated: true });
});

test("deadlines: fewer tokens a second than the minimum end the attempt once the grace is over", async () => {
  const slow = await play(stream(100), { limits: { throughput: { tokensPerSecondMin: 20, graceMs: 1_000 } } });
  expect(slow.received.errorCode).toBe("upstream_throughput_timeout");
  expect(slow.attempt.endedMs - 200).toBeCloseTo(1_000, 0);
  const quick = await play(stream(40), { limits: { throughput: { tokensPerSecondMin: 20, graceMs: 1_000 } } });
  expect(quick.received.isTerminated).toBe(true);
});

test("deadlines: total ends an attempt whose client is not even reading, in its own time", async () => {
  const { received, attempt } = await play(stream(100), { readMs: 3_000 });
  expect(attempt).toMatchObject({ failure: "total_timeout", endedMs: 5_000 });
  expect(received).toMatchObject({ errorCode: "total_timeout", isTerminated: false });
});

test("deadlines: by default a stream that flows has no total, however long it is", async () => {
  const clock = new VirtualClock();
  const answer = Array.from({ length: 4_000 }, (_, index) => `word${index}`).join(" ");
  const rig = new Rig(clock, { primary: () => streamed("openai", primaryModel, answer, { firstMs: 100, gapMs: 30 }) }, configOf());
  const receiving = rig.send({ route: "alone", stream: true });
  await clock.run();
  const { text, isTerminated, endedMs } = await receiving;
  expect({ text, isTerminated }).toEqual({ text: answer, isTerminated: true });
  expect(endedMs).toBeGreaterThan(110_000);
});

test("deadlines: without a total, a request waits and retries for a minute at the most", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: () => refusal(429, "rate_limit_exceeded", { "retry-after": "70" }) }, configOf());
  const receiving = rig.send({ route: "alone" });
  await clock.run();
  expect(await receiving).toMatchObject({ status: 429 });
  expect(rig.transport.seen).toHaveLength(1);
});

test("deadlines: total counts retries and waits, and then surfaces without another attempt", async () => {
  const { rig, received } = await play(stream(100), { limits: { totalMs: 150 } });
  expect(received).toMatchObject({ status: 504, errorCode: "total_timeout" });
  expect(rig.transport.seen).toHaveLength(1);
});

test("deadlines: a JSON answer has the first token's time and one idle time more", async () => {
  const inTime = await play(whole("openai", primaryModel, words, { afterMs: 1_499 }), { stream: false });
  expect(inTime.received.status).toBe(200);
  const late = await play(whole("openai", primaryModel, words, { afterMs: 1_501 }), { stream: false });
  expect(late.attempt).toMatchObject({ failure: "first_token_timeout", endedMs: 1_500 });
});

test("deadlines: wholeMs is a JSON answer's time where it is configured, and no stream's", async () => {
  const limits = { wholeMs: 3_000 };
  const inTime = await play(whole("openai", primaryModel, words, { afterMs: 2_999 }), { limits, stream: false });
  expect(inTime.received.status).toBe(200);
  const late = await play(whole("openai", primaryModel, words, { afterMs: 3_001 }), { limits, stream: false });
  expect(late.attempt).toMatchObject({ failure: "first_token_timeout", endedMs: 3_000 });
  const streaming = await play(streamed("openai", primaryModel, words, { firstMs: 1_001, gapMs: 1 }), { limits });
  expect(streaming.attempt).toMatchObject({ failure: "first_token_timeout", endedMs: 1_000 });
});

test("DeadlineWatch: a thousand tokens set a handful of timers, not a thousand", async () => {
  const clock = new VirtualClock();
  let timers = 0;
  const counting: Clock = {
    nowMs: () => clock.nowMs(),
    wallMs: () => clock.wallMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    at: (atMs, fn) => (timers++, clock.at(atMs, fn)),
  };
  const expired: string[] = [];
  const watch = new DeadlineWatch(counting, { deadlines, totalAtMs: 60_000, isWhole: false, expire: (kind) => void expired.push(kind) });
  for (let token = 0; token < 1_000; token++) {
    watch.wait();
    const later = clock.sleep(10);
    await clock.run(clock.nowMs() + 10);
    await later;
    watch.pause();
    watch.contentTokens(1);
  }
  expect(timers).toBeLessThan(30);
  watch.wait();
  await clock.run();
  expect(expired).toEqual(["idle_timeout"]);
  expect(clock.nowMs()).toBe(10_500);
});

test("deadlines: an empty text is no content token", async () => {
  const clock = new VirtualClock();
  const openai: UpstreamDialect = {
    ...openaiUpstream,
    async *decodeAnswer(): AsyncGenerator<readonly ChatEvent[]> {
      yield [{ type: "start", id: "1", model: primaryModel }];
      yield [{ type: "text", text: "" }];
      await clock.sleep(2_000);
    },
  };
  const policy = policyOf({ deadlines });
  const rig = new Rig(clock, { primary: () => stream(10) }, configOf({ policy }), { upstream: { ...upstreamDialects, openai } });
  const receiving = rig.send({ route: "alone" });
  await clock.run();
  expect(await receiving).toMatchObject({ status: 504, errorCode: "upstream_first_token_timeout", endedMs: 1_000 });
});

test.each([true, false])("deadlines: a refusal whose body does not come is what its status and headers say, after a second (stream %s)", async (stream) => {
  const stalled: Script = { before: [], status: 429, headers: { "content-type": "application/json", "retry-after": "30" }, body: [{ text: '{"error":' }, "hang"] };
  const { rig, received, attempt } = await play(stalled, { stream, limits: { firstTokenMs: 4_000 } });
  expect(received).toMatchObject({ status: 429, errorCode: "rate_limit_exceeded", headers: { "retry-after": "30" } });
  expect(attempt).toMatchObject({ failure: "rate_limited", status: 429, endedMs: 1_000 });
  expect(rig.transport.seen[0]!.leftMs).toBe(1_000);
  const refused = await play({ ...stalled, status: 400 }, { stream, limits: { firstTokenMs: 4_000 } });
  expect(refused.received.status).toBe(400);
});
