import { expect, test } from "vitest";
import type { ClientRecord } from "../kernel/records.ts";
import { planOf, playVirtually } from "./support/virtual.ts";

const slow = { timeout: 300_000 };
const scenario = "break-glass-drill";

const isBad = ({ end, status }: ClientRecord) => end !== "complete" || status !== 200;

test("break-glass-drill: one command restores the team within 10 s, its end costs nothing, and no gateway is charged with what it did not see", slow, async () => {
  const resolved = planOf(scenario, {}, undefined, "one-process");
  const [commandMs, offMs] = resolved.plan.actions!.map(({ atMs }) => atMs) as [number, number];
  const { verdict, records } = await playVirtually(resolved);
  expect(records.actions?.map(({ action, outcome, plannedMs, begunMs }) => [action, outcome, plannedMs, begunMs])).toEqual([["break-glass-on-support", "done", commandMs, commandMs], ["break-glass-off-support", "done", offMs, offMs]]);
  const past = records.client.filter(({ bypass }) => bypass !== undefined);
  expect(new Set(past.map(({ bypass }) => bypass))).toEqual(new Set(["openai"]));
  expect(Math.max(...past.map(({ sentMs }) => sentMs!))).toBeLessThan(offMs + 250);
  expect(records.client.filter((record) => record.intendedMs >= commandMs + 10_000 && isBad(record))).toEqual([]);
  const [team] = verdict.bypassed!;
  expect(team).toMatchObject({ team: "support", requests: past.length, bad: 0 });
  expect(team!.restoredMs).toBeLessThan(10_000);
  expect(team!.lost).toBe(records.client.filter((record) => record.intendedMs >= commandMs && record.intendedMs < commandMs + team!.restoredMs! && isBad(record)).length);
  expect(verdict.books.balanced, verdict.books.problems.join(" ")).toBe(true);
  const { cost } = verdict.gatewayCounts!;
  expect(cost[0]!.countedUsd).toBeCloseTo(cost[0]!.billedUsd, 4);
  expect(verdict.reasons.join(" ")).toContain(`${past.length} requests of team support went past the gateways`);
});

test("break-glass-drill: without the step the same run deviates, and a stack that lacks it records that it was not possible", slow, async () => {
  const { verdict: without } = await playVirtually(planOf(scenario, { actions: "[]" }, undefined, "one-process"));
  expect(without.measures!.blastRadius!.share).toBeGreaterThan(0.9);
  expect(without.bypassed).toBeUndefined();
  const { verdict, records } = await playVirtually(planOf(scenario, {}, undefined, "naive"));
  expect(records.actions?.map(({ outcome, detail }) => [outcome, detail])).toEqual(Array(2).fill(["not_possible", "the stack has no bypass"]));
  expect(verdict.reasons.join(" ")).toContain("Break-glass on for team support was not possible: the stack has no bypass.");
  expect(verdict).toMatchObject({ verdict: "deviated" });
});
