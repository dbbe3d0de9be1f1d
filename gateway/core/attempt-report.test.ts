import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { backupModel, primaryModel, Rig } from "./testing/rig.ts";
import { cutAfter, refusal, streamed, whole } from "./testing/scripts.ts";

/** The reports of the attempts of one request. */
async function attemptsOf(providers: ConstructorParameters<typeof Rig>[1], sent: { route?: string; stream: boolean }) {
  const clock = new VirtualClock();
  const rig = new Rig(clock, providers);
  const receiving = rig.send(sent);
  await clock.run();
  await receiving;
  return rig.finished()[0]!.attempts;
}

test("AttemptReport: a stream's id, model, finish reason and first piece, in each format; a refusal has none", async () => {
  const [refused, answered] = await attemptsOf({ primary: () => refusal(503, "overloaded"), backup: () => streamed("anthropic", backupModel, "Fine", { firstMs: 100 }) }, { stream: true });
  expect(refused).toMatchObject({ failure: "overloaded", stream: true });
  expect(refused!.answer).toBeUndefined();
  expect(answered).toMatchObject({ failure: null, stream: true, answer: { id: expect.stringMatching(/^\S+$/), model: backupModel, finish: "stop" } });
  expect(answered!.answer!.firstChunkMs - answered!.startedMs).toBe(100);
});

test("AttemptReport: an answer that is no stream has the same", async () => {
  const [answered] = await attemptsOf({ primary: () => whole("openai", primaryModel, "Fine") }, { route: "alone", stream: false });
  expect(answered).toMatchObject({ failure: null, answer: { id: expect.stringMatching(/^\S+$/), model: primaryModel, finish: "stop" } });
  expect(answered!.stream).toBeUndefined();
});

test("AttemptReport: a stream that breaks off has no finish reason", async () => {
  const [broken] = await attemptsOf({ primary: () => cutAfter(streamed("openai", primaryModel, "One two three"), 3) }, { route: "alone", stream: true });
  expect(broken).toMatchObject({ failure: "truncated", stream: true, answer: { model: primaryModel, finish: null } });
});
