import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { faultOf } from "../../../kernel/fault.fixture.ts";
import type { Fault } from "../../../kernel/fault.ts";
import type { FaultRecord } from "../../../kernel/records.ts";
import { Canceller } from "../../../kernel/signal.ts";
import { plan } from "../../board/fixtures/run.ts";
import { actOf } from "../../faults/index.ts";
import { conduct } from "./conduct.ts";
import { HandPlay } from "./hand-play.ts";
import { RecordingWorld } from "./recording-world.fixture.ts";

const at = (link: string): Partial<Fault> => ({ kind: "link_down", target: { components: [], links: [link] } });
const linkDown = faultOf({ id: "offered", title: "the link down", fromMs: 0, toMs: 10_000, ...at("a~b") });
const planned = faultOf({ id: "planned", title: "the planned one", fromMs: 60_000, toMs: 65_000, ...at("a~b") });

/** The recovery is held for 30 s: nothing may be in force after 70 s. */
function stage(broken: readonly string[] = []) {
  const clock = new VirtualClock();
  const world = new RecordingWorld(clock, { broken });
  const records: FaultRecord[] = [];
  const faults: Fault[] = [];
  const play = new HandPlay({ plan: { ...plan, faults: [planned] }, world, actOf: (fault) => actOf(fault), clock, emit: (record) => void records.push(record), onFault: (fault) => void faults.push(fault) });
  return { clock, world, records, faults, play, after: (ms: number, act: () => void) => void clock.at(ms, act) };
}

const times = (records: readonly FaultRecord[]) => records.map(({ fault, action, plannedMs, atMs }) => [fault, action, plannedMs, atMs]);

test("HandPlay: a fault is injected now, and lifted at its end", async () => {
  const { clock, world, records, faults, play, after } = stage();
  after(40_000, () => void play.inject(linkDown, 4_000));
  await clock.run();
  expect(world.log).toEqual(["40000 disable a~b", "44000 enable a~b"]);
  expect(times(records)).toEqual([["hand-1", "injected", 40_000, 40_000], ["hand-1", "lifted", 44_000, 44_000]]);
  expect(faults).toMatchObject([{ id: "hand-1", title: "By hand: the link down", fromMs: 40_000, toMs: 44_000 }]);
});

test("HandPlay: a person lifts it before its time, once", async () => {
  const { clock, records, play, after } = stage();
  after(40_000, () => void play.inject(linkDown, 10_000));
  after(42_000, () => play.lift("hand-1"));
  after(43_000, () => expect(() => play.lift("hand-1")).toThrow("no fault of that name is in force by hand"));
  await clock.run();
  expect(times(records)).toEqual([["hand-1", "injected", 40_000, 40_000], ["hand-1", "lifted", 42_000, 42_000]]);
  expect(() => play.lift("planned")).toThrow("no fault of that name");
});

test("HandPlay: the end of the run lifts what is in force, and lets nothing else in", async () => {
  const { clock, world, play, after } = stage();
  after(40_000, () => void play.inject(linkDown, 10_000));
  let isEnded = false;
  after(41_000, () => void play.end().then(() => (isEnded = true)));
  after(42_000, () => expect(() => play.inject(linkDown, 2_000)).toThrow("the run is ending"));
  await clock.run();
  expect(world.log).toEqual(["40000 disable a~b", "41000 enable a~b"]);
  expect(isEnded).toBe(true);
});

