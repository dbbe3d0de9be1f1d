import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import { judge } from "./judge.ts";
import { HandMadeRun, fallback, outsider, playedAt, primary } from "./testing.ts";

const price = { input: 10, cachedInput: 1, output: 100 };
const deployments = [{ ...primary, price }, fallback, outsider];
const faults = [faultOf({ id: "f" })];

const measuresIn = (run: HandMadeRun, plan: object = {}, paired?: HandMadeRun) =>
  judge(run.plan({ faults, deployments, ...plan }), run.records({ faults: playedAt("f") }), { arrivals: run.arrivals, ...(paired && { paired: paired.records() }) }).measures!;

/** Two a second before, nothing during, and after the fault the given times. */
function herd(afterMs: readonly number[]): HandMadeRun {
  const run = new HandMadeRun();
  const { timeline } = run.plan({ faults });
  run.every(500, timeline.steadyFromMs, timeline.faultFromMs, (atMs) => run.good("red", atMs));
  for (const atMs of afterMs) run.good("red", timeline.faultToMs + atMs);
  return run;
}

test("herdOf: the busiest second after the faults, wherever it begins, over the mean before", () => {
  const measures = measuresIn(herd([100, 1_700, 1_800, 1_900, 2_000, 2_600, 2_699, 2_700, 9_000]));
  // 1,700 to 2,699: six, with 2,700 a whole second after the first.
  expect(measures.herdFactor).toBeCloseTo(6 / 2, 12);
});

test("herdOf: money of the dearest 10 s, over what 10 s cost before", () => {
  const run = herd([100]);
  const { timeline } = run.plan({ faults });
  for (let index = 0; index < 40; index++) run.attempt({ requestId: "r", arrivedMs: timeline.faultToMs + 5_000 + index * 100, answerId: `extra ${index}`, ordinal: index });
  // 20 requests in 10 s before; 1 and 40 after, all alike.
  expect(measuresIn(run).moneyHerd).toBeCloseTo(41 / 20, 12);
});

test("herdOf: a provider that was hardly asked before counts as asked once a second", () => {
  const run = herd([100]);
  const { timeline } = run.plan({ faults });
  run.good("red", timeline.steadyFromMs + 1, { deployment: fallback });
  for (let index = 0; index < 5; index++) run.good("red", timeline.faultToMs + 100 * index, { deployment: fallback });
  expect(measuresIn(run).herdFactor).toBe(5);
});

test("herdOf: nothing where no fault is, or one is never lifted", () => {
  expect(measuresIn(herd([100]), { faults: [] })).toMatchObject({ herdFactor: null, moneyHerd: null, recoveryCost: null });
  expect(measuresIn(herd([100]), { faults: [faultOf({ id: "f", lifted: false })] })).toMatchObject({ herdFactor: null, moneyHerd: null, recoveryCost: null });
});

test("recoveryCostOf: under self, the steady state scaled to each span; fewer attempts than the control in the outage are below 0", () => {
  const run = new HandMadeRun();
  const { timeline } = run.plan({ faults });
  const { steadyFromMs, faultFromMs, faultToMs, endMs } = timeline;
  run.every(500, steadyFromMs, faultFromMs, (atMs) => run.good("red", atMs));
  run.every(500, faultFromMs, faultToMs, (atMs) => run.request("red", atMs, { status: null, end: "refused", firstTokenMs: null, terminal: false, finishReason: null }));
  run.every(500, faultToMs, endMs, (atMs) => run.good("red", atMs));
  const outageS = (faultToMs - faultFromMs) / 1_000;
  const { recoveryCost } = measuresIn(run);
  expect(recoveryCost).toMatchObject({ recoveryMs: 0, recovery: { attempts: 0, bad: 0 }, outage: { attempts: -2 * outageS, bad: 2 * outageS } });
});

test("recoveryCostOf: under paired, the same spans of the other run", () => {
  const run = new HandMadeRun();
  const { timeline } = run.plan({ faults });
  const paired = new HandMadeRun();
  for (const each of [run, paired]) each.every(500, timeline.steadyFromMs, timeline.endMs, (atMs) => each.good("red", atMs));
  for (let index = 0; index < 7; index++) run.attempt({ requestId: "r", arrivedMs: timeline.faultFromMs + 1 + index, answerId: `again ${index}`, ordinal: index });
  const measures = measuresIn(run, { measure: { ...run.plan().measure, control: "paired" as const } }, paired);
  expect(measures.recoveryCost).toMatchObject({ outage: { attempts: 7, bad: 0 }, recovery: { attempts: 0, bad: 0 } });
});
