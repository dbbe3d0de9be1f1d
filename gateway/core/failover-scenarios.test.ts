import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { backupModel, configOf, policyOf, primaryModel, type Received, Rig, type Sent } from "./testing/rig.ts";
import type { Provider } from "./testing/scripted-transport.ts";
import { broken, cutAfter, refusal, type Script, silent, streamed, whole } from "./testing/scripts.ts";

/** The catalogue of Failover Bench v0.1, on the gateway's core: sixty words, a stream of one word every 15 ms. */
const sixtyWords = Array.from({ length: 60 }, (_, index) => `word${index}`).join(" ");

const healthyPrimary = (stream: boolean) => (stream ? streamed("openai", primaryModel, sixtyWords) : whole("openai", primaryModel, sixtyWords));
const healthyBackup: Provider = (_, { body }) =>
  body.stream ? streamed("anthropic", backupModel, sixtyWords) : whole("anthropic", backupModel, sixtyWords);

/** `script` on the given ordinals of the primary, healthy otherwise. */
const primary =
  (script: Script, isFaulty: (ordinal: number) => boolean = () => true): Provider =>
  (ordinal, { body }) =>
    isFaulty(ordinal) ? script : healthyPrimary(body.stream);

const first = (ordinal: number) => ordinal === 0;

/** What breaks after content has flowed is not made good here: rescue/rescue.test.ts is about that. */
async function play(provider: Provider, sent: Sent = {}, backup: Provider = healthyBackup): Promise<{ rig: Rig; received: Received; clock: VirtualClock }> {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: provider, backup }, configOf({ policy: policyOf({ rescue: null }) }));
  const receiving = rig.send(sent);
  await clock.run();
  const received = await receiving;
  expect(received.listenersLeft).toBe(0);
  expect(clock.idle).toBe(true);
  expect(rig.gateway.state().inFlight).toBe(0);
  expect(rig.finished()).toHaveLength(1);
  return { rig, received, clock };
}

function expectComplete(received: Received): void {
  expect(received).toMatchObject({ status: 200, text: sixtyWords, isTerminated: true, finishReason: "stop", errorCode: null, broken: null });
}

test.each([true, false])("S01: a 429 with Retry-After of 2 s is waited out at the primary (stream %s)", async (stream) => {
  const { rig, received } = await play(primary(refusal(429, "rate_limit_exceeded", { "retry-after": "2" }), first), { stream });
  expectComplete(received);
  const [attempt, retry] = rig.transport.at("primary");
  expect(retry!.atMs - attempt!.atMs).toBeGreaterThanOrEqual(2_000);
  expect(retry!.atMs - attempt!.atMs).toBeLessThan(2_300);
  expect(rig.transport.at("backup")).toHaveLength(0);
});

test("S01: a longer Retry-After than a failover costs fails over at once, and benches the deployment for the next request", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: primary(refusal(429, "slow", { "retry-after": "30" }), first), backup: healthyBackup });
  const receiving = rig.send();
  await clock.run(25_000);
  expectComplete(await receiving);
  const next = rig.send();
  await clock.run(29_000);
  expect((await next).headers["x-blastlab-attempts"]).toMatch(/^backup:ok@\d+$/);
  clock.at(31_000, () => {});
  await clock.run();
  const later = rig.send();
  await clock.run();
  expect((await later).headers["x-blastlab-deployment"]).toBe("primary");
});

test("S01: alone, a Retry-After within the deadline is waited out however long, and one beyond it surfaces with Retry-After", async () => {
  const within = await play(primary(refusal(429, "slow", { "retry-after": "30" }), first), { route: "alone" });
  expectComplete(within.received);
  const beyond = await play(primary(refusal(429, "slow", { "retry-after": "61" })), { route: "alone" });
  expect(beyond.received).toMatchObject({ status: 429, errorCode: "rate_limit_exceeded" });
  expect(beyond.received.headers).toMatchObject({ "retry-after": "61", "x-should-retry": "false" });
  expect(beyond.rig.transport.seen).toHaveLength(1);
});

test.each([true, false])("S02: a primary that always says 429 costs two attempts there and one elsewhere (stream %s)", async (stream) => {
  const { rig, received } = await play(primary(refusal(429, "rate_limit_exceeded")), { stream });
  expectComplete(received);
  expect(rig.transport.at("primary")).toHaveLength(2);
  expect(rig.transport.at("backup")).toHaveLength(1);
});

