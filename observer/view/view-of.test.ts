import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { RunMade } from "../../kernel/run-made.ts";
import { formatValue } from "../measure/format.ts";
import { examine } from "../measure/judge.ts";
import { HandMadeRun, playedAt } from "../measure/testing.ts";
import { markdownOf } from "./markdown.ts";
import { figureNamed, tableNamed } from "./run-view.ts";
import { viewOf } from "./view-of.ts";

/** Red fails from 20 s to 22 s; one answer of blue at 21 s is wrong; one request is dropped. */
function shortRun() {
  const run = new HandMadeRun();
  run.every(500, 0, 30_000, (atMs) => (atMs >= 20_000 && atMs < 22_000 ? run.failed("red", atMs) : run.good("red", atMs, { firstTokenMs: atMs + (atMs < 10_000 ? 300 : 700) })));
  run.every(1_000, 0, 30_000, (atMs) => run.good("blue", atMs, atMs === 21_000 ? { claimedDeployment: "fallback" } : {}));
  run.request("red", 29_900, { end: "dropped", sentMs: null, firstTokenMs: null, status: null, terminal: false });
  const plan = run.plan({ timeline: { steadyFromMs: 5_000, faultFromMs: 20_000, faultToMs: 22_000, endMs: 30_000 } });
  const records = run.records();
  const { verdict, judged } = examine(plan, records, { arrivals: run.arrivals });
  return { plan, verdict, evidence: { records, judged }, arrivals: run.arrivals };
}

const withFault = <R extends { plan: Plan }>(run: R): R => ({ ...run, plan: { ...run.plan, faults: [faultOf({ id: "ill", toMs: 22_000 })] } });

test("viewOf: what follows the steady state is a recovery where the plan has a fault, be it a momentary one, and else the exposure", () => {
  const timeline = { steadyFromMs: 5_000, faultFromMs: 20_000, faultToMs: 20_000, endMs: 30_000 };
  const { plan, ...rest } = shortRun();
  const labels = (faults: Plan["faults"]) => viewOf({ ...rest, plan: { ...plan, timeline, faults } }).marks.flatMap(({ kind, label }) => (kind === "stage" ? [label] : []));
  expect(labels([faultOf({ id: "restart", toMs: 20_000 })])).toEqual(["warm-up", "steady state", "recovery"]);
  expect(labels([])).toEqual(["warm-up", "steady state", "exposure"]);
});

test("viewOf: the series count each request once, in the second of its intended send", () => {
  const { series } = viewOf(shortRun());
  expect(series).toMatchObject({ fromMs: 0, stepMs: 1_000 });
  expect(series!.offered).toEqual([...Array.from({ length: 29 }, () => 3), 4]);
  expect([19, 20, 21, 22, 29].map((second) => [series!.good[second], series!.bad[second], series!.silent[second]])).toEqual([
    [3, 0, 0],
    [1, 2, 0],
    [0, 3, 1],
    [3, 0, 0],
    [3, 1, 0],
  ]);
  expect([0, 15, 20].map((second) => [series!.firstTokenMsP50[second], series!.firstTokenMsP95[second]])).toEqual([
    [300, 300],
    [700, 700],
    [300, 300],
  ]);
  expect(series!.attempts["primary"]!.slice(0, 2)).toEqual([3, 3]);
  expect(series!.attempts["fallback"]).toEqual(Array.from({ length: 30 }, () => 0));
});

test("viewOf: a second without a first token has no quantile", () => {
  const run = new HandMadeRun();
  run.failed("red", 500);
  const plan = run.plan();
  const records = run.records();
  const { verdict, judged } = examine(plan, records);
  const { series } = viewOf({ plan, verdict, evidence: { records, judged } });
  expect([series!.firstTokenMsP50[0], series!.firstTokenMsP95[0], series!.offered.length]).toEqual([null, null, 100]);
});

