import { expect, test } from "vitest";
import { neverSignal } from "../kernel/signal.ts";
import { playResolved } from "../lab/conductor/virtual/play.ts";
import { planOf } from "./support/virtual.ts";

const slow = { timeout: 120_000 };
const faults = JSON.stringify([
  { kind: "process", action: "kill", target: { role: "gateway" }, fromMs: 2_000, lengthMs: 30_000 },
  { kind: "toxic", deployment: "primary", toxic: "latency", attributes: { latency: 500 }, fromMs: 20_000, lengthMs: 10_000 },
]);
const play = (sets: Readonly<Record<string, string>>) => playResolved(planOf("smoke", { faults, ...sets }), { onProgress: () => {}, signal: neverSignal });

test("stopWhen: what is in force is lifted, what is to come is not injected, and the run deviates with the condition first", slow, async () => {
  const { plan, records, end, verdict } = await play({ stopWhen: "[{ measure: badRequests, above: 50 }]", expectations: "[{ measure: wrongAnswers, atMost: 0 }]" });
  expect(plan.stopWhen).toEqual([{ measure: "badRequests", above: 50 }]);
  expect(end).toMatchObject({ reason: "stopped", stop: { condition: expect.stringMatching(/^badRequests was \d+ since the faults began, above 50$/) as string } });
  const { atMs } = end.stop!;
  expect(atMs).toBeGreaterThan(24_000);
  expect(atMs).toBeLessThan(34_000);
  expect(records.faults.map(({ action }) => action)).toEqual(["injected", "lifted"]);
  expect(records.faults[1]!.begunMs).toBeGreaterThanOrEqual(atMs);
  expect(verdict.verdict).toBe("deviated");
  expect(verdict.reasons[0]).toMatch(/^A stop condition was met at \d+(\.\d)? s: badRequests was \d+ since the faults began, above 50\. All faults were lifted then/);
  // The load goes on through the recovery window, and no longer.
  const lastMs = Math.max(...records.client.map(({ intendedMs }) => intendedMs));
  const recoveryMs = plan.timeline.endMs - plan.timeline.faultToMs;
  expect(lastMs).toBeGreaterThan(atMs + recoveryMs - 1_000);
  expect(lastMs).toBeLessThan(atMs + recoveryMs + 3_000);
  expect(lastMs).toBeLessThan(plan.timeline.endMs - 5_000);
  expect(verdict.books.balanced).toBe(true);
});

test("stopWhen: a condition that is not met changes nothing", slow, async () => {
  const quiet = await play({ stopWhen: "[{ measure: badRequests, above: 100000 }]" });
  const without = await play({});
  expect(without.plan).not.toHaveProperty("stopWhen");
  expect(quiet.end.reason).toBe("completed");
  expect(quiet.records).toEqual(without.records);
  expect({ ...quiet.verdict, run: "", inputs: null }).toEqual({ ...without.verdict, run: "", inputs: null });
});
