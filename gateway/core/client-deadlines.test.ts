import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { clientDeadlines } from "./client-deadlines.ts";
import type { CacheConfig } from "./cache/settings.ts";
import { defaultPolicy, type PolicyConfig } from "./config.ts";
import { BadRequest } from "./contracts.ts";
import { backupModel, configOf, policyOf, primaryModel, Rig, type Sent } from "./testing/rig.ts";
import type { Provider } from "./testing/scripted-transport.ts";
import { cutAfter, type Script, silent, streamed, whole } from "./testing/scripts.ts";

const configured = { ...defaultPolicy.deadlines, totalMs: 60_000 };
const backup: Provider = (_, { body }) => (body.stream ? streamed("anthropic", backupModel, "one two") : whole("anthropic", backupModel, "one two", { afterMs: 100 }));
const budget = { ratio: 0, tokensMax: 10 };

function rigOf(primary: Script, policy: Partial<PolicyConfig> = {}): { rig: Rig; clock: VirtualClock } {
  const clock = new VirtualClock();
  return { clock, rig: new Rig(clock, { primary: () => primary, backup }, configOf({ policy: policyOf(policy) })) };
}

async function send({ rig, clock }: { rig: Rig; clock: VirtualClock }, deadlines: string, sent: Sent = {}) {
  const startedMs = clock.nowMs();
  const receiving = rig.send({ ...sent, headers: { "x-blastlab-deadlines": deadlines } });
  await clock.run();
  const received = await receiving;
  return { ...received, tookMs: received.endedMs - startedMs };
}

test("clientDeadlines: each that is tighter than the configured one holds, a looser one changes nothing", () => {
  const asked = clientDeadlines("first_token=2000, idle=1000,total=8000.5 , tokens_per_second=5", configured);
  expect(asked).toEqual({ ...configured, firstTokenMs: 2_000, idleMs: 1_000, totalMs: 8_000.5, throughput: { ...configured.throughput, tokensPerSecondMin: 5 } });
  expect(clientDeadlines("first_token=999999999, idle=999999999, total=999999999", configured)).toEqual(configured);
  const strict = { ...configured, throughput: { tokensPerSecondMin: 9, graceMs: 1 } };
  expect(clientDeadlines("tokens_per_second=5", strict)).toEqual(strict);
  expect(clientDeadlines("total=900, total=500, total=700", configured).totalMs).toBe(500);
});

test("clientDeadlines: a tighter first token or idle holds for a JSON answer too, whatever time is configured for it", () => {
  const patient = { ...configured, wholeMs: 50_000 };
  expect(clientDeadlines("total=9000", patient).wholeMs).toBe(50_000);
  expect(clientDeadlines("first_token=2000", patient).wholeMs).toBe(2_000 + configured.idleMs);
  expect(clientDeadlines("idle=1000", { ...patient, wholeMs: 500 }).wholeMs).toBe(500);
});

test.each(["", "0", "total", "total=", "total=0", "total=-5", "total=1e3", "total=NaN", "total=5s", "total=9999999999", "Total=5", "toString=1", "connect=5", "total=5;idle=5", "total=5,"])(
  "clientDeadlines: %j is refused, so that nobody is left without the deadline that was asked for",
  async (text) => {
    expect(() => clientDeadlines(text, configured)).toThrow(BadRequest);
    const world = rigOf(silent);
    expect(await send(world, text)).toMatchObject({ status: 400, errorCode: "invalid_deadlines" });
    expect(world.rig.transport.seen).toHaveLength(0);
  },
);

test.each([true, false])("deadlines: the client's total ends its request then, without another attempt (stream %s)", async (stream) => {
  const world = rigOf(silent);
  expect(await send(world, "total=300", { stream })).toMatchObject({ status: 504, errorCode: "total_timeout", tookMs: 300 });
  expect(world.rig.transport.seen).toHaveLength(1);
});

test.each([true, false])("deadlines: what the client would not wait for is asked of another deployment (stream %s)", async (stream) => {
  const world = rigOf(silent);
  const received = await send(world, "first_token=200, idle=100", { stream });
  expect(received).toMatchObject({ status: 200, text: "one two" });
  expect(world.rig.transport.at("backup")[0]!.atMs).toBe(stream ? 200 : 300);
});

test("deadlines: the client's idle breaks a stream that stands still", async () => {
  const stalled = cutAfter(streamed("openai", primaryModel, "one two three", { firstMs: 10, gapMs: 10 }), 3, "hang");
  expect(await send(rigOf(stalled, { rescue: null }), "idle=70", { route: "alone" })).toMatchObject({ errorCode: "upstream_idle_timeout", tookMs: 30 + 70 });
});

test("deadlines: the client's rate ends a stream that is slower once the grace is over", async () => {
  const slow = streamed("openai", primaryModel, Array.from({ length: 40 }, () => "word").join(" "), { firstMs: 10, gapMs: 100 });
  const deadlines = { ...configured, throughput: { tokensPerSecondMin: 0, graceMs: 1_000 } };
  expect(await send(rigOf(slow, { deadlines, rescue: null }), "tokens_per_second=20", { route: "alone" })).toMatchObject({ errorCode: "upstream_throughput_timeout" });
});

test("deadlines: a client's impatience is held against no deployment, and leaves nine tenths of the retry budget to others", async () => {
  const world = rigOf(streamed("openai", primaryModel, "one two", { firstMs: 400 }), { retryBudget: budget });
  for (let index = 0; index < 30; index++) await send(world, "first_token=50");
  expect(world.rig.gateway.state()).toMatchObject({ retryBudgetTokens: 9, breakers: [{ state: "closed" }, { state: "closed" }] });
  expect(world.rig.transport.at("primary")).toHaveLength(30);
});

test("deadlines: a configured deadline counts as ever beside a looser one of the client's", async () => {
  const world = rigOf(silent, { deadlines: { ...configured, firstTokenMs: 200 }, retryBudget: { ratio: 1, tokensMax: 50 } });
  for (let index = 0; index < 12; index++) await send(world, "first_token=5000, total=9000");
  expect(world.rig.events.some((event) => event.type === "state_changed" && event.to === "open")).toBe(true);
});

test("deadlines: a request whose deadline passes before an attempt fails as such, and no deployment is asked", async () => {
  const clock = new VirtualClock();
  const cache: CacheConfig = { ttlMs: 1_000, staleIfErrorMs: 0, scope: "team", backend: "memory", storeDeadlineMs: 50, entriesMax: 10, charactersMax: 1_000, coalesceWaitMs: 60_000, semantic: null, warmUp: null };
  const rig = new Rig(clock, { primary: () => silent, backup }, configOf({ cache }));
  const receiving = [rig.send({ route: "alone" }), rig.send({ route: "alone", headers: { "x-blastlab-deadlines": "total=200" } })];
  await clock.run();
  const [, following] = await Promise.all(receiving);
  expect(following).toMatchObject({ status: 504, errorCode: "total_timeout", endedMs: 200 });
  expect(rig.transport.seen).toHaveLength(1);
});
