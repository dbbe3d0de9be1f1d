import { expect, test } from "vitest";
import type { BelievedRecord } from "../../kernel/records.ts";
import { judge } from "./judge.ts";
import { HandMadeRun } from "./testing.ts";

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
function readings(failuresAt: (atMs: number) => number, requestsAt = (atMs: number) => atMs / 100): BelievedRecord[] {
  return Array.from({ length: 102 }, (_, index) => {
    const atMs = index * 1_000;
    return { atMs, requestsTotal: requestsAt(atMs), failuresTotal: failuresAt(atMs), attemptsTotal: requestsAt(atMs), openBreakers: [] };
  });
}

/** Requests end 0.5 s after their send: the first failure shows in the reading at 21 s. */
const honestFailures = (atMs: number) => Math.min(40, Math.max(0, (atMs - 20_000) / 1_000));

function gatewayCountsOf(run: HandMadeRun, believed: readonly BelievedRecord[]) {
  return judge(run.plan(), run.records({ believed }), { arrivals: run.arrivals }).gatewayCounts!;
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
  const believed = readings((atMs) => Math.max(0, (atMs - 20_000) / 2_000), (atMs) => atMs / 100 + Math.max(0, (atMs - 20_000) / 2_000));
  const { gatewayCounts: counts } = judge(run.plan(), run.records({ believed, canary }), { arrivals: run.arrivals });
  expect(counts).toMatchObject({ observedRequests: 845, observedBad: 40, observedAttempts: 845, findings: [] });
});
