import { expect, test } from "vitest";
import { countedMetricNames as counted, observerMetricNames as names } from "../../kernel/metric-names.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { CountedRecord } from "../../kernel/records.ts";
import { LiveView } from "./live-view.ts";
import { ObserverCounts } from "./observer-counts.ts";
import { HandMadeRun, primary } from "./testing.ts";

const price = { input: 1, cachedInput: 0.1, output: 2 };
const red = { team: "red", feature: "chat", region: "local" };

/** Takes the records of a run in, attempts first. */
function countsOf(run: HandMadeRun, changes: Parameters<HandMadeRun["plan"]>[0] = {}): ObserverCounts {
  const plan = run.plan(changes);
  const view = new LiveView(plan, run.arrivals);
  const counts = new ObserverCounts(plan, (requestId) => view.teamOf(requestId));
  for (const attempt of run.wire) {
    view.takeWire(attempt);
    counts.takeWire(attempt);
  }
  for (const record of run.client) counts.takeClient(view.takeClient(record));
  return counts;
}

const nonZero = (counts: ObserverCounts, metric: string) => counts.read(metric).filter(({ value }) => value !== 0);

const reading = (atMs: number, requestsTotal: number | null, changes: Partial<CountedRecord> = {}): CountedRecord => ({ atMs, requestsTotal, failuresTotal: requestsTotal, attemptsTotal: requestsTotal, openBreakers: [], ...changes });

test("ObserverCounts: every series that the plan lets one foresee is 0 before the first request", () => {
  const counts = countsOf(new HandMadeRun(), { deployments: [{ ...primary, price }], routes: [{ name: "main", deployments: ["primary"] }] });
  expect(counts.read(names.requests).map(({ labels }) => `${labels["team"]} ${labels["outcome"]}`)).toContain("blue truncated");
  expect(counts.read(names.requests)).toHaveLength(2 * 7);
  expect(counts.read(names.billed)).toEqual(["red", "blue"].map((team) => ({ labels: { team, deployment: "primary" }, value: 0 })));
  expect(counts.read(names.attempts).map(({ value }) => value)).toEqual([0, 0, 0]);
  expect(counts.read(names.probes)).toHaveLength(2);
});

test("ObserverCounts: requests by the observer's judgement, and the bad ones that were delivered as a success", () => {
  const run = new HandMadeRun();
  run.good("red", 0);
  run.failed("red", 100);
  run.good("red", 200, { endMs: 60_000 });
  run.good("red", 300, { text: "foreign words" });
  const counts = countsOf(run);
  expect(nonZero(counts, names.requests)).toEqual(["good", "error", "wrong", "late"].map((outcome) => ({ labels: { ...red, outcome }, value: 1 })));
  expect(nonZero(counts, names.silent)).toEqual([{ labels: red, value: 1 }]);
});

test("ObserverCounts: what the providers bill goes to the team that asked, probes to the team of the first cell of their route", () => {
  const run = new HandMadeRun();
  run.good("blue", 0);
  run.attempt({ requestId: "canary-main-3", answerId: "a", inputTokens: 1_000_000, tokensGenerated: 0 });
  run.attempt({ requestId: "somebody", answerId: "b", inputTokens: 2_000_000, tokensGenerated: 0 });
  run.attempt({ requestId: "free", deployment: "fallback", answerId: "c" });
  const counts = countsOf(run, { deployments: [{ ...primary, price }, { ...primary, name: "fallback" }] });
  const billed = new Map(nonZero(counts, names.billed).map(({ labels, value }) => [labels["team"], value]));
  expect(billed).toEqual(new Map([["red", 1], ["blue", 21e-6], ["unplanned", 2]]));
  expect(nonZero(counts, names.unpriced)).toEqual([{ labels: { deployment: "fallback" }, value: 1 }]);
});

test("ObserverCounts: an attempt is answered, failed by its provider, or left by its caller", () => {
  const run = new HandMadeRun();
  run.good("red", 0);
  run.failed("red", 100);
  run.attempt({ requestId: "r-1", ordinal: 1, end: "caller_gone" });
  run.attempt({ requestId: "r-1", ordinal: 2, end: "broken" });
  const attempts = nonZero(countsOf(run), names.attempts).map(({ labels, value }) => [labels["outcome"], value]);
  expect(attempts).toEqual([["answered", 1], ["failed", 2], ["caller_gone", 1]]);
});

test("ObserverCounts: gateways that cannot be read are counted as such, and their counts are absent, never old", () => {
  const counts = countsOf(new HandMadeRun());
  expect(counts.read(counted.readable)).toEqual([]);
  counts.takeCounted([reading(0, 4), reading(0, null)], reading(0, 4, { costUsd: { red: 2 } }));
  expect([counted.gateways, counted.readable, counted.requests].map((name) => counts.read(name)[0]?.value)).toEqual([2, 1, 4]);
  expect(counts.read(counted.cost)).toEqual([{ labels: { team: "red" }, value: 2 }]);
  counts.takeCounted([reading(1, null), reading(1, null)], reading(1, null));
  expect(counts.read(counted.readable)[0]?.value).toBe(0);
  expect([counted.requests, counted.failures, counted.attempts, counted.cost].flatMap((name) => counts.read(name))).toEqual([]);
});

test("ObserverCounts: a page without a metric that the lab knows can be read, and counts nothing", () => {
  const counts = countsOf(new HandMadeRun());
  counts.takeCounted([reading(0, null, { shown: false })], reading(0, null, { shown: false }));
  expect(counts.read(counted.readable)[0]?.value).toBe(1);
  expect(counts.read(counted.requests)).toEqual([]);
});

test("ObserverCounts: a fault is in force from its injection to its lifting; what failed changes nothing", () => {
  const counts = countsOf(new HandMadeRun(), { faults: [{ id: "slow", kind: "toxic" } as Fault] });
  const inForce = () => Object.fromEntries(counts.read(names.faultInForce).map(({ labels, value }) => [`${labels["fault"]} ${labels["kind"]}`, value]));
  const take = (fault: string, action: "injected" | "lifted" | "failed") => counts.takeFault({ fault, action, plannedMs: 0, atMs: 0, detail: "" });
  expect(inForce()).toEqual({ "slow toxic": 0 });
  take("slow", "failed");
  take("hand-1", "injected");
  expect(inForce()).toEqual({ "slow toxic": 0, "hand-1 by_hand": 1 });
  take("hand-1", "failed");
  take("slow", "injected");
  expect(inForce()).toEqual({ "slow toxic": 1, "hand-1 by_hand": 1 });
  take("hand-1", "lifted");
  expect(inForce()).toEqual({ "slow toxic": 1, "hand-1 by_hand": 0 });
});
