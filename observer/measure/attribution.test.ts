import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { ClientRecord, FaultRecord, WireRecord } from "../../kernel/records.ts";
import type { Attribution } from "../../kernel/verdict.ts";
import { judge } from "./judge.ts";
import { HandMadeRun, digestOf, fallback, legOf, markOf, playedAt } from "./testing.ts";

const cells = ["red/chat/local", "blue/chat/local"];
const reach = { cells, routes: ["main"], deployments: ["primary"], components: ["provider-primary"] };

const outage = faultOf({
  id: "outage",
  target: { components: ["provider-primary"], links: [] },
  affects: reach,
  phases: [{ index: 0, fromMs: 20_000, toMs: 60_000, title: "100 % errors (500)", partial: false, slows: false }],
  signature: { fates: ["error"], effects: ["mixed_up"], statuses: [500], ends: [], causes: ["error", "late", "truncated", "wrong"], wrong: ["cross_tenant", "other_intent"], unlogged: false },
});
/** It acts on connections: what it stops leaves no trace at the provider. */
const cut = faultOf({
  id: "cut",
  target: { components: [], links: ["gateway~provider-primary"] },
  affects: { ...reach, components: ["gateway", "provider-primary"] },
  signature: { ...outage.signature, fates: [], effects: [], statuses: [], ends: ["refused", "reset"], causes: ["error", "late", "truncated"], wrong: [], unlogged: true },
});
const dead = faultOf({
  id: "dead",
  target: { components: ["gateway"], links: [] },
  affects: { cells, routes: ["main"], deployments: [], components: ["gateway"] },
  signature: { ...outage.signature, fates: [], effects: [], statuses: [], ends: ["refused", "reset"], causes: ["error", "truncated"], wrong: [] },
});
const sick = faultOf({
  id: "sick",
  target: { components: ["gateway"], links: [] },
  affects: { cells: ["red/chat/local"], routes: ["main"], deployments: [], components: ["gateway"] },
  signature: { ...outage.signature, fates: [], effects: [], statuses: [500], ends: [], causes: ["wrong", "error", "late"], wrong: ["other_intent", "cross_tenant", "foreign_word"] },
});

const hit = { fate: "error", status: 500, incident: "outage", phase: 0, tokensGenerated: 0, tokensSent: 0 } as const;
const full = { deployment: "fallback", fate: "error", status: 529, tokensGenerated: 0, tokensSent: 0, load: { queuedMs: 0, slowedMs: 0, refused: "queue_full" } } as const;
const noAnswer = { status: 503, errorCode: "overloaded", firstTokenMs: null, finishReason: null } as const;
const refused = { end: "refused", status: null, firstTokenMs: null, terminal: false, finishReason: null } as const;

/** A request of red at 30 s that failed, and these attempts of it. */
function failedWith(client: Partial<ClientRecord>, ...attempts: readonly Partial<WireRecord>[]): HandMadeRun {
  const run = new HandMadeRun();
  run.every(250, 0, 20_000, (atMs) => run.good("red", atMs));
  const { requestId } = run.request("red", 30_000, { ...noAnswer, ...client });
  for (const attempt of attempts) run.attempt({ requestId, arrivedMs: 30_000, ...attempt });
  return run;
}

const played = (faults: readonly Fault[]) => faults.flatMap(({ id, fromMs, toMs }) => playedAt(id, fromMs, toMs));

function attributionIn(run: HandMadeRun, faults: readonly Fault[], records: readonly FaultRecord[] = played(faults), cacheDeclared = false) {
  const { attribution } = judge(run.plan({ faults, cacheDeclared }), run.records({ faults: records }), { arrivals: run.arrivals });
  const { bad, faults: hits, several, overload, faultAndOverload, overloaded } = attribution!;
  const counts = Object.fromEntries(hits.flatMap(({ fault, requests, aftermath }) => [[fault, requests], ...(aftermath > 0 ? [[`after ${fault}`, aftermath]] : [])]));
  const noFault = noFaultIn(attribution!);
  const sum = [...hits.flatMap(({ requests, aftermath }) => [requests, aftermath]), ...[...several, ...faultAndOverload].map(({ requests }) => requests), overload, noFault].reduce((a, b) => a + b, 0);
  expect(sum).toBe(bad);
  return { ...counts, several, overload, faultAndOverload, noFault, overloaded };
}