test("viewOf: a run of a day is shown in steps of whole seconds, as many as a chart can hold", () => {
  const { plan, verdict, evidence } = shortRun();
  const { series } = viewOf({ plan: { ...plan, timeline: { ...plan.timeline, endMs: 86_400_000 } }, verdict, evidence });
  expect([series!.stepMs, series!.offered.length, series!.offered[0]]).toEqual([12_000, 7_200, 36]);
});

test("viewOf: stages, alarm and recovery are marks; a stage without length is none", () => {
  const { marks } = viewOf(withFault(shortRun()));
  expect(marks.filter(({ kind }) => kind === "stage")).toEqual([
    { kind: "stage", label: "warm-up", fromMs: 0, toMs: 5_000 },
    { kind: "stage", label: "steady state", fromMs: 5_000, toMs: 20_000 },
    { kind: "stage", label: "faults", fromMs: 20_000, toMs: 22_000 },
    { kind: "stage", label: "recovery", fromMs: 22_000, toMs: 30_000 },
  ]);
  expect(marks.filter(({ kind }) => kind === "alarm")).toEqual([{ kind: "alarm", label: "the observer's alarm", fromMs: 22_000, toMs: 22_000 }]);
});

test("viewOf: a process of the system that ended by itself is a mark", () => {
  const { plan, verdict } = shortRun();
  const { marks } = viewOf({ plan, verdict: { ...verdict, componentExits: [{ component: "gateway", atMs: 21_300, how: "SIGKILL" }] } });
  expect(marks.filter(({ kind }) => kind === "exit")).toEqual([{ kind: "exit", label: "gateway ended by itself (SIGKILL)", fromMs: 21_300, toMs: 21_300 }]);
});

test("viewOf: a fault shows its title, its reach, its phases from 1, and when it was in force; its kind is not looked at", () => {
  const { plan, verdict, evidence } = shortRun();
  const kind = "a kind that nobody has heard of" as Fault["kind"];
  const reach = { components: ["gateway-local-1"], cells: ["red/chat/local"], routes: [], deployments: [] };
  const phase = { index: 0, fromMs: 20_000, toMs: 21_000, title: "half of the requests fail", partial: false, slows: false };
  const faults = [
    faultOf({ id: "sick", kind, title: "The gateway is sick", fromMs: 20_000, toMs: 22_000, affects: reach, phases: [phase, { ...phase, index: 1, fromMs: 21_000, toMs: 22_000 }] }),
    faultOf({ id: "flush", title: "The cache is empty", fromMs: 20_000, toMs: 20_000 }),
    faultOf({ id: "stays", title: "The store is gone", fromMs: 21_000, toMs: 30_000, lifted: false }),
    faultOf({ id: "old", title: "An old defect", fromMs: -1_000, toMs: 30_000, always: true, lifted: false }),
  ];
  const injected = [
    { fault: "sick", action: "injected" as const, plannedMs: 20_000, atMs: 20_020, detail: "" },
    { fault: "sick", action: "lifted" as const, plannedMs: 22_000, atMs: 22_130, detail: "" },
  ];
  const view = viewOf({ plan: { ...plan, faults }, verdict, evidence: { ...evidence, records: { ...evidence.records, faults: injected } } });
  const rows = tableNamed(view, "faults")!.rows.map((row) => row.map((value) => formatValue(value)));
  expect(rows.map((row) => row.slice(0, 4))).toEqual([
    ["The gateway is sick", "gateway-local-1, 1 cell", "20 s to 22 s", "injected at 20 s, lifted at 22.1 s"],
    ["phase 1 of 2: half of the requests fail", "", "20 s to 21 s", ""],
    ["phase 2 of 2: half of the requests fail", "", "21 s to 22 s", ""],
    ["The cache is empty", "-", "at 20 s", "no record"],
    ["The store is gone", "-", "21 s to the end", "no record"],
    ["An old defect", "-", "the whole run", "no record"],
  ]);
  // Red is asked twice a second, and fails from 20 s to 22 s; of the fault, which was in force from 20.02 s to 22.13 s.
  expect(rows.slice(0, 4).map((row) => row.slice(4))).toEqual([
    ["4", "3", "75 %", "700 ms", "-"],
    ["2", "2", "100 %", "-", ""],
    ["2", "2", "100 %", "-", ""],
    ["-", "-", "-", "-", "-"],
  ]);
  expect(view.marks.filter((mark) => mark.kind === "fault").map(({ label, fromMs, toMs }) => [label, fromMs, toMs])).toEqual([
    ["The gateway is sick", 20_020, 22_130],
    ["The cache is empty", 20_000, 20_000],
    ["The store is gone", 21_000, 30_000],
    ["An old defect", 0, 30_000],
  ]);
  expect(figureNamed(view, "recovery")?.value).toBe("not applicable");
});

