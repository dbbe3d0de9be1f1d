import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { RunEnd, RunRecords } from "../../kernel/records.ts";
import type { Verdict } from "../../kernel/verdict.ts";
import type { Plan } from "../../kernel/plan.ts";
import { judge } from "./judge.ts";
import { cellNamed, HandMadeRun, outsider, playedAt } from "./testing.ts";

const completed: RunEnd = { reason: "completed", message: "", atMs: 100_000, troubles: [], stillInForce: [], componentExits: [] };

/** Red sends 4 a second and blue 10; red's every request fails for 40 s from 20 s on. */
function oneCellDown(): HandMadeRun {
  const run = new HandMadeRun();
  run.every(250, 0, 100_001, (atMs) => (atMs >= 20_000 && atMs < 60_000 ? run.failed("red", atMs) : run.good("red", atMs)));
  return run.every(100, 0, 100_001, (atMs) => run.good("blue", atMs));
}

function healthy(): HandMadeRun {
  const run = new HandMadeRun();
  run.every(250, 0, 100_001, (atMs) => run.good("red", atMs));
  return run.every(100, 0, 100_001, (atMs) => run.good("blue", atMs));
}

const verdictOf = (run: HandMadeRun, plan: Partial<Plan> = {}) => judge(run.plan(plan), run.records(), { arrivals: run.arrivals });

test("judge: one cell of two, of unequal demand, failed for 40 s: its figures are those computed by hand", () => {
  const { measures } = verdictOf(oneCellDown());
  /** Exposure 20 s to 100 s, both ends included; windows 20, 30, 40 and 50 of red are bad. */
  const redRequests = 80 * 4 + 1;
  const blueRequests = 80 * 10 + 1;
  const redWhileBad = 40 * 4;
  /** Two of red's were sent before the exposure and had not ended then. */
  const stillOpen = 2;
  /** Without faults the demand is that of the whole exposure. */
  const share = redWhileBad / (redRequests + blueRequests);
  expect(measures?.blastRadius).toMatchObject({ share, evidence: [share, share], excess: redWhileBad, demand: redRequests + blueRequests });
  expect(measures?.badWindowShare).toEqual([share, share]);
  expect(measures).toMatchObject({
    control: { kind: "self", badWindowShare: [0, 0], badShare: 0 },
    reach: { cells: { of: 2, share: [1 / 2, 1 / 2], hit: [{ cell: "red/chat/local", requests: redRequests + stillOpen, bad: redWhileBad, expectedBad: 0 }] } },
    depth: 1,
    durationMs: 40_000,
    badShare: redWhileBad / (redRequests + blueRequests),
    silentShare: 0,
    causes: { error: redWhileBad, not_sent: 0, wrong: 0, truncated: 0, late: 0 },
    amplification: 1,
  });
});

test("judge: a healthy run of a plan without faults: blast radius exactly 0, recovery 0, all expectations held", () => {
  const verdict = verdictOf(healthy(), {
    timeline: { steadyFromMs: 0, faultFromMs: 20_000, faultToMs: 20_000, endMs: 100_000 },
    expectations: [{ measure: "blastRadius", atMost: 0 }, { measure: "recoveryMs", atMost: 0 }, { measure: "wrongAnswers", atMost: 0 }],
  });
  expect(verdict.measures).toMatchObject({ blastRadius: { share: 0, evidence: [0, 0], excess: 0 }, badWindowShare: [0, 0] });
  expect(verdict.books).toMatchObject({ balanced: true, offered: 1402, joined: 1402 });
  expect(verdict).toMatchObject({ verdict: "held", wrong: [], measures: { recoveryMs: 0, detectionMs: null, tokenWaste: 0 } });
  expect(verdict.reasons[0]).toBe("Blast radius held: 0 %, expected at most 0 %.");
});

