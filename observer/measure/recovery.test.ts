import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { Fault } from "../../kernel/fault.ts";
import { classify } from "./classify.ts";
import { knowledgeOf } from "./knowledge.ts";
import { recoveryOf } from "./recovery.ts";
import { HandMadeRun, planOf } from "./testing.ts";

/** Ten requests a second; bad where `isBad`. */
function recover(isBad: (atMs: number) => boolean, timeline: Partial<ReturnType<typeof planOf>["timeline"]> = {}, faults: readonly Fault[] = [faultOf({ id: "outage" })]) {
  const run = new HandMadeRun();
  run.every(100, 0, 100_001, (atMs) => (isBad(atMs) ? run.failed("red", atMs) : run.good("red", atMs)));
  const base = planOf({ faults });
  const plan = { ...base, timeline: { ...base.timeline, ...timeline } };
  const knowledge = knowledgeOf(plan, run.records());
  return recoveryOf(plan, run.client.map((record) => classify(record, knowledge)));
}

test("recoveryOf: in band from the moment the faults are lifted: 0", () => {
  expect(recover((atMs) => atMs >= 20_000 && atMs < 60_000)).toEqual({ recoveryMs: 0, recoveryObservedMs: 40_000, applicable: true, tooShort: false });
});

test("recoveryOf: failures that go on for 8 s: the first second from which every window holds", () => {
  /** A 10 s window has 100 requests, of which 5 may be bad: it may begin at 67.5 s at the earliest, so at 68 s. */
  expect(recover((atMs) => atMs >= 20_000 && atMs < 68_000).recoveryMs).toBe(8_000);
});

test("recoveryOf: a relapse within the time it must hold puts it off", () => {
  expect(recover((atMs) => atMs >= 66_000 && atMs < 68_000).recoveryMs).toBe(8_000);
});

test("recoveryOf: a hold that the run's end cuts short is censored, not 0 and not the end", () => {
  expect(recover((atMs) => atMs >= 20_000 && atMs < 80_000)).toEqual({ recoveryMs: null, recoveryObservedMs: 40_000, applicable: true, tooShort: false });
});

test("recoveryOf: a run that ends before it could have held once is too short", () => {
  expect(recover(() => false, { endMs: 80_000 })).toMatchObject({ recoveryMs: null, tooShort: true });
});

test("recoveryOf: a plan without faults has recovered from nothing", () => {
  expect(recover(() => true, { faultToMs: 20_000 }, []).recoveryMs).toBe(0);
});

test("recoveryOf: a fault that is never lifted leaves no recovery to measure", () => {
  const never = faultOf({ id: "sick", toMs: 100_000, lifted: false });
  expect(recover(() => true, { faultToMs: 100_000 }, [never])).toEqual({ recoveryMs: null, recoveryObservedMs: 0, applicable: false, tooShort: false });
});

test("recoveryOf: silence proves nothing", () => {
  const plan = planOf({ faults: [faultOf({ id: "outage" })] });
  expect(recoveryOf(plan, []).recoveryMs).toBeNull();
});