test("viewOf: every stage's requests and bad share are those of its span", () => {
  expect(tableNamed(viewOf(withFault(shortRun())), "stages")?.rows.map((row) => row.slice(0, 5))).toEqual([
    ["warm-up", "0:00", "0:05", { unit: "count", range: [15, 15] }, { unit: "count", range: [0, 0] }],
    ["steady state", "0:05", "0:20", { unit: "count", range: [45, 45] }, { unit: "count", range: [0, 0] }],
    ["faults", "0:20", "0:22", { unit: "count", range: [6, 6] }, { unit: "count", range: [5, 5] }],
    ["recovery", "0:22", "0:30", { unit: "count", range: [25, 25] }, { unit: "count", range: [1, 1] }],
  ]);
});

test("viewOf: some bad requests of each cell and way, by id", () => {
  const rows = tableNamed(viewOf(shortRun()), "badRequests")!.rows.map((row) => row.map((value) => formatValue(value)));
  expect(rows).toEqual([
    ["red/chat/local", "error: status 500, server_error", "4", "r-40", "0:20", "-", "500 ms", "primary at 0:20: error 500, sent whole"],
    ["", "", "", "r-41", "0:20", "-", "500 ms", "primary at 0:20: error 500, sent whole"],
    ["", "", "", "r-42", "0:21", "-", "500 ms", "primary at 0:21: error 500, sent whole"],
    ["blue/chat/local", "wrong: status 200", "1", "r-81", "0:21", "300 ms", "500 ms", "primary at 0:21: answer 200, sent whole"],
    ["red/chat/local", "not sent: dropped", "1", "r-90", "0:29", "-", "500 ms", "no attempt reached a provider"],
  ]);
});

test("viewOf: SLOs and rules are those of the plan, and a stopped run has the timeline that was played", () => {
  const { plan, ...rest } = shortRun();
  const table = tableNamed(viewOf({ ...rest, plan: { ...plan, stopWhen: [{ measure: "badShare", above: 0.5 }] } }), "slos")!;
  expect(table.rows.map(([cell]) => cell)).toEqual(plan.cells.map(({ name }) => name));
  expect(table.notes.join(" ")).toContain("bad when over 5 % of them are bad");
  expect(table.notes.at(-1)).toBe("All faults are lifted when bad share is above 0.5.");
  const timeline = { ...plan.timeline, faultToMs: 21_000, endMs: 25_000 };
  const labels = viewOf({ plan, ...rest, evidence: { ...rest.evidence, timeline } }).marks.flatMap(({ kind, label, toMs }) => (kind === "stage" ? [`${label} to ${toMs}`] : []));
  expect(labels).toEqual(["warm-up to 5000", "steady state to 20000", "faults to 21000", "exposure to 25000"]);
});