test.each([true, false])("S03: one 500 is retried at the primary (stream %s)", async (stream) => {
  const { rig, received } = await play(primary(refusal(500, "server_error"), first), { stream });
  expectComplete(received);
  expect(rig.transport.at("primary")).toHaveLength(2);
  expect(received.headers["x-blastlab-attempts"]).toMatch(/^primary:500@20;primary:ok@\d+$/);
});

test.each([true, false])("S04, S16: an overloaded primary is asked once, and the answer names the fallback's model (stream %s)", async (stream) => {
  const { rig, received } = await play(primary(refusal(503, "overloaded")), { stream });
  expectComplete(received);
  expect(rig.transport.at("primary")).toHaveLength(1);
  expect(received).toMatchObject({ model: backupModel, usage: { completion_tokens: 60 } });
  expect(received.headers["x-blastlab-deployment"]).toBe("backup");
});

test("S04: a refusal whose body breaks off is still the refusal that its status says", async () => {
  const { rig, received } = await play(primary({ ...refusal(503, "overloaded"), body: [{ text: '{"err' }, { fail: "reset" }] }));
  expectComplete(received);
  expect(rig.finished()[0]!.attempts[0]).toMatchObject({ failure: "overloaded", status: 503 });
});

test.each([true, false])("S05: a reset before any byte is retried (stream %s)", async (stream) => {
  const { received } = await play(primary(broken("reset"), first), { stream });
  expectComplete(received);
});

test.each([true, false])("S06: a primary that never answers is asked once and left at the deadline (stream %s)", async (stream) => {
  const { rig, received } = await play(primary(silent), { stream });
  expectComplete(received);
  expect(rig.transport.at("primary")).toHaveLength(1);
  const limitMs = stream ? 10_000 : 20_000;
  expect(rig.transport.at("primary")[0]!.leftMs).toBe(limitMs);
  expect(received.headers["x-blastlab-attempts"]).toMatch(new RegExp(`^primary:first_token_timeout@${limitMs};`));
});

test("S07: headers and a role chunk are no content: the first-token deadline passes over them", async () => {
  const script = streamed("openai", primaryModel, sixtyWords, { firstMs: 1 });
  const { rig, received } = await play(primary(cutAfter(script, 1, { waitMs: 20_000 })));
  expectComplete(received);
  expect(received.endedMs).toBeLessThan(15_000);
  expect(rig.transport.at("primary")[0]!.leftMs).toBe(10_000);
});

test("S08: a stream that dies after forty words ends in an in-band error, never clean", async () => {
  const { rig, received } = await play(primary(cutAfter(streamed("openai", primaryModel, sixtyWords), 41)));
  expect(received).toMatchObject({ status: 200, isTerminated: false, errorCode: "upstream_truncated", broken: null });
  expect(received.text.split(" ")).toHaveLength(40);
  expect(rig.finished()[0]).toMatchObject({ outcome: { kind: "failure", failure: "truncated" }, status: 200, outputTokens: 40 });
});

test("S08: cut before the first content token, the same stream is made good elsewhere", async () => {
  const { received } = await play(primary(cutAfter(streamed("openai", primaryModel, sixtyWords), 1)));
  expectComplete(received);
});

test("S09: a stream that falls silent after twenty words ends in an error at the idle deadline, and upstream is cancelled", async () => {
  const { rig, received } = await play(primary(cutAfter(streamed("openai", primaryModel, sixtyWords), 21, "hang")));
  expect(received).toMatchObject({ isTerminated: false, errorCode: "upstream_idle_timeout" });
  const lastTokenMs = 100 + 20 * 15;
  expect(rig.transport.at("primary")[0]!.leftMs).toBe(lastTokenMs + 10_000);
});

test("S10: an event that is not JSON breaks the answer off after content, and is made good before it", async () => {
  const script = streamed("openai", primaryModel, sixtyWords);
  const late = await play(primary(cutAfter(script, 9, { text: "data: {not json\n\n" }, { text: "data: [DONE]\n\n" })));
  expect(late.received).toMatchObject({ isTerminated: false, errorCode: "upstream_malformed" });
  const early = await play(primary(cutAfter(script, 0, { text: "data: {not json\n\n" })));
  expectComplete(early.received);
});