test("judge: the self control is subtracted, as ranges are", () => {
  const run = oneCellDown();
  const failing = new HandMadeRun();
  for (const record of run.client) {
    if (record.team === "blue" && record.intendedMs < 10_000) failing.failed("blue", record.intendedMs);
    else if (record.status === 500) failing.failed(record.team, record.intendedMs);
    else failing.good(record.team, record.intendedMs);
  }
  const { measures } = verdictOf(failing);
  /**
   * Steady 0 s to 20 s: 80 red, 200 blue, without the 7 that had not ended before that. The first window's 100 blue
   * ones are bad.
   */
  const control = 100 / (80 + 200 - 7);
  expect(measures?.control.badWindowShare).toEqual([control, control]);
  expect(measures?.badWindowShare).toEqual([0, 0]);
  expect(160 / 1122).toBeLessThan(control);
});

test("judge: a paired control is the other run's exposure, and is unknown where none was given", () => {
  const run = oneCellDown();
  const plan = run.plan({ measure: { ...run.plan().measure, control: "paired" } });
  const half = new HandMadeRun();
  half.every(250, 0, 100_001, (atMs) => (atMs >= 20_000 && atMs < 40_000 ? half.failed("red", atMs) : half.good("red", atMs)));
  half.every(100, 0, 100_001, (atMs) => half.good("blue", atMs));
  const verdict = judge(plan, run.records(), { arrivals: run.arrivals, paired: half.records() });
  expect(verdict.measures?.control.kind).toBe("paired");
  expect(verdict.measures?.badWindowShare[0]).toBeCloseTo((160 - 80) / 1122, 12);
  expect(verdict.measures?.blastRadius?.share).toBeCloseTo((160 - 80) / 1122, 12);
  expect(judge(plan, run.records())).toMatchObject({ verdict: "unknown", measures: null });
});

test.each<[string, Verdict["verdict"], string, (control: HandMadeRun) => Partial<RunRecords> & { readonly end?: RunEnd }]>([
  ["bad without any fault", "failed", "The control run is void. Without any fault 100 % of its ", (control) => ({ client: control.client.map((record) => ({ ...record, status: 500, text: "", model: null })) })],
  ["offered late", "failed", "The control run is void. The load generator lagged", (control) => ({ client: control.client.map((record) => ({ ...record, sentMs: record.intendedMs + 60, endMs: record.endMs + 60 })) })],
  ["never finished", "failed", "The control run is void. The run failed after 9 s", () => ({ end: { ...completed, reason: "failed", atMs: 9_000 } })],
  ["stopped", "unknown", "The control run cannot be trusted. The run was stopped", () => ({ end: { ...completed, reason: "interrupted", atMs: 9_000 } })],
  ["damaged", "unknown", "The control run cannot be trusted. A record of the run cannot be trusted: tap client is missing", () => ({ tapFaults: ["tap client is missing"] })],
  ["short of a request", "unknown", "The control run cannot be trusted. The books do not balance", (control) => ({ client: control.client.slice(1) })],
  ["played with a fault", "unknown", "The control run cannot be trusted. The run was not what was planned", (control) => ({ wire: control.wire.map((attempt) => ({ ...attempt, incident: "f", phase: 0 })) })],
])("judge: a paired control that was %s makes the run %s", (_, expected, reason, change) => {
  const [run, calm] = [healthy(), healthy()];
  const plan = run.plan({ measure: { ...run.plan().measure, control: "paired" }, expectations: [{ measure: "badShare", atMost: 1 }] });
  expect(judge(plan, run.records(), { arrivals: run.arrivals, paired: calm.records() }).verdict).toBe("held");
  const verdict = judge(plan, run.records(), { arrivals: run.arrivals, paired: { ...calm.records(), ...change(calm) } });
  expect({ verdict: verdict.verdict, reason: verdict.reasons[0] }).toEqual({ verdict: expected, reason: expect.stringContaining(reason) as unknown });
});

test("judge: a run that is its own control ignores another", () => {
  const run = oneCellDown();
  expect(judge(run.plan(), run.records(), { arrivals: run.arrivals, paired: run.records({ tapFaults: ["tap client is missing"] }) })).toEqual(verdictOf(run));
});

