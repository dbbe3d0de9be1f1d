import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import type { PolicyConfig } from "../config.ts";
import { backupModel, configOf, policyOf, primaryModel, type Received, Rig } from "../testing/rig.ts";
import { broken, refusal, type Script, streamed } from "../testing/scripts.ts";

async function play(primary: Script, backup: Script, policy: Partial<PolicyConfig> = {}): Promise<{ rig: Rig; received: Received }> {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: () => primary, backup: () => backup }, configOf({ policy: policyOf(policy) }));
  const receiving = rig.send();
  await clock.run();
  return { rig, received: await receiving };
}

const limited = refusal(429, "rate_limit_exceeded", { "retry-after": "3600" });

test("relay: retry-after is the time when any deployment of the route can be asked again, not only the one that was asked first", async () => {
  const { received } = await play(limited, refusal(503, "overloaded", { "retry-after": "30" }), { retry: { ...policyOf({}).retry, backoff: { baseMs: 1, maxMs: 1 }, attemptsPerDeploymentMax: 1 } });
  expect(received).toMatchObject({ status: 429, headers: { "retry-after": "30", "x-should-retry": "false" } });
});

test("relay: without failover the route's first deployment is the only one that counts", async () => {
  const { received } = await play(limited, refusal(500, "unused"), { failover: false });
  expect(received).toMatchObject({ status: 429, headers: { "retry-after": "3600" } });
});

test("relay: a caller's fault ends the request although the hedge beside it failed in a way that could be tried again", async () => {
  const slow = (script: Script): Script => ({ ...script, before: [{ waitMs: 700 }] });
  const { rig, received } = await play(slow(refusal(400, "bad")), { ...refusal(500, "server_error"), before: [{ waitMs: 300 }] }, { hedge: { delayMs: 500 } });
  expect(received).toMatchObject({ status: 400, errorCode: "bad" });
  expect(rig.transport.seen).toHaveLength(2);
});

test.each([
  ["refusal", { status: 400, errorCode: "content_filter" }],
  ["end_turn", { status: 200, errorCode: null, text: "", finishReason: "stop" }],
])("relay: an Anthropic answer without any content that ended by %s is final: nobody is asked again", async (stop_reason, expected) => {
  const clock = new VirtualClock();
  const body = { id: "m1", type: "message", model: backupModel, content: [], stop_reason, usage: { input_tokens: 7, output_tokens: 1 } };
  const empty: Script = { before: [], status: 200, headers: { "content-type": "application/json" }, body: [{ text: JSON.stringify(body) }] };
  const rig = new Rig(clock, { backup: () => empty }, configOf({ policy: policyOf({ retry: { ...policyOf({}).retry, attemptsPerDeploymentMax: 3 } }) }));
  const receiving = rig.send({ route: "other", stream: false });
  await clock.run();
  expect(await receiving).toMatchObject(expected);
  expect(rig.transport.seen).toHaveLength(1);
  expect(rig.gateway.state().breakers.map(({ state }) => state)).toEqual(["closed", "closed"]);
});

test("relay: a deployment that asked not to be called is shown as benched until then, though its breaker is closed", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: () => limited, backup: () => refusal(400, "bad") });
  const receiving = rig.send();
  await clock.run();
  await receiving;
  expect(rig.gateway.state()).toMatchObject({ breakers: [{ state: "closed" }, { state: "closed" }], benched: [{ deployment: "primary", untilMs: 3_600_020 }] });
  clock.at(3_600_020, () => {});
  await clock.run();
  expect(rig.gateway.state().benched).toEqual([]);
});

test("relay: a provider that is back with answers of a minute is not kept idle until the first of them has ended", async () => {
  const clock = new VirtualClock();
  const words = Array.from({ length: 60 }, (_, index) => `word${index}`).join(" ");
  const minute = streamed("openai", primaryModel, words, { firstMs: 50, gapMs: 1_000 });
  const primary = (_: number, { atMs }: { atMs: number }) => (atMs < 1_000 ? broken("refused") : minute);
  const policy = policyOf({ deadlines: { ...policyOf({}).deadlines, totalMs: 100_000 } });
  const rig = new Rig(clock, { primary, backup: () => streamed("anthropic", backupModel, "one two") }, configOf({ policy }));
  for (let atMs = 0; atMs < 20_000; atMs += 50) clock.at(atMs, () => void rig.send());
  await clock.run();
  const later = rig.transport.at("primary").filter(({ atMs }) => atMs > 10_000 && atMs < 20_000);
  expect(later.length).toBeGreaterThan(5);
  expect(rig.finished().every(({ outcome }) => outcome.kind === "success")).toBe(true);
});

test("relay: a recovered deployment takes a rising share of its requests, which the state shows", async () => {
  const clock = new VirtualClock();
  const primary = (_: number, { atMs }: { atMs: number }) => (atMs < 1_000 ? broken("refused") : streamed("openai", primaryModel, "one two", { firstMs: 20 }));
  const policy = policyOf({ breaker: { ...policyOf({}).breaker!, rampMs: 10_000 } });
  const rig = new Rig(clock, { primary, backup: () => streamed("anthropic", backupModel, "one two") }, configOf({ policy }));
  const ramps: (number | undefined)[] = [];
  for (let atMs = 0; atMs < 30_000; atMs += 20) clock.at(atMs, () => void rig.send());
  for (const atMs of [500, 10_000, 29_000]) clock.at(atMs, () => void ramps.push(rig.gateway.state().breakers[0]!.ramp));
  await clock.run();
  const closedAtMs = rig.events.flatMap((event) => (event.type === "state_changed" && event.to === "closed" ? [event.atMs] : []))[0]!;
  const shareIn = (fromMs: number, toMs: number) => rig.transport.at("primary").filter(({ atMs }) => atMs >= closedAtMs + fromMs && atMs < closedAtMs + toMs).length / ((toMs - fromMs) / 20);
  expect(ramps).toEqual([undefined, (10_000 - closedAtMs) / 10_000, undefined]);
  expect(shareIn(0, 1_000)).toBeLessThan(0.25);
  expect(shareIn(4_500, 5_500)).toBeGreaterThan(0.3);
  expect(shareIn(4_500, 5_500)).toBeLessThan(0.7);
  expect(shareIn(10_000, 12_000)).toBe(1);
});

test.each([
  ["invalid_request_error", "prompt is too long: 9 tokens > 8 maximum", "context_length_exceeded"],
  ["invalid_request_error", "Output blocked by content filtering policy", "content_filter"],
  ["content_policy_violation", "", "content_policy_violation"],
  ["invalid_request_error", "max_tokens: must be positive", "invalid_request_error"],
])("relay: a caller's fault told as %s (%s) has the code %s", async (code, message, told) => {
  const script: Script = { ...refusal(400, code), body: [{ text: JSON.stringify({ error: { type: code, message } }) }] };
  expect((await play(script, script)).received).toMatchObject({ status: 400, errorCode: told });
});
