import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { Canceller } from "../../kernel/signal.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { backupModel, configOf, primaryModel, Rig } from "./testing/rig.ts";
import type { Provider } from "./testing/scripted-transport.ts";
import { cutAfter, refusal, type Script, silent, streamed, whole } from "./testing/scripts.ts";

const words = "one two three four five six seven eight";
const stream = streamed("openai", primaryModel, words, { firstMs: 100, gapMs: 50 });
const backup: Provider = (_, { body }) => (body.stream ? streamed("anthropic", backupModel, words) : whole("anthropic", backupModel, words));

const phases: readonly (readonly [name: string, script: Script, leaveMs: number, upstreamLeftMs: number | null])[] = [
  ["while it connects", silent, 50, 50],
  ["while it waits for a retry", refusal(429, "slow", { "retry-after": "2" }), 500, null],
  ["before the first token", cutAfter(stream, 1, "hang"), 500, 500],
  ["between two tokens", stream, 220, 220],
  ["in the body of a refusal", { ...refusal(500, "server_error"), body: ["hang"] }, 50, 50],
];

test.each(phases)("cancellation: a client that leaves %s stops upstream at that moment", async (_, script, leaveMs, upstreamLeftMs) => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: () => script, backup });
  const receiving = rig.send({ leaveMs });
  await clock.run();
  expect(await receiving).toMatchObject({ broken: "aborted", endedMs: leaveMs, listenersLeft: 0 });
  expect(rig.transport.seen).toHaveLength(1);
  expect(rig.transport.seen[0]!.leftMs).toBe(upstreamLeftMs);
  expect(rig.finished()).toMatchObject([{ outcome: { kind: "cancelled" }, endedMs: leaveMs }]);
  expect(rig.finished()[0]!.attempts).toHaveLength(1);
  expect(clock.idle).toBe(true);
  expect(rig.gateway.state().inFlight).toBe(0);
});

test("cancellation: upstream, the attempt and the request end in the very turn in which a client leaves that is not reading", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: () => stream, backup });
  const client = new Canceller();
  const body = utf8Bytes(JSON.stringify({ model: "both", messages: [{ role: "user", content: "Hello" }], stream: true }));
  const handling = rig.gateway.handle({ method: "POST", path: "/v1/chat/completions", headers: { authorization: "Bearer vk-a" }, body }, client.signal);
  await clock.run(160);
  expect((await handling).status).toBe(200);
  expect(rig.transport.seen[0]!.leftMs).toBeNull();
  client.cancel("gone");
  expect(rig.transport.seen[0]!.leftMs).toBe(150);
  expect(rig.finished()).toMatchObject([{ outcome: { kind: "cancelled" }, attempts: [{ failure: "cancelled" }] }]);
  expect(client.listenerCount).toBe(0);
  expect(clock.idle).toBe(true);
});

test("cancellation: a client that left before its request is read costs no attempt", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: () => stream, backup });
  const client = new Canceller();
  client.cancel("gone");
  const body = utf8Bytes(JSON.stringify({ model: "both", messages: [{ role: "user", content: "Hello" }], stream: true }));
  const handling = rig.gateway.handle({ method: "POST", path: "/v1/chat/completions", headers: { authorization: "Bearer vk-a" }, body }, client.signal);
  await expect(handling).rejects.toMatchObject({ kind: "aborted" });
  expect(rig.transport.seen).toEqual([]);
  expect(rig.finished()).toMatchObject([{ outcome: { kind: "cancelled" }, attempts: [] }]);
});

test("cancellation: a body that is left before it was begun counts as the client's leaving", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: () => stream, backup });
  const body = utf8Bytes(JSON.stringify({ model: "both", messages: [{ role: "user", content: "Hello" }], stream: true }));
  const handling = rig.gateway.handle({ method: "POST", path: "/v1/chat/completions", headers: { authorization: "Bearer vk-a" }, body }, new Canceller().signal);
  await clock.run(160);
  await (await handling).body[Symbol.asyncIterator]().return!();
  expect(rig.finished()).toMatchObject([{ outcome: { kind: "cancelled" } }]);
  expect(rig.transport.seen[0]!.leftMs).not.toBeNull();
  expect(clock.idle).toBe(true);
});

test("cancellation: a client that has its last byte and hangs up was served", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: () => stream, backup });
  /**
   * Nine chunks, 1 ms each, lie between the provider's 650 ms and the last byte: read at 659 ms, done with at 660 ms.
   */
  const receiving = rig.send({ readMs: 1, leaveMs: 659.5 });
  await clock.run();
  expect((await receiving).isTerminated).toBe(true);
  expect(rig.finished()).toMatchObject([{ outcome: { kind: "success" }, endedMs: 659 }]);
});

test("cancellation: whenever clients leave, nothing stays subscribed, scheduled or in flight, and each request ends once", async () => {
  const faults = [silent, stream, refusal(503, "overloaded"), refusal(429, "slow", { "retry-after": "1" }), cutAfter(stream, 3), cutAfter(stream, 3, "hang")];
  const request = fc.record({ leaveMs: fc.integer({ min: 0, max: 1_500 }), stream: fc.boolean(), readMs: fc.constantFrom(0, 40) });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: faults.length - 1 }), { minLength: 1, maxLength: 8 }), fc.array(request, { minLength: 1, maxLength: 12 }), async (order, requests) => {
      const clock = new VirtualClock();
      const pick: Provider = (ordinal) => faults[order[ordinal % order.length]!]!;
      const rig = new Rig(clock, { primary: pick, backup: pick }, configOf({ contractCheck: false }));
      const receiving = requests.map((sent) => rig.send(sent));
      await clock.run();
      const received = await Promise.all(receiving);
      expect(received.map(({ listenersLeft }) => listenersLeft)).toEqual(requests.map(() => 0));
      expect(rig.finished().map(({ requestId }) => requestId).sort()).toEqual(received.map(({ requestId }) => requestId).sort());
      expect(rig.finished().flatMap(({ attempts }) => attempts)).toHaveLength(rig.transport.seen.length);
      expect(clock.idle).toBe(true);
      expect(rig.gateway.state().inFlight).toBe(0);
    }),
    { numRuns: 200 },
  );
});