test("judge: undecided windows widen the range, and a limit inside it is unknown", () => {
  const run = oneCellDown();
  /** A third cell with 19 requests in all, too few for a window to decide; all fail. */
  run.every(1_000, 20_000, 39_000, (atMs) => run.failed("green", atMs));
  const cells = [cellNamed("red"), cellNamed("blue"), cellNamed("green")];
  const expectations = [{ measure: "badWindowShare" as const, atMost: 0.15 }];
  const verdict = verdictOf(run, { cells, expectations });
  const requests = 321 + 801 + 19;
  expect(verdict.measures?.badWindowShare).toEqual([160 / requests, (160 + 19) / requests]);
  /** The same 19 are enough for the exact test. */
  expect(verdict.measures?.reach.cells).toMatchObject({ of: 3, share: [2 / 3, 2 / 3] });
  expect(verdict.expectations[0]?.result).toBe("unknown");
  expect(verdict.verdict).toBe("unknown");
  expect(verdictOf(run, { cells, expectations: [{ measure: "badWindowShare", atMost: 0.16 }] }).verdict).toBe("held");
  expect(verdictOf(run, { cells, expectations: [{ measure: "badWindowShare", atMost: 0.14 }] }).verdict).toBe("deviated");
});

test("judge: containment is the share of the damage in cells that a fault reaches", () => {
  const cells = [cellNamed("red"), cellNamed("blue", "side")];
  const faults = [faultOf({ id: "i", affects: { cells: ["blue/chat/local"], routes: ["side"], deployments: ["outsider"], components: [] } })];
  const run = new HandMadeRun();
  run.every(250, 0, 100_001, (atMs) => (atMs >= 20_000 && atMs < 30_000 ? run.failed("red", atMs) : run.good("red", atMs)));
  const blue = (atMs: number) =>
    atMs >= 20_000 && atMs < 50_000 ? run.failed("blue", atMs, { route: "side" }) : run.good("blue", atMs, { route: "side", deployment: outsider });
  run.every(250, 0, 100_001, blue);
  expect(verdictOf(run, { cells, faults }).measures?.containment).toBe(120 / (120 + 40));
  expect(verdictOf(run, { cells }).measures?.containment).toBeNull();
});

test("judge: silent share, wrong answers and their list are of what was delivered as a success", () => {
  const run = new HandMadeRun();
  run.every(250, 0, 100_001, (atMs) => run.good("red", atMs, atMs === 30_000 || atMs === 50_000 ? { claimedDeployment: "fallback" } : {}));
  run.every(100, 0, 100_001, (atMs) => (atMs === 40_000 ? run.failed("blue", atMs) : run.good("blue", atMs)));
  const verdict = verdictOf(run);
  expect(verdict.measures).toMatchObject({ silentShare: 2 / 3, wrongAnswers: 2 });
  expect(verdict.wrong).toEqual([
    { requestId: "r-120", why: "wrong_provider: the response names fallback, and primary answered" },
    { requestId: "r-200", why: "wrong_provider: the response names fallback, and primary answered" },
  ]);
  expect(verdict.cells).toEqual([
    { cell: "red/chat/local", requests: 321, bad: 2, silent: 2 },
    { cell: "blue/chat/local", requests: 801, bad: 1, silent: 0 },
  ]);
});

test("judge: amplification and token waste count every attempt of the exposure's requests", () => {
  const run = new HandMadeRun();
  run.every(100, 0, 20_000, (atMs) => run.good("red", atMs));
  const first = run.client.length;
  run.every(1_000, 20_000, 100_001, (atMs) => run.good("red", atMs));
  run.attempt({ requestId: `r-${first}`, ordinal: 1, tokensGenerated: 24, tokensSent: 24, answerId: "a".repeat(16) });
  const { measures } = verdictOf(run);
  expect(measures?.amplification).toBe(82 / 81);
  expect(measures?.tokenWaste).toBe(24 / (81 * 8 + 24));
});

test("judge: damaged taps are unknown, whatever else holds", () => {
  const run = healthy();
  const verdict = judge(run.plan(), run.records({ tapFaults: ["tap wire-primary has no trailer: it was not closed"] }), { arrivals: run.arrivals });
  expect(verdict.verdict).toBe("unknown");
  expect(verdict.reasons[0]).toBe("A record of the run cannot be trusted: tap wire-primary has no trailer: it was not closed.");
});

