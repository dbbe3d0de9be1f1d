import { expect, test } from "vitest";
import type { CellEnd } from "./cell.ts";
import { summaryOf, summaryText } from "./summary.ts";

const nowMs = Date.parse("2026-11-29T12:00:00Z");
const ended = (...ends: CellEnd[]) => ends.map((end) => ({ end }));

test("summaryText: every end has its count, and the oldest its age in whole days", () => {
  const results = ended("held", "held", "deviated", "unknown", "not_applicable");
  const summary = summaryOf(results, { of: 5, playedAt: ["2026-11-29T11:00:00Z", "2026-11-27T11:00:00Z"], nowMs });
  expect(summaryText(summary)).toBe("tested 4 of 5: 2 held, 1 deviated, 0 not recovered, 1 unknown, 1 not applicable, oldest 2 days");
});

test("summaryText: cells that failed and cells that were not played are named where there are any", () => {
  const summary = summaryOf(ended("held", "failed"), { of: 4, playedAt: ["2026-11-28T11:00:00Z"], nowMs });
  expect(summaryText(summary)).toBe("tested 1 of 4: 1 held, 0 deviated, 0 not recovered, 0 unknown, 0 not applicable, 1 failed, 2 not played, oldest 1 day");
});

test("summaryText: nothing played has no age", () => {
  expect(summaryText(summaryOf([], { of: 2, playedAt: [], nowMs }))).toContain("2 not played, none played");
});
