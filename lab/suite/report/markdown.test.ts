import { expect, test } from "vitest";
import { findingsOf } from "../findings.ts";
import { madePlayed } from "../results.fixture.ts";
import { nothingAccepted } from "../standing.ts";
import { suiteOf } from "../suite.ts";
import { markdown, summaryBytesMax } from "./markdown.ts";

function pageOf(count: number, reason: string, bytesMax = summaryBytesMax) {
  const played = Array.from({ length: count }, (_, index) => madePlayed({ stack: `stack-${index}`, end: index % 2 === 0 ? "failed" : "held", reason }));
  const { suite } = suiteOf(played.map(({ result }) => result.cell), played, { harness: "virtual" });
  return markdown({ suite, summary: "tested", findings: findingsOf(suite.results, nothingAccepted, null), comparison: null }, bytesMax);
}

test("markdown: has the summary, what to look at, and a row for each scenario on each stack", () => {
  const page = pageOf(2, "It | <broke>");
  expect(page).toContain("- **Error**: smoke on stack-0, seed 1. failed. It \\| \\<broke\\> (`scenarios/library/smoke.yaml:1`)");
  expect(page).toContain("| smoke | stack-1 | - | held | 30 % | 1.2 x | 4 s |");
});

test("markdown: stays under 1 MiB, and says how much it leaves out", () => {
  const page = pageOf(3_000, "ü".repeat(800));
  expect(Buffer.byteLength(page)).toBeLessThan(1 << 20);
  expect(page).toMatch(/\n\d+ more are left out here\.\n/);
});

test("markdown: where almost no room is left it is hardly more than the summary", () => {
  expect(Buffer.byteLength(pageOf(50, "because", 1_000))).toBeLessThanOrEqual(1_000);
  expect(pageOf(50, "because", 300)).toBe("");
});