test("judge: a load generator that lagged or dropped voids the run", () => {
  const late = healthy();
  late.client.splice(0, Infinity, ...late.client.map((record, index) => (index % 50 === 0 ? { ...record, sentMs: record.intendedMs + 60 } : record)));
  expect(verdictOf(late)).toMatchObject({ verdict: "failed", load: { latenessMsP99: 60 } });
  const { reasons } = verdictOf(late);
  expect(reasons[0]).toMatch(/left more than 60 ms late \(limit 50 ms\)\..* --virtual needs .*--tolerate-lag 100 accepts/);
  const tolerant = verdictOf(late, { measure: { ...late.plan().measure, lagMsMax: 60 } });
  expect(tolerant).toMatchObject({ verdict: verdictOf(healthy()).verdict, load: { latenessMsP99: 60, lagMsMax: 60 } });
  const dropped = healthy();
  dropped.request("blue", 50_000, { end: "dropped", sentMs: null, status: null });
  dropped.request("blue", 50_000, { end: "dropped", sentMs: null, status: null });
  expect(verdictOf(dropped)).toMatchObject({ verdict: "failed", load: { droppedShare: 2 / 1404 } });
});

test("judge: the load's generator and instrument are named, and an instrument that sees no first token measures none", () => {
  const run = healthy();
  const judged = (generator: string, instrument: string) => judge(run.plan(), run.records({ loadSource: { generator, instrument } }), { arrivals: run.arrivals });
  const relayed = judged("k6", "relay");
  expect(relayed).toMatchObject({ verdict: "held", load: { generator: "k6", instrument: "relay" }, measures: { latency: { firstTokenMsP50: 300, gapMsP50: 20 } } });
  const alone = judged("k6", "k6");
  expect(alone).toMatchObject({ verdict: "unknown", load: { generator: "k6", instrument: "k6" }, measures: { latency: { firstTokenMsP50: null, firstTokenMsP99: null, gapMsP50: null, totalMsP50: 500 } } });
  expect(alone.reasons.join(" ")).toContain("not measured");
  expect(judge(run.plan(), run.records({ loadSource: null }), { arrivals: run.arrivals })).toMatchObject({ verdict: "unknown", load: { generator: null, instrument: null } });
});

test("judge: a steady state out of band voids the run, and none at all is unknown", () => {
  const run = new HandMadeRun();
  run.every(100, 0, 100_001, (atMs) => (atMs < 1_000 ? run.failed("red", atMs) : run.good("red", atMs)));
  expect(verdictOf(run)).toMatchObject({ verdict: "failed" });
  const late = new HandMadeRun();
  late.every(100, 20_000, 100_001, (atMs) => late.good("red", atMs));
  expect(verdictOf(late).verdict).toBe("unknown");
});

test("judge: never held by omission: nothing expected, nothing recorded, a fault without a record of its injection", () => {
  const run = healthy();
  expect(verdictOf(run, { expectations: [] }).verdict).toBe("unknown");
  expect(judge(run.plan(), new HandMadeRun().records())).toMatchObject({ verdict: "unknown", measures: null });
  const fault = faultOf({ id: "f", toMs: 30_000 });
  expect(verdictOf(run, { faults: [fault] })).toMatchObject({ verdict: "unknown", reasons: [expect.stringContaining("fault f was injected")] });
  const seen = playedAt("f", 20_000, 30_000);
  expect(judge(run.plan({ faults: [fault] }), run.records({ faults: seen }), { arrivals: run.arrivals }).verdict).toBe("held");
});

test("judge: a provider that played another phase than the plan's makes it unknown", () => {
  const phases = [{ index: 0, fromMs: 20_000, toMs: 60_000, title: "normal", partial: false, slows: false }];
  const faults = [faultOf({ id: "i", affects: { cells: [], routes: [], deployments: ["primary"], components: [] }, phases })];
  const seen = playedAt("i");
  const run = healthy();
  const played = run.wire.map((attempt) => (attempt.arrivedMs >= 20_100 && attempt.arrivedMs < 60_200 ? { ...attempt, incident: "i", phase: 0 } : attempt));
  expect(judge(run.plan({ faults }), run.records({ wire: played, faults: seen }), { arrivals: run.arrivals }).verdict).toBe("held");
  expect(judge(run.plan({ faults }), run.records({ faults: seen }), { arrivals: run.arrivals })).toMatchObject({ verdict: "unknown", reasons: [expect.stringContaining("another phase")] });
});

