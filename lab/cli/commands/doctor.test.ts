import { expect, test } from "vitest";
import { spareShare } from "../machine-load.ts";
import { drillFinding, needFindings, type Needs } from "./doctor.ts";

const quiet: Needs = { cores: 2, load: { timerLagMsP99: 3, spareCores: 1.8 }, memoryBytes: 2 ** 30, diskBytes: 2 ** 30, portError: null };

const found = (changes: Partial<Needs>) => needFindings({ ...quiet, ...changes }).filter(({ state }) => state !== "ok");

test("needFindings: a quiet machine has all that a run needs, and what to expect is said", () => {
  expect(found({})).toEqual([]);
  expect(needFindings(quiet).find(({ name }) => name === "load")!.detail).toBe("1.8 cores spare, timers 3 ms late (p99): a live run will be in time");
});

test.each([
  ["timers that are late", { load: { timerLagMsP99: 80, spareCores: 1 } }],
  ["no spare core", { load: { timerLagMsP99: 3, spareCores: 0.1 } }],
])("needFindings: %s make a live run uncertain, and nothing has to be fixed", (_, changes) => {
  expect(found(changes)).toMatchObject([{ name: "load", state: "tight", detail: expect.stringContaining("may be void") as unknown, advice: expect.stringContaining("--virtual") as unknown }]);
});

test.each([
  ["memory", { memoryBytes: 100 * 2 ** 20 }, "100 MiB free"],
  ["disk", { diskBytes: 2 ** 20 }, "1 MiB free"],
  ["ports", { portError: "There is no free port from 20000 to 29999" }, "There is no free port"],
])("needFindings: too little %s must be fixed", (name, changes, detail) => {
  expect(found(changes)).toMatchObject([{ name, state: "problem", detail: expect.stringContaining(detail) as unknown, advice: expect.stringMatching(/./) as unknown }]);
});

test("needFindings: at 512 MiB a live run is uncertain, what may happen is said, and nothing has to be fixed", () => {
  expect(found({ memoryBytes: 512 * 2 ** 20 })).toEqual([
    { name: "memory", state: "tight", detail: "512 MiB free", advice: expect.stringMatching(/A live run needs 550 MiB to be sure: .* kills the largest part.* --virtual needs 270 MiB/) as unknown },
  ]);
});

test("needFindings: one core is tight", () => {
  expect(found({ cores: 1 })).toMatchObject([{ name: "cores", state: "tight" }]);
});

test("spareShare: the idle part of what passed between two readings", () => {
  const reading = (user: number, idle: number) => [{ times: { user, nice: 0, sys: 0, irq: 0, idle } }];
  expect(spareShare(reading(100, 100), reading(130, 170))).toBe(0.7);
  expect(spareShare(reading(1, 1), reading(1, 1))).toBe(1);
});

test("drillFinding: complains of a break-glass that was never drilled, or not within 90 days", () => {
  const day = 24 * 3_600_000;
  expect(drillFinding(null, 0)).toMatchObject({ state: "tight", detail: "break-glass was never drilled" });
  expect(drillFinding(0, 90 * day)).toMatchObject({ state: "ok", detail: "break-glass was drilled 90 days ago" });
  expect(drillFinding(0, 91 * day)).toMatchObject({ state: "tight", detail: "break-glass was drilled last 91 days ago" });
});
