import { expect, test } from "vitest";
import type { Plan } from "../../kernel/plan.ts";
import type { CountedRecord } from "../../kernel/records.ts";
import { judge } from "./judge.ts";
import { HandMadeRun, primary, fallback, outsider } from "./testing.ts";

/** Ten requests a second, one in ten of them answered wrong in silence or failed openly during 20 s to 60 s. */
function runWith(bad: "silent" | "open" | "none"): HandMadeRun {
  const run = new HandMadeRun();
  return run.every(100, 0, 100_001, (atMs) => {
    const hit = bad !== "none" && atMs >= 20_000 && atMs < 60_000 && atMs % 1_000 === 0;
    if (!hit) run.good("red", atMs);
    else if (bad === "open") run.failed("red", atMs);
    else run.good("red", atMs, { claimedDeployment: "fallback" });
  });
}

/** Readings each second; `failuresAt` gives the failures. */
function readings(failuresAt: (atMs: number) => number, requestsAt = (atMs: number) => atMs / 100): CountedRecord[] {
  return Array.from({ length: 102 }, (_, index) => {
    const atMs = index * 1_000;
    return { atMs, requestsTotal: requestsAt(atMs), failuresTotal: failuresAt(atMs), attemptsTotal: requestsAt(atMs), openBreakers: [] };
  });
}

/** Requests end 0.5 s after their send: the first failure shows in the reading at 21 s. */
const honestFailures = (atMs: number) => Math.min(40, Math.max(0, (atMs - 20_000) / 1_000));

function gatewayCountsOf(run: HandMadeRun, counted: readonly CountedRecord[], plan: Partial<Plan> = {}) {
  return judge(run.plan(plan), run.records({ counted }), { arrivals: run.arrivals }).gatewayCounts!;
}

test("gatewayCountsOf: counts that agree leave no finding", () => {
  const counts = gatewayCountsOf(runWith("open"), readings(honestFailures));
  expect(counts).toMatchObject({ requests: 810, failures: 40, observedRequests: 805, observedBad: 40, observedAttempts: 805, findings: [] });
});

test("gatewayCountsOf: silent contamination: green inside, bad outside", () => {
  const { findings } = gatewayCountsOf(runWith("silent"), readings(() => 0));
  expect(findings[0]).toBe("The gateway counted 0 failed requests; 40 bad ones were observed, 40 of them silent: answered as a success.");
  expect(findings[1]).toMatch(/^The observer's alarm came \d+ s after the faults began; the gateway's own metrics raised none\.$/);
});

test("gatewayCountsOf: failures that were not observed are a finding too", () => {
  const { findings } = gatewayCountsOf(runWith("none"), readings(honestFailures));
  expect(findings[0]).toBe("The gateway counted 40 failed requests; only 0 bad ones were observed.");
});

test("gatewayCountsOf: lost telemetry shows in the counts", () => {
  const { findings } = gatewayCountsOf(runWith("none"), readings(() => 0, (atMs) => (atMs < 30_000 ? atMs / 100 : 300)));
  expect(findings).toEqual(["The gateway counted 100 requests; 805 were observed at the clients.", "The gateway counted 100 attempts; 805 were observed at the providers."]);
});

test("gatewayCountsOf: a dark dashboard is a finding, and its counts are not 0", () => {
  const dark = readings(() => 0).map((record) => ({ ...record, requestsTotal: null, failuresTotal: null, attemptsTotal: null }));
  expect(gatewayCountsOf(runWith("none"), dark)).toMatchObject({ requests: null, failures: null, findings: [expect.stringContaining("could not be read in 81 of 81 tries")] });
  expect(gatewayCountsOf(runWith("none"), [])).toMatchObject({ requests: null, findings: [expect.stringContaining("never read")] });
});

test("gatewayCountsOf: the observer's own probes and their attempts are on both sides", () => {
  const run = runWith("none");
  const canary = Array.from({ length: 40 }, (_, index) => ({
    probe: `canary-main-${index}`,
    route: "main",
    sentMs: 20_100 + index * 2_000,
    endMs: 20_200 + index * 2_000,
    status: 503,
    ok: false,
    failure: "overloaded" as const,
    detail: "",
  }));
  for (const { probe, sentMs } of canary) run.attempt({ requestId: probe, arrivedMs: sentMs, status: 503, fate: "error" });
  const counted = readings((atMs) => Math.max(0, (atMs - 20_000) / 2_000), (atMs) => atMs / 100 + Math.max(0, (atMs - 20_000) / 2_000));
  const { gatewayCounts: counts } = judge(run.plan(), run.records({ counted, canary }), { arrivals: run.arrivals });
  expect(counts).toMatchObject({ observedRequests: 845, observedBad: 40, observedAttempts: 845, findings: [] });
});