/** Neither a fault, nor an aftermath, nor overload. */
function noFaultIn({ ownDecision: { refused, gave_up, queued }, unreachable, unattributed }: Attribution): number {
  return refused + gave_up + queued + unreachable + unattributed;
}

test("attributionOf: an attempt that the provider failed while it played the fault is the fault's", () => {
  expect(attributionIn(failedWith({}, hit), [outage])).toEqual({ outage: 1, several: [], overload: 0, faultAndOverload: [], noFault: 0, overloaded: [] });
});

test("attributionOf: an attempt that failed in another way than the fault's, or on its own, is not", () => {
  expect(attributionIn(failedWith({}, { ...hit, status: 401 }), [outage])).toMatchObject({ outage: 0, noFault: 1 });
  expect(attributionIn(failedWith({}, { ...hit, incident: null, phase: -1 }), [outage])).toMatchObject({ outage: 0, noFault: 1 });
  expect(attributionIn(failedWith({ status: 500 }, { ...hit, incident: null, phase: -1 }), [outage, sick])).toMatchObject({ outage: 0, sick: 0, noFault: 1 });
});

test("attributionOf: a healthy answer that was late is the fault's where its phase slows answers, and not otherwise", () => {
  const late = () => {
    const run = failedWith({ ...refused, status: 200, end: "complete" });
    run.client.pop();
    run.good("red", 30_000, { firstTokenMs: 35_000, endMs: 36_000 });
    const attempt = run.wire.length - 1;
    run.wire[attempt] = { ...run.wire[attempt]!, endedMs: 36_000, incident: "outage", phase: 0 };
    return run;
  };
  const slow = { ...outage, phases: [{ ...outage.phases[0]!, slows: true }] };
  expect(attributionIn(late(), [slow])).toMatchObject({ outage: 1 });
  expect(attributionIn(late(), [outage])).toMatchObject({ outage: 0, noFault: 1 });
  const givenUp = () => failedWith({ status: 504 }, { incident: "outage", phase: 0, end: "caller_gone", status: null, endedMs: 34_000 });
  expect(attributionIn(givenUp(), [slow])).toMatchObject({ outage: 1 });
  expect(attributionIn(givenUp(), [outage])).toMatchObject({ outage: 0, noFault: 1 });
});

test("attributionOf: a fallback that had no room is overload, and both where the fault had sent the request there", () => {
  const reasons = { queue_full: 1 };
  expect(attributionIn(failedWith({}, full), [outage])).toMatchObject({ outage: 0, overload: 1, overloaded: [{ deployment: "fallback", attempts: 1, refused: 1, heldUp: 0, reasons }] });
  expect(attributionIn(failedWith({}, hit, full), [outage])).toMatchObject({ outage: 0, overload: 0, faultAndOverload: [{ faults: ["outage"], requests: 1 }] });
});

test("attributionOf: a refusal by status alone counts, of a provider that keeps no account of its load", () => {
  const { load: _, ...bare } = full;
  expect(attributionIn(failedWith({}, { ...bare, status: 429 }), [outage])).toMatchObject({ overload: 1, overloaded: [{ reasons: { "status 429": 1 } }] });
  expect(attributionIn(failedWith({}, { ...bare, status: 500 }), [outage])).toMatchObject({ overload: 0, noFault: 1, overloaded: [] });
});

