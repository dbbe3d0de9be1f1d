import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { LONG_BYTES } from "./long-body.ts";
import { configOf, policyOf, primaryModel, Rig, type Sent } from "./testing/rig.ts";
import { broken, cutAfter, refusal, type Script, streamed } from "./testing/scripts.ts";

const words = "one two three four";

async function play(script: Script, { heartbeatMs = 1_000, sent = {} }: { heartbeatMs?: number | null; sent?: Sent } = {}) {
  const clock = new VirtualClock();
  const policy = policyOf({ rescue: null, retry: { ...policyOf({}).retry, attemptsPerDeploymentMax: 1 } });
  const rig = new Rig(clock, { primary: () => script }, configOf({ policy, ...(heartbeatMs !== null && { heartbeatMs }) }));
  const receiving = rig.send({ route: "alone", ...sent });
  await clock.run();
  expect(clock.idle).toBe(true);
  const received = await receiving;
  expect(received.listenersLeft).toBe(0);
  expect(rig.gateway.state().inFlight).toBe(0);
  expect(rig.finished()).toHaveLength(1);
  return { received: { ...received, comments: received.body.split(": keep-alive\n\n").length - 1 }, outcome: rig.finished()[0]!.outcome };
}

const slow = (firstMs: number, gapMs = 15) => streamed("openai", primaryModel, words, { firstMs, gapMs });

test("heartbeat: while no token comes, before the first and between two, the client gets comments", async () => {
  const before = await play(slow(3_500));
  expect(before.received).toMatchObject({ status: 200, text: words, isTerminated: true, finishReason: "stop", firstMs: 1_000, comments: 3 });
  const between = await play(slow(100, 2_500));
  expect(between.received).toMatchObject({ text: words, isTerminated: true });
  expect(between.received.comments).toBeGreaterThan(5);
});

test("heartbeat: a stream whose request is so long that it is read in pieces gets the same comments", async () => {
  const long = { prompt: "long ".repeat(LONG_BYTES / 5) };
  const { received } = await play(slow(3_500), { sent: long });
  expect(received).toMatchObject({ status: 200, text: words, isTerminated: true, firstMs: 1_000, comments: 3 });
  expect((await play(refusal(503, "overloaded"), { sent: long })).received).toMatchObject({ status: 503, errorCode: "upstream_overloaded", comments: 0 });
});

test("heartbeat: none where it is not set, where tokens flow, and in a JSON answer", async () => {
  expect((await play(slow(3_500), { heartbeatMs: null })).received).toMatchObject({ comments: 0, firstMs: 3_515 });
  expect((await play(slow(100, 200))).received.comments).toBe(0);
  const json: Script = { before: [{ waitMs: 5_000 }], status: 200, headers: { "content-type": "application/json" }, body: [{ text: JSON.stringify({ id: "c", model: primaryModel, choices: [{ index: 0, message: { role: "assistant", content: words }, finish_reason: "stop" }] }) }] };
  expect((await play(json, { sent: { stream: false } })).received).toMatchObject({ comments: 0, text: words });
});

const comment = { text: ": PROCESSING\n\n" };
const ping = { text: "event: ping\ndata: {}\n\n" };

test.each([["comments", comment], ["events that are called ping", ping]])("heartbeat: unless it is set, %s of the provider are passed on from the second on", async (_, sign) => {
  const busy = (signs: number): Script => {
    const { body, ...head } = slow(100);
    return { ...head, body: [...Array.from({ length: signs }, () => [sign, { waitMs: 400 }]).flat(), ...body] };
  };
  expect((await play(busy(1), { heartbeatMs: null })).received).toMatchObject({ comments: 0, text: words, isTerminated: true });
  expect((await play(busy(5), { heartbeatMs: null })).received).toMatchObject({ status: 200, comments: 4, firstMs: 400, text: words, isTerminated: true });
});

test("heartbeat: unless it is set, a client whose model thinks aloud gets a comment every 15 s", async () => {
  const thinking: Script = {
    ...slow(0),
    body: [...Array.from({ length: 40 }, () => [{ waitMs: 1_000 }, { text: `data: ${JSON.stringify({ id: "c1", model: primaryModel, choices: [{ index: 0, delta: { reasoning_content: "hm" } }] })}\n\n` }]).flat(), ...slow(0).body],
  };
  expect((await play(thinking, { heartbeatMs: null })).received).toMatchObject({ status: 200, comments: 2, firstMs: 15_000, text: words, isTerminated: true });
});

test("heartbeat: a failure before the first comment keeps its status, one after it is told in-band", async () => {
  expect((await play(refusal(503, "overloaded"))).received).toMatchObject({ status: 503, errorCode: "upstream_overloaded" });
  const { received, outcome } = await play(broken("reset", 2_500));
  expect(received).toMatchObject({ status: 200, errorCode: "upstream_reset", isTerminated: false, comments: 2, broken: null });
  expect(outcome).toEqual({ kind: "failure", failure: "reset" });
});

test("heartbeat: whenever the client leaves and whatever the provider does, the request ends once and nothing is left: law", async () => {
  const scripts = [slow(3_500), slow(100, 2_500), refusal(500, "x"), broken("reset", 2_500), cutAfter(slow(1_500, 1_500), 3, { fail: "reset" }), cutAfter(slow(1_500, 1_500), 3, "hang")];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...scripts), fc.integer({ min: 1, max: 9_000 }), fc.constantFrom(0, 700), async (script, leaveMs, readMs) => {
      const { outcome } = await play(script, { sent: { leaveMs, readMs } });
      expect(["success", "failure", "cancelled"]).toContain(outcome.kind);
    }),
    { numRuns: 80 },
  );
});