test("judge: recovery that never came is not_recovered, and weighs more than a deviation", () => {
  const run = new HandMadeRun();
  run.every(100, 0, 100_001, (atMs) => (atMs >= 20_000 && atMs % 1_000 === 0 ? run.failed("red", atMs) : run.good("red", atMs)));
  const plan = run.plan({ faults: [faultOf({ id: "f" })], expectations: [{ measure: "recoveryMs", atMost: 10_000 }] });
  const seen = playedAt("f");
  const verdict = judge(plan, run.records({ faults: seen }), { arrivals: run.arrivals });
  expect(verdict).toMatchObject({ verdict: "not_recovered", measures: { recoveryMs: null, recoveryObservedMs: 40_000 } });
  expect(verdict.expectations).toEqual([{ measure: "recoveryMs", atMost: 10_000, value: null, result: "deviated" }]);
});

test("judge: a run whose stop condition was met deviates with it as the first reason, and its faults end then", () => {
  const run = oneCellDown();
  const recorded = run.client.filter(({ intendedMs }) => intendedMs <= 60_000);
  const known = new Set(recorded.map(({ requestId }) => requestId));
  const records = run.records({ client: recorded, wire: run.wire.filter(({ requestId }) => known.has(requestId)) });
  const stop = { atMs: 40_000, condition: "badShare was 1 in 10 s, above 0.5" };
  const end = { reason: "stopped" as const, message: "", atMs: 60_000, stop, troubles: [], stillInForce: [], componentExits: [] };
  const plan = run.plan({ faults: [faultOf({ id: "f", fromMs: 20_000, toMs: 60_000 }), faultOf({ id: "later", fromMs: 50_000, toMs: 60_000 })] });
  const { verdict, reasons, measures } = judge(plan, records, { arrivals: run.arrivals, end });
  expect(verdict).toBe("deviated");
  expect(reasons[0]).toContain("A stop condition was met at 40 s: badShare was 1 in 10 s, above 0.5.");
  expect(measures!.recoveryObservedMs).toBeLessThanOrEqual(20_000);
  expect(measures!.recoveryObservedMs).toBeGreaterThan(19_000);
});

test("judge: a run that was stopped is interrupted, and its books end with its records", () => {
  const run = oneCellDown();
  const recorded = run.client.filter(({ intendedMs }) => intendedMs <= 40_050);
  const known = new Set(recorded.map(({ requestId }) => requestId));
  const records = run.records({ client: recorded, wire: run.wire.filter(({ requestId }) => known.has(requestId)) });
  const end = { reason: "interrupted" as const, message: "Ctrl-C", atMs: 40_000, troubles: [], stillInForce: [], componentExits: [] };
  const verdict = judge(run.plan(), records, { arrivals: run.arrivals, end });
  expect(verdict.verdict).toBe("interrupted");
  expect(verdict.reasons[0]).toBe("The run was stopped after 40 s (Ctrl-C); what was measured until then stands.");
  expect(verdict.books).toMatchObject({ offered: recorded.length, balanced: true });
  expect(verdict.measures?.badWindowShare[0]).toBe(81 / (81 + 201));
  expect(verdict.measures?.blastRadius?.share).toBe(81 / (81 + 201));
  const lost = judge(run.plan(), { ...records, client: recorded.slice(1) }, { arrivals: run.arrivals, end });
  expect(lost.books.balanced).toBe(false);
});

test("judge: a run that its conductor could not finish is failed, whatever its taps hold", () => {
  const run = healthy();
  const end = { reason: "failed" as const, message: "port 1 is in use", atMs: 3_000, troubles: [], stillInForce: [], componentExits: [] };
  const verdict = judge(run.plan(), run.records({ tapFaults: ["tap client is missing"] }), { arrivals: run.arrivals, end });
  expect(verdict).toMatchObject({ verdict: "failed", reasons: [expect.stringContaining("port 1 is in use"), expect.stringContaining("tap client is missing")] });
});

