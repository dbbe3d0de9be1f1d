import { isValid, parse } from "ctrf";
import { expect, test } from "vitest";
import { madePlayed, type MadeResult } from "../results.fixture.ts";
import { nothingAccepted } from "../standing.ts";
import { suiteOf } from "../suite.ts";
import { ctrfText } from "./ctrf.ts";

function reportOf(made: readonly MadeResult[]) {
  const played = made.map((one, index) => madePlayed(one, `2026-11-29T12:00:0${index}.000Z`));
  return parse(ctrfText(suiteOf(played.map(({ result }) => result.cell), played, { harness: "virtual" }), nothingAccepted));
}

test("ctrfText: is valid by its own library, and counts each end as what it is", () => {
  const report = reportOf([{ seed: 1 }, { seed: 2, end: "deviated" }, { seed: 3, end: "failed" }, { seed: 4, end: "unknown" }, { seed: 5, end: "not_applicable" }]);
  expect(isValid(report)).toBe(true);
  const { summary, tests } = report.results;
  expect(summary).toMatchObject({ tests: 5, passed: 1, failed: 2, skipped: 1, other: 1, pending: 0 });
  expect(summary.stop - summary.start).toBe(4_600);
  expect(tests[1]).toMatchObject({ name: "smoke on naive, seed 2", rawStatus: "deviated", duration: 40_000, filePath: "scenarios/library/smoke.yaml", line: 42, message: "A reason." });
});

test("ctrfText: a measure that is worse than in the baseline is a failed test, and cells that were not played are one too", () => {
  const played = [madePlayed({ seed: 1 })];
  const regression = { scenario: "smoke", stack: "naive", measure: "blastRadius", title: "Worse", message: "30 % in the baseline, 50 % now", file: "smoke.yaml", line: 3 } as const;
  const report = parse(ctrfText(suiteOf(played.map(({ result }) => result.cell), played, { harness: "virtual" }), nothingAccepted, { regressions: [regression], unplayed: 1 }));
  expect(isValid(report)).toBe(true);
  expect(report.results.summary).toMatchObject({ tests: 3, passed: 1, failed: 1, other: 1 });
  expect(report.results.tests[1]).toMatchObject({ name: "smoke on naive, blastRadius against the baseline", status: "failed", rawStatus: "worse", line: 3 });
  expect(report.results.tests[2]).toMatchObject({ name: "1 cell was not played", status: "other" });
});

test("ctrfText: a suite of which nothing was played is valid too", () => {
  expect(isValid(reportOf([]))).toBe(true);
});
