import { expect, test } from "vitest";
import { Timeline } from "./timeline.ts";

test("Timeline: what was recorded before the zero was set counts from the zero", () => {
  const timeline = new Timeline(1_000_000);
  const record = { fault: "sick", action: "injected", plannedMs: 0, begunMs: 400, atMs: 500, detail: "" } as const;
  timeline.begin(1_003_000);
  expect(timeline.shifted(record)).toEqual({ ...record, begunMs: -2_600, atMs: -2_500 });
});

test("Timeline: it counts from its start, then from its zero", () => {
  const timeline = new Timeline(Date.now() - 60_000);
  expect(timeline.nowMs()).toBeGreaterThanOrEqual(60_000 - 1);
  timeline.begin(Date.now() + 60_000);
  expect(timeline.nowMs()).toBeLessThan(0);
});