test("attributionOf: the overload of a deployment is the fault's while that is in force there, and overload before", () => {
  const crowded = failedWith({}, { ...full, deployment: "primary" });
  expect(attributionIn(crowded, [outage])).toMatchObject({ outage: 1, overload: 0, overloaded: [] });
  const later = { ...outage, fromMs: 40_000, phases: [] };
  expect(attributionIn(failedWith({}, { ...full, deployment: "primary" }), [later])).toMatchObject({ outage: 0, overload: 1, overloaded: [{ deployment: "primary" }] });
});

test("attributionOf: a caller that gave up was held up by load when half of its time went into it, not when less", () => {
  const left = (queuedMs: number) => ({ deployment: "fallback", end: "caller_gone", status: null, endedMs: 34_000, load: { queuedMs, slowedMs: 500, refused: null } }) as const;
  expect(attributionIn(failedWith({}, left(1_500)), [outage])).toMatchObject({ overload: 1, overloaded: [{ refused: 0, heldUp: 1, queuedMsP50: 1_500 }] });
  expect(attributionIn(failedWith({}, left(1_499)), [outage])).toMatchObject({ overload: 0, noFault: 1 });
});

test("attributionOf: an attempt that passed a link at fault is the link's, by the link's id where the log has it", () => {
  const passed = (link?: string) => failedWith({}, { end: "caller_gone", status: null, endedMs: 31_000, link });
  expect(attributionIn(passed(), [cut])).toMatchObject({ cut: 1 });
  expect(attributionIn(passed("gateway~provider-primary"), [cut])).toMatchObject({ cut: 1 });
  const other = failedWith({}, { end: "caller_gone", status: null, endedMs: 31_000, link: "gateway-2~provider-primary" });
  expect(attributionIn(other, [cut])).toMatchObject({ cut: 0, noFault: 1 });
});

test("attributionOf: a request that is in no log while its way to the preferred deployment was cut is the link's", () => {
  expect(attributionIn(failedWith({}), [cut])).toMatchObject({ cut: 1 });
  expect(attributionIn(failedWith({}, full), [cut])).toMatchObject({ faultAndOverload: [{ faults: ["cut"], requests: 1 }] });
});

test("attributionOf: what a link fault could have stopped is not its own where the client's connection, the system's refusal or another attempt explains it", () => {
  expect(attributionIn(failedWith(refused), [cut])).toMatchObject({ cut: 0, noFault: 1 });
  expect(attributionIn(failedWith(refused), [cut, dead])).toMatchObject({ cut: 0, dead: 1 });
  expect(attributionIn(failedWith({ status: 429 }), [cut])).toMatchObject({ cut: 0, noFault: 1 });
  const second = { ...cut, target: { components: [], links: ["gateway~provider-fallback"] }, affects: { ...reach, deployments: ["fallback"] } };
  expect(attributionIn(failedWith({}, hit), [outage, second])).toMatchObject({ outage: 1, cut: 0 });
  expect(attributionIn(failedWith({}, { ...hit, incident: null, phase: -1 }), [second])).toMatchObject({ cut: 1 });
});

test("attributionOf: a link or a provider has only hit attempts that met it in force, and never one whose answer came whole and late unless it can delay", () => {
  const passed = () => failedWith({}, { end: "caller_gone", status: null, endedMs: 31_000 });
  expect(attributionIn(passed(), [cut], playedAt("cut", 32_000, 60_000))).toMatchObject({ cut: 0, noFault: 1 });
  const late = () => {
    const run = new HandMadeRun();
    run.every(250, 0, 20_000, (atMs) => run.good("red", atMs));
    run.good("red", 30_000, { firstTokenMs: 35_000, endMs: 36_000 });
    return run;
  };
  expect(attributionIn(late(), [cut])).toMatchObject({ cut: 0, noFault: 1 });
  expect(attributionIn(late(), [{ ...cut, signature: { ...cut.signature, ends: ["timeout"] } }])).toMatchObject({ cut: 1 });
});

