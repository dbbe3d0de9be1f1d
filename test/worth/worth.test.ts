import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stackNames } from "../../lab/plan/library.ts";
import { resultOf } from "../../lab/compare/results.fixture.ts";
import type { CellEnd, CellMeasures, CellResult } from "../../lab/suite/cell.ts";
import { stackWithout } from "../../lab/suite/protections.ts";
import { worthPage } from "./page.ts";
import { furtherProtections, measuredSix } from "./rows.ts";
import { openStore } from "../support/result-store.ts";
import { worthOf } from "./worth.ts";

const lost = (value: number) => ({ lostDemand: { value, evidence: [value, value] as const, interval: [value - 0.01, value + 0.01] as const } });
const seeds = [1, 2, 3];

function resultsOf(stack: string, scenario: string, figures: Partial<CellMeasures>, end: CellEnd = "held"): readonly CellResult[] {
  return seeds.map((seed) => {
    const { result } = resultOf(stack, seed, figures, end);
    return { ...result, cell: { ...result.cell, scenario } };
  });
}

test("rows: there is a stack that lacks each protection", () => {
  expect([...measuredSix, ...furtherProtections].map(stackWithout).filter((stack) => !stackNames().includes(stack))).toEqual([]);
});

test("worthOf: lost demand that a protection saves, over clients and over seeds", () => {
  const worth = worthOf(resultsOf("hardened", "s", lost(0.01)), resultsOf("without", "s", lost(0.41), "deviated"))!;
  expect(worth.lost!.difference).toEqual({ mean: expect.closeTo(0.4, 12), interval: [expect.closeTo(0.4 - 0.01 * Math.sqrt(2 / 3), 6), expect.closeTo(0.4 + 0.01 * Math.sqrt(2 / 3), 6)] });
  expect(worth).toMatchObject({ seeds: 3, lost: { paired: { separated: true } }, ends: [["held", "held", "held"], ["deviated", "deviated", "deviated"]] });
});

test("worthOf: a seed that one of the two did not judge counts on neither, and without any there is no worth", () => {
  const unknown = resultsOf("without", "s", lost(0.4)).map((result): CellResult => (result.cell.seed === 2 ? { ...result, end: "unknown" } : result));
  expect(worthOf(resultsOf("hardened", "s", lost(0)), unknown)).toMatchObject({ seeds: 2 });
  expect(worthOf(resultsOf("hardened", "s", lost(0)), [])).toBeNull();
});

test("worthPage: a row a protection and scenario; what was not played says so, and an alarm that never came is no time", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-worth-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "deep/worth.ndjson");
  const written = openStore(file);
  const results = [
    ...resultsOf("hardened", "region-loss", lost(0)),
    ...resultsOf("hardened-without-regions", "region-loss", lost(0.9), "deviated"),
    ...resultsOf("hardened", "gateway-sick", { detectionMs: 4_000 }, "deviated"),
    ...resultsOf("hardened-without-observer", "gateway-sick", { detectionMs: null }, "deviated"),
  ];
  for (const result of results) written.add({ result, effort: { cpuMs: 900, wallMs: 1_000, playedAt: "2026-11-29T12:00:00.000Z", directory: null } }, { commit: "abc1234", machine: "a machine" });
  const page = worthPage(openStore(file));
  expect(page).toContain("2026-11-29, at commit abc1234: `npm run worth -- --seeds 3`, in virtual time.");
  expect(page).toContain("| two regions with control planes of their own (`regions`) | `region-loss` | 3 | held | deviated | 0 % (-0.58 % to 0.58 %) | 90 % (89.4 % to 90.6 %) | 90 % (89.2 % to 90.8 %) | by seeds |");
  expect(page).toContain("| independent observability (`observer`) | `gateway-sick` | 3 | deviated | deviated | alarm after 4 s | no alarm | an alarm in 3 of 3 more | - |");
  expect(page).toContain("| break-glass (`bypass`) | `break-glass-drill` | 0 | - | - | - | - | - | not played |");
});