test("viewOf: system, parts, versions, machine, policy and wall-clock times are shown as they were written down", () => {
  const made: RunMade = {
    schema: "blastlab.made/1",
    harness: "live",
    blastlab: "1.2.3",
    node: "24.0.0",
    machine: { platform: "linux x64", cpu: "Some CPU", cores: 2, memoryMb: 4_096, loadAverage: 1.5 },
    startedAt: "2026-11-29T01:00:00.000Z",
    system: "reference gateway, 1 process",
    parts: { load: "k6", network: "toxiproxy" },
    settings: { "policy.failover": "true" },
  };
  const view = viewOf({ ...shortRun(), ran: { made, epochMs: Date.UTC(2026, 10, 29, 1, 0, 10), endedMs: 30_000 } });
  const facts = new Map(view.facts.map(({ label, value }) => [label, value]));
  expect(facts.get("system under test")).toBe("reference gateway, 1 process");
  expect(facts.get("network faults by")).toBe("toxiproxy");
  expect([facts.get("blastlab"), facts.get("Node")]).toEqual(["1.2.3", "24.0.0"]);
  expect(facts.get("machine")).toBe("linux x64, Some CPU, 2 cores, 4096 MB, load average 1.5 before the run");
  expect([facts.get("timeline began"), facts.get("ended")]).toEqual(["2026-11-29T01:00:10Z", "2026-11-29T01:00:40Z"]);
  expect(tableNamed(view, "policy")!.rows).toEqual([["policy.failover", "true"]]);
  const virtual = viewOf({ ...shortRun(), ran: { made: { ...made, harness: "virtual", machine: null, startedAt: null }, epochMs: 0, endedMs: 30_000 } });
  expect(virtual.facts.map(({ label }) => label)).not.toContain("timeline began");
});

test("viewOf: without records there are the verdict's own tables, and no series", () => {
  const { plan, verdict } = shortRun();
  const view = viewOf({ plan, verdict });
  expect(view.series).toBeNull();
  expect(view.tables.map(({ name }) => name)).toEqual(["expectations", "causes", "attribution", "gatewayCounts", "reportedUsage", "cells", "hitCells", "slos", "books", "wrongAnswers"]);
});

test("viewOf: what never came is beyond what was watched, as a figure and as an expectation", () => {
  const { plan, evidence, arrivals } = shortRun();
  const expecting = { ...plan, expectations: [{ measure: "recoveryMs" as const, atMost: 1_000 }, { measure: "detectionMs" as const, atMost: 1_000 }] };
  const { measures, ...verdict } = examine(expecting, evidence.records, { arrivals }).verdict;
  const never = { ...measures!, recoveryMs: null, recoveryObservedMs: 8_000, detectionMs: null };
  const expectations = verdict.expectations.map((expectation) => ({ ...expectation, value: null, result: "deviated" as const }));
  const view = viewOf({ plan: expecting, verdict: { ...verdict, measures: never, expectations } });
  expect(figureNamed(view, "recovery")?.value).toEqual({ unit: "ms", range: [8_000, Infinity] });
  expect(figureNamed(view, "detection")?.value).toBe("no alarm");
  expect(tableNamed(view, "expectations")?.rows.map((row) => row[3])).toEqual([{ unit: "ms", range: [8_000, Infinity] }, "no alarm"]);
  const unmeasured = expectations.map((expectation) => ({ ...expectation, result: "unknown" as const }));
  const untimed = viewOf({ plan: expecting, verdict: { ...verdict, measures: never, expectations: unmeasured } });
  expect(tableNamed(untimed, "expectations")?.rows.map((row) => row[3])).toEqual(["not measured", "not measured"]);
});

test("viewOf: a gateway without metrics that the lab knows is not shown, as a figure and in its table", () => {
  const { plan, verdict } = shortRun();
  const view = viewOf({ plan, verdict: { ...verdict, gatewayCounts: { ...verdict.gatewayCounts!, shown: false, requests: null, findings: [] } } });
  expect(figureNamed(view, "gatewayDetection")?.value).toBe("not shown");
  const table = tableNamed(view, "gatewayCounts")!;
  expect([table.rows[0]![1], table.notes]).toEqual(["not shown", ["The lab reads no metrics of this gateway: what it counted is not shown."]]);
});