test("S10: an HTML page with status 200 is no answer", async () => {
  const page: Script = { before: [], status: 200, headers: { "content-type": "text/html" }, body: [{ text: "<html>" }] };
  const { received, rig } = await play(primary(page), { stream: false });
  expectComplete(received);
  expect(rig.finished()[0]!.attempts[0]).toMatchObject({ failure: "malformed", status: 200 });
});

test("S11: a stream whose finish reason came, ended whole by HTTP without [DONE], is complete", async () => {
  const script = streamed("openai", primaryModel, sixtyWords);
  const { received } = await play(primary(cutAfter(script, 63)));
  expectComplete(received);
  expect(received.usage).toEqual({ prompt_tokens: 7, completion_tokens: 60, total_tokens: 67 });
});

test.each([
  ["S12", "context_length_exceeded", "context_length"],
  ["S13", "content_policy_violation", "content_filter"],
] as const)("%s: %s is the caller's fault: sent exactly once, answered with the provider's message", async (_, code, failure) => {
  const { rig, received } = await play(primary(refusal(400, code)));
  expect(received).toMatchObject({ status: 400, errorCode: code });
  expect(received.headers["x-should-retry"]).toBe("false");
  expect(rig.transport.seen).toHaveLength(1);
  expect(rig.finished()[0]!.outcome).toEqual({ kind: "failure", failure });
});

test("S14: a fallback's refusal never masks why there was a fallback", async () => {
  const { received } = await play(primary(refusal(503, "overloaded")), {}, () => refusal(400, "prefill_not_supported"));
  expect(received).toMatchObject({ status: 503, errorCode: "upstream_overloaded" });
});

test("S15: through a minute of 503 every request is answered, the breaker spares the primary, and it is used again soon", async () => {
  const clock = new VirtualClock();
  const policy = policyOf({ breaker: { failureRateThreshold: 0.5, minimumThroughput: 3, windowMs: 20_000, cooldownMs: 10_000, halfOpenMaxConcurrent: 1 } });
  const flapping: Provider = (_, { atMs, body }) => (atMs < 60_000 ? refusal(503, "overloaded") : healthyPrimary(body.stream));
  const rig = new Rig(clock, { primary: flapping, backup: healthyBackup }, configOf({ policy }));
  const receiving = Array.from({ length: 20 }, (_, index) => clock.sleep(index * 4_000).then(() => rig.send()));
  await clock.run();
  const received = await Promise.all(receiving);
  received.forEach(expectComplete);
  expect(rig.transport.at("primary").filter(({ atMs }) => atMs < 60_000).length).toBe(7);
  const back = received.find(({ headers, endedMs }) => endedMs > 60_000 && headers["x-blastlab-deployment"] === "primary")!;
  expect(back.endedMs).toBeLessThan(90_000);
  /** Failures at 0, 4 and 8 s open it; probes at 20, 32, 44 and 56 s fail, the one at 68 s succeeds. */
  const changes = rig.events.flatMap((event) => (event.type === "state_changed" ? [event.to] : []));
  expect(changes).toEqual([...Array.from({ length: 5 }, () => ["open", "half_open"]).flat(), "closed"]);
});

test("failover: switched off, the primary's failure surfaces after its own retries", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: primary(refusal(500, "server_error")), backup: healthyBackup }, configOf({ policy: policyOf({ failover: false }) }));
  const receiving = rig.send();
  await clock.run();
  expect(await receiving).toMatchObject({ status: 502, errorCode: "upstream_server_error" });
  expect(rig.transport.at("primary")).toHaveLength(2);
  expect(rig.transport.at("backup")).toHaveLength(0);
});

test("contract: an answer by another model fails over before any of it is delivered, and passes where the check is off", async () => {
  const byAnother = primary(streamed("openai", "gpt-other", "Not mine"));
  const checked = await play(byAnother);
  expectComplete(checked.received);
  expect(checked.rig.finished()[0]!.attempts[0]).toMatchObject({ failure: "contract" });
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: byAnother, backup: healthyBackup }, configOf({ contractCheck: false }));
  const receiving = rig.send();
  await clock.run();
  expect(await receiving).toMatchObject({ text: "Not mine", model: "gpt-other" });
});