test("gatewayCountsOf: metrics that nobody configured, and those of another gateway, are not shown, and no finding", () => {
  const hidden = { shown: false, requests: null, failures: null, countedToMs: null, cost: [], findings: [] };
  expect(gatewayCountsOf(runWith("silent"), [], { metricsDeclared: false })).toMatchObject(hidden);
  const foreign = readings(() => 0).map((record) => ({ ...record, requestsTotal: null, failuresTotal: null, attemptsTotal: null, shown: false as const }));
  expect(gatewayCountsOf(runWith("silent"), foreign)).toMatchObject(hidden);
  const [first, ...others] = foreign;
  expect(gatewayCountsOf(runWith("silent"), [{ ...first!, shown: undefined } as unknown as CountedRecord, ...others]).shown).toBe(true);
});

test("gatewayCountsOf: counts go up to the last counter that could be read, and say until when", () => {
  const died = readings(honestFailures).map((record) => (record.atMs <= 43_000 ? record : { ...record, requestsTotal: null, failuresTotal: null, attemptsTotal: null }));
  const counts = gatewayCountsOf(runWith("open"), died);
  expect(counts).toMatchObject({ countedFromMs: 20_000, countedToMs: 43_000, requests: 230, failures: 23, observedRequests: 230, observedBad: 23 });
  expect(counts.findings.slice(0, 2)).toEqual(["The gateway's metrics could not be read in 57 of 81 tries: its dashboard was dark.", "They were last read at 43 s: what the gateway counted later is not known."]);
});

const price = { input: 10, cachedInput: 1, output: 100 };
const priced = { deployments: [{ ...primary, price }, fallback, outsider] };

/** An attempt reads 5 tokens and generates 8: 5 x 10 + 8 x 100 millionths of a dollar. */
const perRequestUsd = 0.00085;

test("gatewayCountsOf: what the gateway counted of cost is beside what the providers' logs cost, by team", () => {
  const costing = (factor: number) => readings(() => 0).map((record) => ({ ...record, costUsd: { red: factor * perRequestUsd * (record.requestsTotal ?? 0) } }));
  const honest = gatewayCountsOf(runWith("none"), costing(1), priced);
  expect(honest).toMatchObject({ cost: [{ team: "red", countedUsd: 0.6885, billedUsd: 0.68425 }], findings: [] });
  expect(gatewayCountsOf(runWith("none"), costing(20), priced).findings).toEqual(["The gateway counted 13.8 USD of cost for team red; by the providers' logs it was 0.684 USD."]);
  expect(gatewayCountsOf(runWith("none"), costing(1)).cost).toEqual([]);
  expect(gatewayCountsOf(runWith("none"), readings(() => 0), priced).cost).toEqual([]);
});

test("gatewayCountsOf: a counter of cost that fell has begun again at 0", () => {
  const restarted = readings(() => 0).map((record) => ({ ...record, costUsd: { red: perRequestUsd * ((record.atMs < 60_000 ? record.atMs : record.atMs - 60_000) / 100) } }));
  expect(gatewayCountsOf(runWith("none"), restarted, priced).cost[0]!.countedUsd).toBeCloseTo(perRequestUsd * 800, 9);
});

test("gatewayCountsOf: what a client sent before its last attempt is a request of its own, and failed", () => {
  const run = new HandMadeRun();
  const isRetried = (atMs: number) => atMs >= 20_000 && atMs < 60_000 && atMs % 1_000 === 0;
  const attempt = (sentMs: number) => ({ earlierAttempts: [{ sentMs, endMs: sentMs + 10, end: "complete" as const, status: 503 }], lastSentMs: sentMs + 20 });
  run.every(100, 0, 100_001, (atMs) => run.good("red", atMs, isRetried(atMs) ? attempt(atMs) : {}));
  const requestsAt = (atMs: number) => atMs / 100 + honestFailures(atMs);
  const counted = readings(honestFailures, requestsAt).map((record) => ({ ...record, attemptsTotal: record.atMs / 100 }));
  expect(gatewayCountsOf(run, counted)).toMatchObject({ failures: 40, observedRequests: 845, observedBad: 40, observedAttempts: 805, findings: [] });
});