test("viewOf: money is a figure where the plan has prices; cost by team stands with the gateway's counts", () => {
  const { plan, verdict } = shortRun();
  const money = { billedUsd: 0.5, controlUsd: 0.2, differenceUsd: 0.3, unpricedAttempts: 4, deployments: [], goodAnswers: 20, perGoodAnswer: null };
  const cost = [{ team: "red", countedUsd: 0.25, billedUsd: 0.5 }];
  const view = viewOf({ plan, verdict: { ...verdict, measures: { ...verdict.measures!, money }, gatewayCounts: { ...verdict.gatewayCounts!, cost } } });
  expect(figureNamed(view, "money")).toMatchObject({ value: { unit: "usd", range: [0.5, 0.5] }, note: "billed by providers for the exposure; control 0.2 USD, difference 0.3 USD; 4 attempts have no price" });
  expect(tableNamed(view, "gatewayCounts")?.rows.at(-1)).toEqual(["cost of team red", { unit: "usd", range: [0.25, 0.25] }, { unit: "usd", range: [0.5, 0.5] }]);
  expect(figureNamed(viewOf({ plan, verdict }), "money")).toBeNull();
});

test("viewOf: wrong usage is attributed to whoever reported it, by class of request", () => {
  const { plan, verdict } = shortRun();
  const faults = [faultOf({ id: "f", title: "The provider counts wrong" })];
  const tokens = { inputTokens: 10, outputTokens: 20 };
  const reportedUsage = { compared: 5, wrong: 3, classes: [{ deployment: "primary", form: "json" as const, source: "other_request" as const, compared: 5, unreported: 1, wrong: 3, faults: [{ fault: "f", requests: 2 }], reported: tokens, logged: tokens }] };
  const [row] = tableNamed(viewOf({ plan: { ...plan, faults }, verdict: { ...verdict, reportedUsage } }), "reportedUsage")!.rows;
  expect([row![0], row![2], row![6], row![7]]).toEqual(["primary", "other request", "The provider counts wrong: 2, the system itself: 1", "10, 20"]);
});

test("viewOf: of many wrong answers the first are shown, and how many are not", () => {
  const { plan, verdict } = shortRun();
  const wrong = Array.from({ length: 25 }, (_, index) => ({ requestId: `r-${index}`, why: "lost: a word" }));
  const table = tableNamed(viewOf({ plan, verdict: { ...verdict, wrong } }), "wrongAnswers");
  expect(table?.rows).toHaveLength(20);
  expect(table?.notes).toEqual(["5 more in `verdict.json`."]);
});

test("viewOf: packages that answered have a table and a series each, and the furthest push a figure", () => {
  const run = new HandMadeRun();
  const nameOf = (atMs: number) => `${atMs >= 40_000 && atMs < 60_000 ? 2 : 1}@${"0123456789abcdef".repeat(4)}`;
  run.every(500, 0, 100_001, (atMs) => run.good("red", atMs, { package: nameOf(atMs) }));
  const push = faultOf({ id: "push" });
  const plan = run.plan({ faults: [{ ...push, signature: { ...push.signature, byPackage: true } }] });
  const records = run.records({ faults: playedAt("push") });
  const { verdict, judged } = examine(plan, records, { arrivals: run.arrivals });
  const view = viewOf({ plan, verdict, evidence: { records, judged } });
  expect(tableNamed(view, "packages")!.rows.map((row) => row.map(formatValue))).toEqual([
    ["1@01234567", "161", "80.1 %", "1", "0 s", "100 s", "80.1 %"],
    ["2@01234567", "40", "19.9 %", "1", "40 s", "59.5 s", "19.9 %"],
  ]);
  expect(tableNamed(view, "packages")!.notes).toEqual(["A fault pushed 2@01234567: 40 answers, while 81 requests were offered."]);
  expect(formatValue(figureNamed(view, "packageReach")!.value)).toBe("49.4 %");
  expect(view.series!.packages[nameOf(40_000)]!.slice(38, 42)).toEqual([0, 0, 2, 2]);
  expect(markdownOf(view)).toMatch(/^package 2@01234567 {2}/m);
});
