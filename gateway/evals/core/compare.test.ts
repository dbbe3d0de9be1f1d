import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRng } from "../../../kernel/rng.ts";
import { compareVersions, type CompareSettings, type PairedResult } from "./compare.ts";

const settings: CompareSettings = { measure: "pass", dropMax: 0.1, pMax: 0.05 };
const side = (passes: boolean) => ({ passes, score: Number(passes) });
const pair = (before: boolean, now: boolean, group: string | null = null): PairedResult => ({ group, before: side(before), now: side(now) });
const compare = (results: readonly PairedResult[], changed: Partial<CompareSettings> = {}) => compareVersions(results, { ...settings, ...changed }, seededRng(1, "test"));
const times = (count: number, result: PairedResult) => Array.from({ length: count }, () => result);

test("compareVersions: 20 cases that all agree are undecided, and the number named decides", () => {
  const compared = compare(times(20, pair(true, true)));
  expect(compared).toMatchObject({ decision: "undecided", drop: 0, p: 1 });
  expect(compared.upper).toBeCloseTo(0.161, 3);
  expect(compare(times(compared.casesNeeded!, pair(true, true))).decision).toBe("pass");
  expect(compare(times(34, pair(true, true))).decision).toBe("undecided");
  expect(compare(times(35, pair(true, true))).decision).toBe("pass");
});

test("compareVersions: no case at all is undecided", () => {
  expect(compare([])).toMatchObject({ decision: "undecided", upper: 1, units: 0 });
  expect(compare([], { measure: "score" })).toMatchObject({ decision: "undecided", upper: 1, units: 0 });
});

test("compareVersions: a drop of 60 points in 20 cases fails", () => {
  expect(compare([...times(12, pair(true, false)), ...times(8, pair(true, true))])).toMatchObject({ decision: "fail", drop: 0.6 });
});

test("compareVersions: a candidate that is better passes, however significantly", () => {
  expect(compare([...times(30, pair(false, true)), ...times(30, pair(true, true))])).toMatchObject({ decision: "pass", drop: -0.5 });
});

test("compareVersions: alike cases count once, so that 100 cases in 10 groups decide less than 100 cases", () => {
  const grouped = Array.from({ length: 100 }, (_, index) => pair(true, true, `group ${index % 10}`));
  expect(compare(grouped)).toMatchObject({ decision: "undecided", units: 10 });
  const broken = Array.from({ length: 100 }, (_, index) => pair(true, index >= 10, `group ${Math.floor(index / 10)}`));
  expect(compare(broken).decision).toBe("undecided");
  expect(compare(broken.map(({ before, now }) => ({ group: null, before, now }))).decision).toBe("fail");
});

test("compareVersions: scores compare where verdicts agree", () => {
  const worse = Array.from({ length: 60 }, (_, index): PairedResult => ({ group: null, before: { passes: true, score: 0.9 }, now: { passes: true, score: 0.55 + (index % 5) / 50 } }));
  expect(compare(worse).decision).toBe("pass");
  expect(compare(worse, { measure: "score" })).toMatchObject({ decision: "fail", units: 60 });
});

const results = fc.array(fc.record({ before: fc.boolean(), now: fc.boolean() }).map(({ before, now }) => pair(before, now)), { maxLength: 80 });

test("compareVersions: the order of the cases does not matter, and the bound is never below the drop", () => {
  fc.assert(
    fc.property(results, fc.integer(), (cases, turn) => {
      const turned = cases.map((_, index) => cases[(index + Math.abs(turn)) % cases.length]!);
      expect(compare(turned)).toEqual(compare(cases));
      const { upper, drop } = compare(cases);
      expect(upper).toBeGreaterThanOrEqual(drop);
    }),
  );
});

test("compareVersions: one more broken case never turns a block into a pass", () => {
  fc.assert(
    fc.property(results, (cases) => {
      const index = cases.findIndex(({ before, now }) => before.passes && now.passes);
      fc.pre(index >= 0);
      const worse = cases.with(index, pair(true, false));
      if (compare(cases).decision !== "pass") expect(compare(worse).decision).not.toBe("pass");
    }),
  );
});
