import { expect, test } from "vitest";
import { componentSpans } from "./component-spans.ts";

const set = (atMs: number, statuses: Readonly<Record<string, string>>) => ({ atMs, statuses: Object.entries(statuses).map(([component, status]) => ({ component, status })) });

test("componentSpans: the worst component of each stretch, from the start on, and an end when all work again", () => {
  const changes = [set(10, { api: "degraded_performance", web: "operational" }), set(30, { web: "major_outage" }), set(50, { web: "operational" }), set(70, { api: "operational" })];
  expect(componentSpans(changes, 0, 100)).toEqual([
    { startMs: 0, endMs: 30, impact: "minor" },
    { startMs: 30, endMs: 50, impact: "critical" },
    { startMs: 50, endMs: 70, impact: "minor" },
  ]);
});

test("componentSpans: a component that fails again leaves a gap, and updates that change nothing leave one span", () => {
  const changes = [set(0, { api: "partial_outage" }), set(5, { api: "partial_outage" }), set(20, { api: "operational" }), set(40, { api: "partial_outage" }), set(45, {})];
  expect(componentSpans(changes, 0, 60)).toEqual([{ startMs: 0, endMs: 20, impact: "major" }, { startMs: 40, endMs: 60, impact: "major" }]);
});

test("componentSpans: none where no component ever failed", () => {
  expect(componentSpans([set(0, { api: "operational" })], 0, 60)).toEqual([]);
  expect(componentSpans([], 0, 60)).toEqual([]);
});
