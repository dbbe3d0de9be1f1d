import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { LabError } from "../../../kernel/errors.ts";
import { faultOf } from "../../../kernel/fault.fixture.ts";
import type { Fault } from "../../../kernel/fault.ts";
import type { FaultRecord } from "../../../kernel/records.ts";
import { Canceller } from "../../../kernel/signal.ts";
import { plan } from "../../board/fixtures/run.ts";
import { actOf } from "../../faults/index.ts";
import { conduct, type ConductOptions } from "./conduct.ts";
import { RecordingWorld } from "./recording-world.fixture.ts";

const target = { components: ["gateway"], links: [] };
const at = { target, affects: { cells: [], routes: [], deployments: [], components: ["gateway"] } };
const kill = faultOf({ id: "kill", kind: "process", ...at, fromMs: 30_000, toMs: 40_000, settings: { action: "kill" } });
const pause = faultOf({ id: "pause", kind: "process", ...at, fromMs: 50_000, toMs: 60_000, settings: { action: "pause" } });
const mixUp = faultOf({ id: "mix-up", kind: "defect", ...at, fromMs: 35_000, toMs: 70_000, settings: { kind: "mix_up", share: 1 } });

interface Rig {
  readonly faults?: readonly Fault[];
  readonly world?: ConstructorParameters<typeof RecordingWorld>[1];
  /** When the load is done. */
  readonly loadMs?: number;
  readonly with?: (clock: VirtualClock) => Partial<ConductOptions>;
}

/** Conducts a run on a virtual clock, to its end. */
async function play({ faults = [kill], world: worldOptions, loadMs = 101_000, with: changes }: Rig) {
  const clock = new VirtualClock();
  const world = new RecordingWorld(clock, worldOptions);
  const records: FaultRecord[] = [];
  const stages: string[] = [];
  const ended = conduct({
    plan: { ...plan, faults },
    world,
    actOf,
    act: () => Promise.resolve(),
    emitAction: () => {},
    clock,
    emit: (record) => records.push(record),
    load: clock.sleep(loadMs),
    gate: { problem: () => null },
    died: new Promise<never>(() => {}),
    interrupted: new Canceller().signal,
    stop: new Canceller().signal,
    onStage: (stage) => stages.push(`${clock.nowMs()} ${stage}`),
    ...changes?.(clock),
  });
  const end = ended.then((reason) => `${clock.nowMs()} ${reason}`, (error: Error) => `${clock.nowMs()} ${error.message}`);
  await clock.run(Infinity);
  return { end: await end, log: world.log, stages, records: records.map(({ fault, action, plannedMs, atMs }) => `${atMs} ${fault} ${action}, planned ${plannedMs}`) };
}

test("conduct: stages and faults come at their times, and the run ends when its load is done", async () => {
  const { end, log, stages, records } = await play({ faults: [kill, pause] });
  expect(end).toBe("101000 completed");
  expect(stages).toEqual(["0 warm_up", "10000 steady", "30000 fault", "70000 recovery"]);
  expect(log).toEqual(["30000 kill gateway", "40000 start gateway", "50000 pause gateway", "60000 resume gateway"]);
  expect(records).toEqual([
    "30000 kill injected, planned 30000",
    "40000 kill lifted, planned 40000",
    "50000 pause injected, planned 50000",
    "60000 pause lifted, planned 60000",
  ]);
});

test("conduct: what is recorded is when an operation was in effect", async () => {
  const { records } = await play({ world: { takesMs: 1_500 } });
  expect(records).toEqual(["31500 kill injected, planned 30000", "41500 kill lifted, planned 40000"]);
});

test("conduct: a steady state that does not hold voids the run, and nothing is injected", async () => {
  const problem = new LabError({ exit: "failed", code: "steady_state", message: "unsteady", hint: "" });
  const { end, log, stages } = await play({ with: () => ({ gate: { problem: () => problem } }) });
  expect(end).toBe("30000 unsteady");
  expect(log).toEqual([]);
  expect(stages).toEqual(["0 warm_up", "10000 steady"]);
});

