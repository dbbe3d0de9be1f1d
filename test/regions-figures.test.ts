import { expect, test } from "vitest";
import { faultOf } from "../kernel/fault.fixture.ts";
import { HandMadeRun, planOf } from "../observer/measure/testing.ts";
import { movedAfterMs, removedPerMinute } from "./regions/figures.ts";

const fault = faultOf({ id: "f" });
const plan = planOf({ faults: [{ ...fault, target: { ...fault.target, components: ["edge-a", "a1", "a2"] } }] });

test("movedAfterMs: the last request during the fault that the lost region answered", () => {
  const run = new HandMadeRun();
  for (const [atMs, replica] of [[10_000, "a1"], [20_900, "a2"], [22_500, "a1"], [30_000, "b1"], [59_999, "b2"], [60_000, "a1"]] as const) run.good("red", atMs, { replica });
  // It waited until the region was back.
  run.good("red", 59_500, { replica: "a1", firstByteMs: 60_100 });
  expect(movedAfterMs(plan, run.client, "region")).toBe(2_500);
  expect(movedAfterMs(plan, run.client, null)).toBeNull();
});

test("movedAfterMs: of an edge, the last request that the less used entry answered", () => {
  const run = new HandMadeRun();
  for (const [atMs, entry] of [[20_100, "one"], [20_200, "two"], [20_700, "one"], [25_000, "two"], [26_000, "two"]] as const) run.good("red", atMs, { entry });
  expect(movedAfterMs(plan, run.client, "edge")).toBe(700);
});

test("movedAfterMs: an edge that answered nothing once it was lost", () => {
  const run = new HandMadeRun();
  for (const [atMs, entry] of [[10_000, "one"], [20_200, "two"], [25_000, "two"]] as const) run.good("red", atMs, { entry });
  expect(movedAfterMs(plan, run.client, "edge")).toBe(0);
});

test("removedPerMinute: the most within any minute of an edge's log", () => {
  const line = (at: string, capacity: number) => JSON.stringify({ at: `2026-11-29T10:${at}Z`, event: "removed", kind: "removed", replica: "a1", reason: "down", capacity });
  expect(removedPerMinute([line("00:00.000", 0.25), '{"event":"kept"}', line("00:30.000", 0.25), line("01:15.000", 0.25), ""].join("\n"))).toBe(0.5);
  expect(removedPerMinute("haproxy: no JSON")).toBeNull();
});