test("attributionOf: an error of the system's own is that of a fault which makes it answer so, unless an attempt explains it", () => {
  expect(attributionIn(failedWith({ status: 500 }), [sick])).toMatchObject({ sick: 1 });
  expect(attributionIn(failedWith({ status: 503 }), [sick])).toMatchObject({ sick: 0, noFault: 1 });
  expect(attributionIn(failedWith({ status: 500 }), [sick, cut])).toMatchObject({ sick: 1, cut: 0 });
  expect(attributionIn(failedWith({ status: 500 }, { end: "caller_gone", status: null }), [sick, cut])).toMatchObject({ sick: 0, cut: 1 });
});

test("attributionOf: what the system depends on ends no client's connection", () => {
  const store = { ...dead, id: "store", target: { components: ["store"], links: [] } };
  expect(attributionIn(failedWith(refused), [store])).toMatchObject({ store: 0, noFault: 1 });
});

test("attributionOf: a request that is bad for a cause which the fault does not have is not its own", () => {
  expect(attributionIn(failedWith({}, hit), [{ ...outage, signature: { ...outage.signature, causes: ["late"] } }])).toMatchObject({ outage: 0, noFault: 1 });
});

test("attributionOf: a system that forwards no request id proves nothing by what is missing in a log", () => {
  const run = failedWith({});
  run.attempt({ requestId: "a digest", identity: "digest", arrivedMs: 25_000 });
  expect(attributionIn(run, [cut])).toMatchObject({ cut: 0, noFault: 1 });
});

test("attributionOf: it counts when a fault was really in force, not when it was planned", () => {
  const run = () => failedWith(refused);
  expect(attributionIn(run(), [dead], playedAt("dead", 29_000, 31_000))).toMatchObject({ dead: 1 });
  expect(attributionIn(run(), [dead], playedAt("dead", 35_000, 60_000))).toMatchObject({ dead: 0, noFault: 1 });
  expect(attributionIn(run(), [dead], [])).toMatchObject({ dead: 0, noFault: 1 });
});

test("attributionOf: a request that two faults hit is counted once, and names both", () => {
  const both = failedWith(refused, { ...hit, arrivedMs: 29_999 });
  expect(attributionIn(both, [outage, dead])).toMatchObject({ outage: 0, dead: 0, several: [{ faults: ["outage", "dead"], requests: 1 }] });
});

test("attributionOf: a fault that does not reach the cell has not hit it", () => {
  const elsewhere = { ...dead, affects: { ...dead.affects, cells: ["blue/chat/local"] } };
  expect(attributionIn(failedWith(refused), [elsewhere])).toMatchObject({ dead: 0, noFault: 1 });
});

test("attributionOf: no provider was asked, and faults in force hit every deployment of the route: it is theirs", () => {
  const other = { ...outage, id: "other", target: { components: ["provider-fallback"], links: [] }, affects: { ...reach, deployments: ["fallback"] }, phases: [] };
  expect(attributionIn(failedWith({}), [outage, other])).toMatchObject({ several: [{ faults: ["outage", "other"], requests: 1 }] });
  expect(attributionIn(failedWith({}), [outage])).toMatchObject({ outage: 0, noFault: 1 });
});

/** Red at 30 s got the words that the provider gave to its own other question at `createdMs`. */
function otherAnswerAt(createdMs: number, attempt: Partial<WireRecord> = {}): HandMadeRun {
  const run = new HandMadeRun();
  run.every(250, 0, 20_000, (atMs) => run.good("red", atMs));
  const mark = markOf({ answerId: "other", deployment: fallback, digest: digestOf("red", "two") });
  const first = run.good("red", createdMs, { text: legOf(mark), model: fallback.model, claimedDeployment: "fallback" });
  run.client.pop();
  run.arrivals.pop();
  run.wire.pop();
  run.attempt({ requestId: first.requestId, deployment: "fallback", arrivedMs: createdMs, answerId: mark.answerId, digest: mark.digest, ...attempt });
  run.request("red", 30_000, { text: legOf(mark), model: fallback.model, claimedDeployment: "fallback" });
  return run;
}