test("conduct: an interruption lifts what is in force at once, and injects no more", async () => {
  const interrupt = new Canceller();
  const { end, log } = await play({
    faults: [kill, pause],
    with: (clock) => {
      clock.at(32_000, () => interrupt.cancel("Ctrl-C"));
      return { interrupted: interrupt.signal };
    },
  });
  expect(end).toBe("32000 interrupted");
  expect(log).toEqual(["30000 kill gateway", "32000 start gateway"]);
});

test("conduct: a stop condition lifts what is in force at once, injects no more, and ends the run after its recovery window", async () => {
  const stop = new Canceller();
  const { end, log, stages } = await play({
    faults: [kill, pause],
    with: (clock) => {
      clock.at(32_000, () => stop.cancel("too bad"));
      return { stop: stop.signal };
    },
  });
  // The fixture watches the recovery for 30 s.
  expect(end).toBe("62000 stopped");
  expect(log).toEqual(["30000 kill gateway", "32000 start gateway"]);
  expect(stages).toEqual(["0 warm_up", "10000 steady", "30000 fault", "32000 recovery"]);
});

test("conduct: a run that ends by itself first, or is interrupted in the recovery window, ends as that", async () => {
  const stopping = (clock: VirtualClock, atMs: number) => {
    const stop = new Canceller();
    clock.at(atMs, () => stop.cancel("too bad"));
    return stop.signal;
  };
  expect((await play({ with: (clock) => ({ stop: stopping(clock, 95_000) }) })).end).toBe("101000 completed");
  const interrupt = new Canceller();
  const { end } = await play({
    with: (clock) => {
      clock.at(40_000, () => interrupt.cancel("Ctrl-C"));
      return { stop: stopping(clock, 32_000), interrupted: interrupt.signal };
    },
  });
  expect(end).toBe("40000 interrupted");
});

test("conduct: the death of a part of the lab, and a failed load, void the run once its faults are lifted", async () => {
  const later = (clock: VirtualClock, message: string) => clock.sleep(33_000).then(() => Promise.reject(new Error(message)));
  const died = await play({ with: (clock) => ({ died: later(clock, "the proxy died") }) });
  expect(died).toMatchObject({ end: "33000 the proxy died", log: ["30000 kill gateway", "33000 start gateway"] });
  const failed = await play({ with: (clock) => ({ load: later(clock, "the load failed") }) });
  expect(failed).toMatchObject({ end: "33000 the load failed", log: ["30000 kill gateway", "33000 start gateway"] });
});

test("conduct: what cannot be injected or lifted is recorded, and the run goes on", async () => {
  const { end, records } = await play({ faults: [kill, pause], world: { broken: ["start gateway", "pause gateway"] } });
  expect(end).toBe("101000 completed");
  expect(records.filter((record) => record.includes("failed"))).toEqual(["40000 kill failed, planned 40000", "50000 pause failed, planned 50000"]);
});

test("conduct: a fault in force at a component is put in force again when it starts", async () => {
  const { log } = await play({ faults: [kill, mixUp] });
  expect(log).toEqual(["30000 kill gateway", "35000 plant mix-up in gateway", "40000 start gateway", "40000 plant mix-up in gateway", "70000 remove mix-up from gateway"]);
});

test("conduct: a fault that is never lifted stays until the load is done", async () => {
  const forever = { ...kill, toMs: 100_000, lifted: false };
  expect((await play({ faults: [forever] })).log).toEqual(["30000 kill gateway", "101000 start gateway"]);
});

test("conduct: under a fault that is always in force no steady state is held, and a start puts it in force again", async () => {
  const always = { ...mixUp, fromMs: 0, toMs: 100_000, always: true, lifted: false };
  const problem = new LabError({ exit: "failed", code: "steady_state", message: "unsteady", hint: "" });
  const { end, log } = await play({ faults: [always, kill], with: () => ({ gate: { problem: () => problem } }) });
  expect(end).toBe("101000 completed");
  expect(log).toEqual(["30000 kill gateway", "40000 start gateway", "40000 plant mix-up in gateway", "101000 remove mix-up from gateway"]);
});

test("conduct: a scenario without faults has no fault stage", async () => {
  expect((await play({ faults: [] })).stages).toEqual(["0 warm_up", "10000 steady", "30000 recovery"]);
});