test.each<[string, number, number, Partial<Fault>, string]>([
  ["in the steady state", 29_999, 2_000, {}, "the steady state goes on until 30 s"],
  ["beyond the latest start of the recovery", 68_000, 3_000, at("c~d"), "it would last until 71 s, and the recovery is watched from 70 s on at the latest"],
  ["for less than a second", 40_000, 500, {}, "less than a second"],
  ["for a length that is no number", 40_000, Number.NaN, {}, "less than a second"],
  ["at the site of a planned fault that is near", 50_000, 6_000, {}, '"the planned one" acts at the same place'],
])("HandPlay: a fault %s is refused, and nothing is done", async (_what, fromMs, lengthMs, changes, why) => {
  const { clock, world, faults, play, after } = stage();
  after(fromMs, () => expect(() => play.inject({ ...linkDown, ...changes }, lengthMs)).toThrow(why));
  await clock.run();
  expect({ log: world.log, faults }).toEqual({ log: [], faults: [] });
});

test("HandPlay: two at one site at once, or one right after the other, are refused; a later one has another name", async () => {
  const { clock, records, play, after } = stage();
  after(31_000, () => void play.inject(linkDown, 5_000));
  after(32_000, () => expect(() => play.inject(linkDown, 2_000)).toThrow('"By hand: the link down" acts at the same place'));
  after(33_000, () => play.lift("hand-1"));
  after(37_000, () => expect(() => play.inject(linkDown, 2_000)).toThrow("acts at the same place"));
  after(39_000, () => void play.inject(linkDown, 2_000));
  await clock.run();
  expect(records.map(({ fault }) => fault)).toEqual(["hand-1", "hand-1", "hand-2", "hand-2"]);
});

test("HandPlay: what cannot be injected is recorded as failed, and lifted all the same", async () => {
  const { clock, world, records, play, after } = stage(["disable a~b"]);
  after(40_000, () => void play.inject(linkDown, 2_000));
  await clock.run();
  expect(records.map(({ action, detail }) => [action, detail])).toEqual([["failed", "inject: cannot disable a~b"], ["lifted", "By hand: the link down"]]);
  expect(world.log.at(-1)).toBe("42000 enable a~b");
});

test("HandPlay: a momentary fault is lifted as soon as it is injected", async () => {
  const { clock, records, play, after } = stage();
  const restart = faultOf({ id: "offered", title: "restarted", kind: "process", fromMs: 0, toMs: 0, target: { components: ["gateway"], links: [] }, settings: { action: "restart" } });
  after(40_000, () => void play.inject(restart, 9_000));
  await clock.run();
  expect(times(records)).toEqual([["hand-1", "injected", 40_000, 40_000], ["hand-1", "lifted", 40_000, 40_000]]);
});

test("HandPlay: an abort begins every lifting at once, planned and by hand, so that all take no longer than the slowest", async () => {
  const clock = new VirtualClock();
  const world = new RecordingWorld(clock, { takesMs: 1_500 });
  const records: FaultRecord[] = [];
  const faults = ["a~b", "c~d", "e~f"].map((link) => faultOf({ id: link, title: link, fromMs: 31_000, toMs: 60_000, ...at(link) }));
  const options = { plan: { ...plan, faults }, world, actOf: (fault: Fault) => actOf(fault), clock, emit: (record: FaultRecord) => void records.push(record) };
  const play = new HandPlay({ ...options, onFault: () => {} });
  const abort = new Canceller();
  abort.signal.onAbort(() => void play.end());
  const never = new Canceller().signal;
  const ended = conduct({ ...options, act: () => Promise.resolve(), emitAction: () => {}, load: clock.sleep(90_000), gate: { problem: () => null }, died: new Promise<never>(() => {}), stop: never, interrupted: abort.signal, onStage: () => {} });
  for (const link of ["g~h", "i~j"]) clock.at(35_000, () => void play.inject({ ...linkDown, ...at(link) }, 20_000));
  clock.at(40_000, () => abort.cancel("the stop button of the live page"));
  const end = ended.then((reason) => `${clock.nowMs()} ${reason}`);
  await clock.run();
  expect(records.filter(({ action }) => action === "lifted").map(({ begunMs, atMs }) => [begunMs, atMs])).toEqual(Array.from({ length: 5 }, () => [40_000, 41_500]));
  expect(await end).toBe("41500 interrupted");
});
