import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { Plan } from "../../kernel/plan.ts";
import { examine } from "../measure/judge.ts";
import { HandMadeRun } from "../measure/testing.ts";
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
  expect(tableNamed(view, "faults")?.rows).toEqual([
    ["The gateway is sick", "gateway-local-1, 1 cell", "20 s to 22 s", "injected at 20 s, lifted at 22.1 s"],
    ["phase 1 of 2: half of the requests fail", "", "20 s to 21 s", ""],
    ["phase 2 of 2: half of the requests fail", "", "21 s to 22 s", ""],
    ["The cache is empty", "-", "at 20 s", "no record"],
    ["The store is gone", "-", "21 s to the end", "no record"],
    ["An old defect", "-", "the whole run", "no record"],
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

test("viewOf: without records there are the verdict's own tables, and no series", () => {
  const { plan, verdict } = shortRun();
  const view = viewOf({ plan, verdict });
  expect(view.series).toBeNull();
  expect(view.tables.map(({ name }) => name)).toEqual(["expectations", "causes", "attribution", "gatewayCounts", "toldUsage", "cells", "books", "wrongAnswers"]);
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
  const money = { billedUsd: 0.5, controlUsd: 0.2, differenceUsd: 0.3, unpricedAttempts: 4 };
  const cost = [{ team: "red", countedUsd: 0.25, billedUsd: 0.5 }];
  const view = viewOf({ plan, verdict: { ...verdict, measures: { ...verdict.measures!, money }, gatewayCounts: { ...verdict.gatewayCounts!, cost } } });
  expect(figureNamed(view, "money")).toMatchObject({ value: { unit: "usd", range: [0.5, 0.5] }, note: "billed by providers for the exposure; control 0.2 USD, difference 0.3 USD; 4 attempts have no price" });
  expect(tableNamed(view, "gatewayCounts")?.rows.at(-1)).toEqual(["cost of team red", { unit: "usd", range: [0.25, 0.25] }, { unit: "usd", range: [0.5, 0.5] }]);
  expect(figureNamed(viewOf({ plan, verdict }), "money")).toBeNull();
});

test("viewOf: usage that was told wrong names who told it, by class of request", () => {
  const { plan, verdict } = shortRun();
  const faults = [faultOf({ id: "f", title: "The provider counts wrong" })];
  const tokens = { inputTokens: 10, outputTokens: 20 };
  const toldUsage = { compared: 5, wrong: 3, classes: [{ deployment: "primary", form: "json" as const, source: "other_request" as const, compared: 5, untold: 1, wrong: 3, faults: [{ fault: "f", requests: 2 }], told: tokens, logged: tokens }] };
  const [row] = tableNamed(viewOf({ plan: { ...plan, faults }, verdict: { ...verdict, toldUsage } }), "toldUsage")!.rows;
  expect([row![0], row![2], row![6], row![7]]).toEqual(["primary", "other request", "The provider counts wrong: 2, the system itself: 1", "10, 20"]);
});

test("viewOf: of many wrong answers the first are shown, and how many are not", () => {
  const { plan, verdict } = shortRun();
  const wrong = Array.from({ length: 25 }, (_, index) => ({ requestId: `r-${index}`, why: "lost: a word" }));
  const table = tableNamed(viewOf({ plan, verdict: { ...verdict, wrong } }), "wrongAnswers");
  expect(table?.rows).toHaveLength(20);
  expect(table?.notes).toEqual(["5 more in `verdict.json`."]);
});
