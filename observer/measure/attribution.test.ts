import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { WireRecord } from "../../kernel/records.ts";
import { judge } from "./judge.ts";
import { HandMadeRun } from "./testing.ts";

const outage = faultOf({
  id: "outage",
  affects: { cells: ["red/chat/local", "blue/chat/local"], routes: ["main"], deployments: ["primary"], components: ["provider-primary"] },
  phases: [{ index: 0, fromMs: 20_000, toMs: 60_000, title: "100 % errors (500)", partial: false }],
});

const hit = { fate: "error", status: 500, incident: "outage", phase: 0, tokensGenerated: 0, tokensSent: 0 } as const;
const full = { deployment: "fallback", fate: "error", status: 529, tokensGenerated: 0, tokensSent: 0, load: { queuedMs: 0, slowedMs: 0, refused: "queue_full" } } as const;

/** A failed request of red at 30 s, and these attempts of it. */
function failedWith(...attempts: readonly Partial<WireRecord>[]): HandMadeRun {
  const run = new HandMadeRun();
  run.every(250, 0, 20_000, (atMs) => run.good("red", atMs));
  const { requestId } = run.request("red", 30_000, { status: 503, errorCode: "overloaded", firstTokenMs: null, finishReason: null });
  for (const attempt of attempts) run.attempt({ requestId, arrivedMs: 30_000, ...attempt });
  return run;
}

const attributionIn = (run: HandMadeRun, plan = {}) => judge(run.plan({ faults: [outage], ...plan }), run.records(), { arrivals: run.arrivals }).attribution!;

test("attributionOf: an attempt that the incident failed is the fault's", () => {
  expect(attributionIn(failedWith(hit))).toEqual({ bad: 1, fault: 1, overload: 0, faultAndOverload: 0, other: 0, overloaded: [] });
});

test("attributionOf: a fallback that had no room is overload, and both where the fault had sent the request there", () => {
  const reasons = { queue_full: 1 };
  expect(attributionIn(failedWith(full))).toMatchObject({ fault: 0, overload: 1, faultAndOverload: 0, overloaded: [{ deployment: "fallback", attempts: 1, refused: 1, heldUp: 0, reasons }] });
  expect(attributionIn(failedWith(hit, full))).toMatchObject({ fault: 0, overload: 0, faultAndOverload: 1, other: 0 });
});

test("attributionOf: a refusal by status alone counts, of a provider that keeps no account of its load", () => {
  const { load: _, ...bare } = full;
  expect(attributionIn(failedWith({ ...bare, status: 429 }))).toMatchObject({ overload: 1, overloaded: [{ reasons: { "status 429": 1 } }] });
  expect(attributionIn(failedWith({ ...bare, status: 500 }))).toMatchObject({ overload: 0, other: 1, overloaded: [] });
});

test("attributionOf: the overload of a deployment that a fault targets is the fault's", () => {
  expect(attributionIn(failedWith({ ...full, deployment: "primary" }))).toMatchObject({ fault: 1, overload: 0, overloaded: [] });
});

test("attributionOf: a caller that gave up was held up by load when half of its time went into it, not when less", () => {
  const left = (queuedMs: number) => ({ deployment: "fallback", end: "caller_gone", status: null, endedMs: 34_000, load: { queuedMs, slowedMs: 500, refused: null } }) as const;
  expect(attributionIn(failedWith(left(1_500)))).toMatchObject({ overload: 1, overloaded: [{ refused: 0, heldUp: 1, queuedMsP50: 1_500 }] });
  expect(attributionIn(failedWith(left(1_499)))).toMatchObject({ overload: 0, other: 1 });
});

test("attributionOf: a late answer that had waited for its turn is overload", () => {
  const run = new HandMadeRun();
  run.every(250, 0, 20_000, (atMs) => run.good("red", atMs));
  const late = run.good("red", 30_000, { firstTokenMs: 35_000, endMs: 36_000 });
  const attempt = run.wire.findIndex(({ requestId }) => requestId === late.requestId);
  run.wire[attempt] = { ...run.wire[attempt]!, endedMs: 36_000, load: { queuedMs: 4_500, slowedMs: 0, refused: null } };
  expect(attributionIn(run, { faults: [] })).toMatchObject({ bad: 1, overload: 1 });
});

test("attributionOf: a request that nothing reached while its link was broken is the fault's, and without one nobody's", () => {
  const link = faultOf({ id: "down", fromMs: 29_000, toMs: 31_000, target: { components: [], links: ["gateway~provider-primary"] }, affects: outage.affects });
  expect(attributionIn(failedWith(), { faults: [link] })).toMatchObject({ fault: 1, other: 0 });
  expect(attributionIn(failedWith(), { faults: [{ ...link, toMs: 30_000 }] })).toMatchObject({ fault: 0, other: 1 });
});

test("attributionSentence: the verdict says how much of the damage is the overload's, and of whom", () => {
  const run = failedWith(hit, full);
  const { reasons } = judge(run.plan({ faults: [outage] }), run.records(), { arrivals: run.arrivals });
  expect(reasons.at(-1)).toBe(
    "1 (100 %) of 1 bad requests met the overload of fallback, which no fault targets, 1 of them after the injected fault itself had hit them; 0 (0 %) were hit by the fault alone.",
  );
  const alone = failedWith(hit);
  expect(judge(alone.plan({ faults: [outage] }), alone.records(), { arrivals: alone.arrivals }).reasons.join()).not.toContain("overload");
});
