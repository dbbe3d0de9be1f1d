import { expect, test } from "vitest";
import { coverageOf, coveredText, type Sighting } from "./coverage.ts";
import { summaryText } from "./summary.ts";

const nowMs = Date.parse("2026-11-29T12:00:00Z");
const seen = (scenario: string, stack: string, end: Sighting["end"], daysAgo: number): Sighting => ({ scenario, stack, end, atMs: nowMs - daysAgo * 86_400_000 });

const coverage = coverageOf({
  sightings: [
    seen("gateway-dead", "naive", "held", 9),
    seen("gateway-dead", "naive", "deviated", 2),
    seen("gateway-dead", "hardened", "held", 0),
    seen("region-loss", "naive", "deviated", 1),
    seen("region-loss", "hardened", "not_applicable", 4),
    seen("my-own", "naive", "unknown", 3),
  ],
  known: [
    { failureMode: "gateway-dead", family: "gateway" },
    { failureMode: "region-loss", family: "gateway" },
    { failureMode: "vault-sealed", family: "gateway" },
  ],
  stacks: ["hardened", "naive"],
  nowMs,
});

const text = (failureMode: string, stack: string) => coveredText(coverage.rows.find((row) => row.failureMode === failureMode)!.stacks[stack]!);

test("coverageOf: the latest run decides, and the last that held has its age", () => {
  expect(text("gateway-dead", "hardened")).toBe("held today");
  expect(text("gateway-dead", "naive")).toBe("deviated 2 days ago, held 9 days ago");
  expect(text("region-loss", "naive")).toBe("deviated 1 day ago, never held");
  expect(text("region-loss", "hardened")).toBe("not applicable 4 days ago");
  expect(text("vault-sealed", "naive")).toBe("not tested");
});

test("coverageOf: scenarios of the user's own follow the library's, and every stack has its line", () => {
  expect(coverage.rows.map(({ failureMode, family }) => [failureMode, family])).toEqual([["gateway-dead", "gateway"], ["region-loss", "gateway"], ["vault-sealed", "gateway"], ["my-own", null]]);
  expect(summaryText(coverage.summaries["naive"]!)).toBe("tested 3 of 4: 0 held, 2 deviated, 0 not recovered, 1 unknown, 0 not applicable, 1 not played, oldest 3 days");
  expect(summaryText(coverage.summaries["hardened"]!)).toBe("tested 1 of 4: 1 held, 0 deviated, 0 not recovered, 0 unknown, 1 not applicable, 2 not played, oldest 4 days");
});