test("attributionOf: a wrong answer belongs to the fault in force when the answer was created, or else delivered", () => {
  const early = { ...sick, fromMs: 20_000, toMs: 22_000 };
  expect(attributionIn(otherAnswerAt(21_000), [early])).toMatchObject({ sick: 1 });
  expect(attributionIn(otherAnswerAt(24_000), [early])).toMatchObject({ sick: 0 });
  expect(attributionIn(otherAnswerAt(24_000), [sick])).toMatchObject({ sick: 1 });
  expect(attributionIn(otherAnswerAt(21_000), [{ ...sick, fromMs: 29_000 }])).toMatchObject({ sick: 1 });
});

test("attributionOf: a request that waited for another's answer shares what hit the other's attempts, and nothing from before its own life", () => {
  const slowed = { ...outage, phases: [{ ...outage.phases[0]!, slows: true }] };
  const waited = (intendedMs: number) => {
    const run = new HandMadeRun();
    run.every(250, 0, 20_000, (atMs) => run.good("red", atMs));
    const { text, model } = run.good("red", 22_000, { firstTokenMs: 22_600, endMs: 30_000 });
    run.wire[run.wire.length - 1] = { ...run.wire.at(-1)!, incident: "outage", phase: 0, endedMs: 29_000 };
    run.request("red", intendedMs, { text, model, firstTokenMs: intendedMs + 4_500, endMs: intendedMs + 5_000 });
    return attributionIn(run, [slowed], played([slowed]), true);
  };
  expect(waited(25_000)).toMatchObject({ outage: 2, noFault: 0 });
  expect(waited(32_000)).toMatchObject({ outage: 1, noFault: 1 });
});

test("attributionOf: a request that waited for an equal one, and then was answered by an attempt of its own, shares what hit the equal one's", () => {
  const withOwnAt = (arrivedMs: number) => {
    const run = failedWith({ status: 504, endMs: 40_000 }, { fate: "timeout", incident: "outage", phase: 0, status: null, end: "caller_gone", endedMs: 40_000 });
    run.good("red", 31_000, { firstTokenMs: 42_000, endMs: 42_500 });
    run.wire[run.wire.length - 1] = { ...run.wire.at(-1)!, arrivedMs };
    const stalled = { ...outage, signature: { ...outage.signature, fates: ["timeout"] as const } };
    return attributionIn(run, [stalled], played([stalled]), true);
  };
  expect(withOwnAt(40_001)).toMatchObject({ outage: 2, noFault: 0 });
  expect(withOwnAt(31_010)).toMatchObject({ outage: 1, noFault: 1 });
});

test("attributionOf: a wrong answer that the provider itself mixed up is not the gateway's", () => {
  const mixed = { effect: "mixed_up", incident: "outage", phase: 0, deployment: "primary" } as const;
  const atPrimary = { ...outage, affects: { ...reach, deployments: ["primary"] } };
  expect(attributionIn(otherAnswerAt(24_000, mixed), [atPrimary, sick])).toMatchObject({ outage: 1, sick: 0 });
});

test("attributionOf: a late answer that lost its time outside of its attempts is the gateway's, and one that lost it at the provider is not", () => {
  const late = (arrivedMs: number, endedMs: number) => {
    const run = new HandMadeRun();
    run.every(250, 0, 20_000, (atMs) => run.good("red", atMs));
    run.good("red", 30_000, { firstTokenMs: 33_000, endMs: 34_000 });
    run.wire[run.wire.length - 1] = { ...run.wire.at(-1)!, arrivedMs, endedMs };
    return run;
  };
  expect(attributionIn(late(32_500, 33_900), [sick])).toMatchObject({ sick: 1 });
  expect(attributionIn(late(30_001, 33_900), [sick])).toMatchObject({ sick: 0, noFault: 1 });
});

