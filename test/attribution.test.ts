import { expect, test } from "vitest";
import { judge } from "../observer/measure/judge.ts";
import { planOf, playVirtually } from "./support/virtual.ts";

const slow = { timeout: 120_000 };

test.each(["naive", "one-process"])("verdict: gateway-sick on %s: every bad request is the defect's, exactly those that it touched; recovery counts from its lifting, and the damage is contained in what it reaches", slow, async (stack) => {
  const resolved = planOf("gateway-sick", {}, undefined, stack);
  const { verdict, records, events } = await playVirtually(resolved);
  expect(resolved.plan.faults).toMatchObject([{ id: "mix-up", fromMs: 23_000, toMs: 53_000 }]);
  const touched = new Set(events.flatMap((event) => (event.type === "defect_applied" ? event.requestIds : [])));
  const delivered = records.client.filter(({ requestId, text }) => touched.has(requestId) && text !== "");
  expect(delivered.length).toBeGreaterThan(20);
  expect(verdict.attribution).toMatchObject({ bad: delivered.length, faults: [{ fault: "mix-up", requests: delivered.length, aftermath: 0 }], several: [], overload: 0, unattributed: 0 });
  const { timeline } = resolved.plan;
  expect(timeline.faultToMs).toBe(53_000);
  expect(verdict.measures).toMatchObject({ recoveryApplicable: true, recoveryObservedMs: timeline.endMs - 53_000, containment: 1 });
  const lastBadMs = Math.max(...records.client.filter(({ requestId }) => touched.has(requestId)).map(({ intendedMs }) => intendedMs));
  expect(lastBadMs).toBeLessThan(53_000);
  expect(verdict.measures!.recoveryMs).toBe(0);
});

test("verdict: a dead gateway's damage is its own, however long the start took, and never a provider's", slow, async () => {
  const { verdict, records } = await playVirtually(planOf("gateway-dead", {}, undefined, "naive"));
  const [injected, lifted] = records.faults;
  expect(lifted!.atMs).toBeGreaterThan(lifted!.begunMs!);
  const dead = records.client.filter(({ intendedMs, end }) => intendedMs > injected!.atMs && intendedMs < lifted!.atMs && end === "refused").length;
  expect(dead).toBeGreaterThan(500);
  const { bad, faults, unattributed } = verdict.attribution!;
  expect(faults).toMatchObject([{ fault: "kill-gateway", requests: bad }]);
  expect(bad).toBeGreaterThanOrEqual(dead);
  expect(unattributed).toBe(0);
});

test("verdict: a fault that is always in force has no steady state and no recovery, and its damage is its own against a paired run", slow, async () => {
  const resolved = planOf("gateway-sick", { faults: '[{"kind":"defect","defect":"mix_up","share":0.2,"start":"always"}]', "measure.control": "paired", "timeline.recoveryMs": "5000" });
  const { plan } = resolved;
  expect(plan.timeline.faultFromMs).toBe(plan.timeline.steadyFromMs);
  const { records: paired } = await playVirtually({ ...resolved, plan: { ...plan, faults: [] } });
  const { records } = await playVirtually(resolved);
  const verdict = judge(plan, records, { arrivals: resolved.arrivals, paired });
  expect(verdict.verdict, verdict.reasons.join(" ")).toBe("deviated");
  expect(verdict.measures).toMatchObject({ control: { kind: "paired", badShare: 0 }, recoveryApplicable: false, containment: 1 });
  expect(verdict.attribution!.bad).toBeGreaterThan(50);
  expect(verdict.attribution).toMatchObject({ faults: [{ requests: verdict.attribution!.bad }], unattributed: 0 });
});

test("verdict: what a gateway refuses or gives up by itself, while its providers answer, is its own decision, all of it", slow, async () => {
  const limits = JSON.stringify({ rules: [{ team: "support", windowMs: 10_000, requests: 60 }] });
  const refusing = await playVirtually(planOf("healthy", { "stack.gateway.limits": limits }, undefined, "one-process"));
  const { bad, ownDecision } = refusing.verdict.attribution!;
  expect(bad).toBeGreaterThan(20);
  expect(ownDecision).toEqual({ refused: bad, gave_up: 0, queued: 0 });
  expect(refusing.verdict.reasons.at(-1)).toBe(`${bad} (100 %) of ${bad} bad requests were the system's own decision while a deployment of their route was answering: ${bad} refused.`);

  const impatient = await playVirtually(planOf("healthy", { "stack.gateway.policy.deadlines.firstTokenMs": "600", "stack.gateway.policy.breaker": "null", "stack.gateway.policy.concurrency": "null", "stack.gateway.cache": "null" }, undefined, "one-process"));
  const gaveUp = impatient.verdict.attribution!;
  expect(gaveUp.bad).toBeGreaterThan(2);
  expect(gaveUp.ownDecision.gave_up / gaveUp.bad).toBeGreaterThan(0.9);
});