test("judge: a fault that may still be in force, and trouble with one, make it unknown", () => {
  const run = healthy();
  const withEnd = (end: RunEnd) => judge(run.plan(), run.records(), { arrivals: run.arrivals, end });
  expect(withEnd(completed).verdict).toBe("held");
  const left = withEnd({ ...completed, stillInForce: [{ id: "f1", description: 'toxic "f1" on proxy "primary"', reason: "DELETE answered 500" }] });
  expect(left).toMatchObject({
    verdict: "unknown",
    reasons: ['Still in force when the run ended, and perhaps now: toxic "f1" on proxy "primary" (DELETE answered 500).'],
  });
  const troubled = withEnd({ ...completed, troubles: ["f1 was in force beyond its dead-man limit"] });
  expect(troubled).toMatchObject({ verdict: "unknown", reasons: ["The lab had trouble with its faults: f1 was in force beyond its dead-man limit."] });
});

test("judge: a process of the system that ended by itself is named, and decides nothing", () => {
  const run = healthy();
  const end = { reason: "completed" as const, message: "", atMs: 100_600, troubles: [], stillInForce: [], componentExits: [{ component: "gateway", atMs: 34_200, how: "exit code 134" }] };
  const verdict = judge(run.plan(), run.records(), { arrivals: run.arrivals, end });
  expect(verdict.verdict).toBe("held");
  expect(verdict.reasons.at(-1)).toBe("gateway ended by itself at 34.2 s (exit code 134).");
  expect(verdict.componentExits).toEqual(end.componentExits);
});

test("judge: a verdict is JSON: it reads back as it was", () => {
  const verdict = verdictOf(oneCellDown());
  expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
});

test("judge: under a fault that is always in force there is no steady state to hold, and the run cannot be its own control", () => {
  const run = new HandMadeRun();
  run.every(100, 0, 100_001, (atMs) => run.failed("red", atMs));
  const faults = [faultOf({ id: "f", fromMs: 0, toMs: 100_000, always: true, lifted: false })];
  const timeline = { steadyFromMs: 3_000, faultFromMs: 3_000, faultToMs: 100_000, endMs: 100_000 };
  const expectations = [{ measure: "badShare" as const, atMost: 0.5 }];
  const paired = { ...run.plan().measure, control: "paired" as const };
  const records = run.records({ faults: playedAt("f", -50, 100_020) });
  const calm = new HandMadeRun();
  calm.every(100, 0, 100_001, (atMs) => calm.good("red", atMs));
  const verdict = judge(run.plan({ faults, timeline, expectations, measure: paired }), records, { arrivals: run.arrivals, paired: calm.records() });
  expect(verdict).toMatchObject({ verdict: "deviated", measures: { badShare: 1, control: { kind: "paired", badShare: 0 } } });
  const alone = judge(run.plan({ faults, timeline, expectations }), records, { arrivals: run.arrivals });
  expect(alone).toMatchObject({ verdict: "unknown", reasons: ["A fault is in force from the start, so the run cannot be its own control: it needs a paired one.", expect.any(String)] });
});

test("judge: a fault that is never lifted leaves recovery not applicable, and the other expectations decide", () => {
  const run = new HandMadeRun();
  run.every(100, 0, 100_001, (atMs) => (atMs < 60_000 ? run.good("red", atMs) : run.failed("red", atMs)));
  const faults = [faultOf({ id: "f", fromMs: 60_000, toMs: 100_000, lifted: false })];
  const base = { faults, timeline: { steadyFromMs: 0, faultFromMs: 60_000, faultToMs: 100_000, endMs: 100_000 } };
  const judged = (expectations: Plan["expectations"]) => judge(run.plan({ ...base, expectations }), run.records({ faults: playedAt("f", 60_000, 112_000) }), { arrivals: run.arrivals });
  const recovery = { measure: "recoveryMs" as const, atMost: 10_000 };
  expect(judged([{ measure: "badShare", atMost: 1 }])).toMatchObject({ verdict: "held", measures: { recoveryApplicable: false, recoveryMs: null } });
  expect(judged([{ measure: "badShare", atMost: 0.5 }, recovery]).verdict).toBe("deviated");
  expect(judged([{ measure: "badShare", atMost: 1 }, recovery])).toMatchObject({
    verdict: "unknown",
    reasons: ["Recovery is inconclusive: not applicable, because a fault is never lifted, expected at most 10 s."],
  });
});