/** Red fails without an attempt from 60 s, when the fault is lifted, until `untilMs`, ten times a second. */
function afterwards(untilMs: number): HandMadeRun {
  const run = new HandMadeRun();
  run.every(100, 0, 60_000, (atMs) => run.good("red", atMs));
  run.every(100, 60_000, untilMs, (atMs) => void run.request("red", atMs, noAnswer));
  return run.every(100, untilMs, 100_001, (atMs) => run.good("red", atMs));
}

test("attributionOf: what is bad after the lifting, until the run has recovered, is the aftermath of the last fault lifted", () => {
  expect(attributionIn(afterwards(68_000), [outage])).toMatchObject({ outage: 0, "after outage": 80, noFault: 0 });
  const first = { ...outage, id: "first", toMs: 40_000, phases: [] };
  expect(attributionIn(afterwards(68_000), [{ ...outage, phases: [] }, first])).toMatchObject({ "after outage": 80, first: 0 });
});

test("attributionOf: there is no aftermath while a fault that reaches the cell is in force, and none after the recovery", () => {
  const onward = { ...dead, id: "onward", fromMs: 58_000, toMs: 100_000 };
  expect(attributionIn(afterwards(68_000), [outage, onward])).toMatchObject({ outage: 0, onward: 0, noFault: 80 });
  const run = afterwards(60_000);
  run.request("red", 95_000, noAnswer);
  expect(attributionIn(run, [outage])).toMatchObject({ outage: 0, noFault: 1 });
});

test("attributionOf: what can never make a request bad for its cause has no aftermath of it, and stands in the way of none", () => {
  const wrongOnly = (fault: Fault) => ({ ...fault, signature: { ...fault.signature, causes: ["wrong"] as const } });
  const meanwhile = wrongOnly({ ...sick, fromMs: 58_000, toMs: 100_000 });
  expect(attributionIn(afterwards(68_000), [outage, meanwhile])).toMatchObject({ "after outage": 80, sick: 0 });
  expect(attributionIn(afterwards(68_000), [wrongOnly({ ...outage, phases: [] })])).toMatchObject({ outage: 0, noFault: 80 });
});

test("attributionSentences: the verdict reports how much of the damage is attributed to overload, and of which deployment", () => {
  const faults = [outage];
  const run = failedWith({}, hit, full);
  const { reasons } = judge(run.plan({ faults }), run.records({ faults: played(faults) }), { arrivals: run.arrivals });
  expect(reasons.at(-1)).toBe(
    "1 (100 %) of 1 bad requests met the overload of fallback, where no fault was in force, 1 of them after a fault had hit them; 0 (0 %) were hit by faults alone.",
  );
  const alone = failedWith({}, hit);
  expect(judge(alone.plan({ faults }), alone.records({ faults: played(faults) }), { arrivals: alone.arrivals }).reasons.join()).not.toContain("overload");
});

test("attributionOf: a push is charged with what ran on its package, with what names none, and with answers that only it makes wrong, whatever they name", () => {
  const push = faultOf({
    id: "push",
    target: { components: ["gateway"], links: [] },
    affects: { cells, routes: ["main"], deployments: [], components: ["gateway"] },
    signature: { ...sick.signature, causes: ["error", "wrong"], statuses: [429], wrong: ["wrong_provider"], byPackage: true },
  });
  const run = new HandMadeRun();
  run.every(250, 0, 20_000, (atMs) => run.good("red", atMs, { package: "1@a" }));
  const refusedUnder = (atMs: number, name?: string) => run.request("red", atMs, { ...noAnswer, status: 429, ...(name !== undefined && { package: name }) });
  refusedUnder(30_000, "2@b");
  refusedUnder(31_000, "1@a");
  refusedUnder(32_000);
  run.good("red", 33_000, { package: "1@a", claimedDeployment: "fallback" });
  const { attribution } = judge(run.plan({ faults: [push] }), run.records({ faults: playedAt("push") }), { arrivals: run.arrivals });
  expect([attribution!.bad, attribution!.faults[0]!.requests, noFaultIn(attribution!)]).toEqual([4, 3, 1]);
});
