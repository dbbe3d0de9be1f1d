import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { CanaryRecord, ClientRecord, WireRecord } from "../../kernel/records.ts";
import { classify } from "./classify.ts";
import { knowledgeOf } from "./knowledge.ts";
import { impossibilities, probeGaps } from "./possible.ts";
import { HandMadeRun } from "./testing.ts";

/** A failover, and a request before it. */
function made(): HandMadeRun {
  const run = new HandMadeRun();
  run.good("red", 1_000);
  run.good("red", 2_000);
  run.attempt({ requestId: "r-1", deployment: "fallback", arrivedMs: 1_990, status: 500, fate: "error" });
  return run;
}

function problemsOf(run: HandMadeRun, changes: Partial<ReturnType<HandMadeRun["records"]>> = {}, faults = [faultOf({ id: "f" })], added: Plan["components"] = []): readonly string[] {
  const made = run.plan({ faults });
  const plan = { ...made, components: [...made.components, ...added] };
  const records = run.records(changes);
  const knowledge = knowledgeOf(plan, records, run.arrivals);
  const end = { reason: "completed" as const, message: "", atMs: 100_500, troubles: [], stillInForce: [], componentExits: [] };
  return impossibilities({ plan, records, knowledge, end, judged: records.client.map((record) => classify(record, knowledge)) });
}

test("impossibilities: none in records that fit each other", () => {
  expect(problemsOf(made())).toEqual([]);
});

test.each<[string, Partial<ClientRecord>, RegExp]>([
  ["an end before the send", { endMs: 1_990, firstByteMs: null, firstTokenMs: null, gapMsMax: null }, /not in this order/],
  ["a first token after the end", { firstTokenMs: 2_600 }, /not in this order/],
  ["a first byte after the first token", { firstByteMs: 2_320 }, /not in this order/],
  ["a negative time", { intendedMs: -1 }, /not within the run/],
  ["an end beyond the run", { endMs: 1e9 }, /not within the run/],
  ["a send before its time", { sentMs: 1_900 }, /sent before its time/],
  ["a gap that is longer than the answer", { gapMsMax: 300 }, /longer gap/],
  ["an answer without a status", { status: null }, /answer without a status/],
])("impossibilities: a client's record with %s", (_, changes, problem) => {
  const run = made();
  run.client[1] = { ...run.client[1]!, ...changes };
  const problems = problemsOf(run);
  expect(problems.join(" ")).toMatch(problem);
  expect(problems.some((text) => text.includes("r-1"))).toBe(true);
});

test.each<[string, Partial<WireRecord>, RegExp]>([
  ["before its request was sent", { arrivedMs: 1_700 }, /before its request was sent/],
  ["of an answer that its client had before", { arrivedMs: 2_560, endedMs: 2_700 }, /before its provider gave it/],
  ["that was sent whole after its client had it whole", { endedMs: 2_800 }, /before its provider gave it/],
  ["that ends before it came", { endedMs: 1_900 }, /arrival and end are not in this order/],
  ["beyond the run", { endedMs: 1e9 }, /not within the run/],
  ["that sent more than it generated", { tokensSent: 99 }, /more tokens were sent than generated/],
  ["that waited for longer than it took", { load: { queuedMs: 5_000, slowedMs: 0, refused: null } }, /waited for longer/],
  ["by a link to another provider", { link: "gateway~provider-fallback" }, /does not lead there/],
  ["with an ordinal too high", { ordinal: 1 }, /without a gap/],
])("impossibilities: an attempt %s", (_, changes, problem) => {
  const run = made();
  run.wire[1] = { ...run.wire[1]!, ...changes };
  expect(problemsOf(run).join(" ")).toMatch(problem);
});

test("impossibilities: what a control plane asked before the run is missing in the log, and only where there is one", () => {
  const run = made();
  run.attempt({ requestId: "control-plane-identity-primary", arrivedMs: 1_500, ordinal: 2 });
  const control = { id: "control", role: "control" as const, region: "local", replica: 1, deployment: undefined };
  expect(problemsOf(run).join(" ")).toMatch(/without a gap/);
  expect(problemsOf(run, {}, undefined, [control])).toEqual([]);
});

test("impossibilities: a run is not completed before its last request has ended", () => {
  const run = made();
  run.good("red", 100_000, { endMs: 101_600 });
  expect(problemsOf(run)).toEqual(["the run was completed before its last request had ended"]);
});

test("impossibilities: an attempt that is logged twice", () => {
  const run = made();
  run.wire.push(run.wire[1]!);
  expect(problemsOf(run).join(" ")).toMatch(/providers gave it more than once.*without a gap/s);
});

test("impossibilities: a provider that a fault stops may stamp late, and begins to count again", () => {
  const run = made();
  run.wire[1] = { ...run.wire[1]!, endedMs: 9_000, ordinal: 3 };
  expect(problemsOf(run)).toHaveLength(2);
  expect(problemsOf(run, {}, [faultOf({ id: "f", target: { components: ["provider-primary"], links: [] } })])).toEqual([]);
  const phases = [{ index: 0, fromMs: 0, toMs: 1, title: "", partial: true, slows: false }];
  expect(problemsOf(run, {}, [faultOf({ id: "f", phases, target: { components: ["provider-primary"], links: [] } })])).toHaveLength(2);
});

const probe: CanaryRecord = { probe: "canary-main-0", route: "main", sentMs: 0, endMs: 9, status: 200, ok: true, failure: null, detail: "" };

test.each<[string, readonly CanaryRecord[]]>([
  ["recorded twice", [probe, probe]],
  ["of no route", [{ ...probe, route: "nowhere" }]],
  ["that ends before it begins", [{ ...probe, endMs: -9 }]],
  ["good and failed", [{ ...probe, failure: "overloaded" }]],
  ["good with an error's status", [{ ...probe, status: 503 }]],
])("impossibilities: a probe %s", (_, canary) => {
  expect(problemsOf(made(), { canary })).toHaveLength(1);
});

test("impossibilities: readings of the gateway's metrics that run backwards", () => {
  const reading = { atMs: 2_000, requestsTotal: 1, failuresTotal: 0, attemptsTotal: 1, openBreakers: [] };
  expect(problemsOf(made(), { counted: [reading, { ...reading, atMs: 1_000 }] })).toHaveLength(1);
  expect(problemsOf(made(), { counted: [{ ...reading, atMs: 1e9 }] })).toHaveLength(1);
});

test("probeGaps: no probe, or none that was answered, proves nothing", () => {
  const plan = made().plan();
  expect(probeGaps(plan, [probe, { ...probe, ok: false }])).toEqual([]);
  expect(probeGaps(plan, [])).toEqual(["The observer's probes left no record"]);
  expect(probeGaps(plan, [{ ...probe, ok: false }])).toEqual(["Not one of the observer's 1 probes was answered as it should be"]);
});
