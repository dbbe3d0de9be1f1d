import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { faultOf } from "../../../kernel/fault.fixture.ts";
import type { Fault } from "../../../kernel/fault.ts";
import type { Plan } from "../../../kernel/plan.ts";
import type { FaultRecord } from "../../../kernel/records.ts";
import { Canceller } from "../../../kernel/signal.ts";
import type { FaultAct } from "./fault-act.ts";
import { injectAlways, playFaults } from "./play-faults.ts";
import { RecordingWorld } from "./recording-world.fixture.ts";

/** An act that takes its time, and records what it did to which component. */
function actTaking(ms: number, clock: VirtualClock, done: string[]): FaultAct<unknown> {
  const after = (what: string) => async ({ id }: Fault) => {
    await clock.sleep(ms);
    done.push(`${what} ${id}`);
  };
  return { inject: after("inject"), lift: after("lift"), reapply: async ({ id }, component) => void done.push(`reapply ${id} at ${component}`) };
}

function stage(faults: readonly Fault[], act?: Partial<FaultAct<unknown>>) {
  const clock = new VirtualClock();
  const done: string[] = [];
  const records: FaultRecord[] = [];
  const over = new Canceller();
  const options = {
    plan: { faults } as Plan,
    world: new RecordingWorld(clock),
    actOf: () => ({ ...actTaking(5, clock, done), ...act }),
    clock,
    emit: (record: FaultRecord) => void records.push(record),
    signal: over.signal,
  };
  return { clock, done, records, over, options };
}

const times = (records: readonly FaultRecord[]) => records.map(({ fault, action, plannedMs, atMs }) => [fault, action, plannedMs, atMs]);

test("playFaults: each fault is injected and lifted at its time, and recorded when that is in effect", async () => {
  const { clock, records, options } = stage([faultOf({ id: "late", fromMs: 50_000, toMs: 70_000 }), faultOf({ id: "early" })]);
  const { done } = playFaults(options);
  await clock.run();
  await done;
  expect(times(records)).toEqual([
    ["early", "injected", 20_000, 20_005],
    ["late", "injected", 50_000, 50_005],
    ["early", "lifted", 60_000, 60_005],
    ["late", "lifted", 70_000, 70_005],
  ]);
});

test("playFaults: a momentary fault is lifted as soon as it is in force", async () => {
  const { clock, records, options } = stage([faultOf({ id: "restart", toMs: 20_000 })]);
  const { done } = playFaults(options);
  await clock.run();
  await done;
  expect(times(records)).toEqual([["restart", "injected", 20_000, 20_005], ["restart", "lifted", 20_000, 20_010]]);
});

test("playFaults: what is in force when the play is ended is lifted at once, what is to come is never injected", async () => {
  const { clock, records, over, options } = stage([faultOf({ id: "on" }), faultOf({ id: "to come", fromMs: 55_000 })]);
  const { done } = playFaults(options);
  clock.at(30_000, () => over.cancel("Ctrl-C"));
  await clock.run();
  await done;
  expect(times(records)).toEqual([["on", "injected", 20_000, 20_005], ["on", "lifted", 60_000, 30_005]]);
});

test("playFaults: a fault that the plan never lifts stays until the play is ended", async () => {
  const { clock, records, over, options } = stage([faultOf({ id: "never", lifted: false, toMs: 100_000 })]);
  const { done } = playFaults(options);
  clock.at(120_000, () => over.cancel("over"));
  await clock.run();
  await done;
  expect(times(records)).toEqual([["never", "injected", 20_000, 20_005], ["never", "lifted", 100_000, 120_005]]);
});

test("playFaults: what cannot be injected or lifted is recorded with the reason, and the others go on", async () => {
  const { clock, records, options } = stage([faultOf({ id: "f" })], { inject: () => Promise.reject(new Error("no such link")), lift: () => Promise.reject(new Error("nobody listens")) });
  const { done } = playFaults(options);
  await clock.run();
  await done;
  expect(records.map(({ action, detail }) => [action, detail])).toEqual([["failed", "inject: no such link"], ["failed", "lift: nobody listens"]]);
});

test("injectAlways: what is in force from the start is injected before the run, lifted at its end, and not injected twice", async () => {
  const { clock, records, done, over, options } = stage([faultOf({ id: "born sick", always: true, lifted: false, fromMs: 0, toMs: 100_000 })]);
  const before = injectAlways(options);
  await clock.run();
  await before;
  const play = playFaults(options);
  clock.at(90_000, () => over.cancel("over"));
  await clock.run();
  await play.done;
  expect(times(records)).toEqual([["born sick", "injected", 0, 5], ["born sick", "lifted", 100_000, 90_005]]);
  expect(done).toEqual(["inject born sick", "lift born sick"]);
});

test("playFaults: when a component starts, what is in force there just now is put in force again", async () => {
  const at = (id: string, component: string, toMs = 60_000) => faultOf({ id, toMs, affects: { cells: [], routes: [], deployments: [], components: [component] } });
  const { clock, done, options } = stage([at("here", "gateway-1"), at("there", "gateway-2"), at("over", "gateway-1", 25_000)]);
  playFaults(options);
  clock.at(30_000, () => void options.world.start("gateway-1"));
  await clock.run();
  expect(done.filter((what) => what.startsWith("reapply"))).toEqual(["reapply here at gateway-1"]);
});
