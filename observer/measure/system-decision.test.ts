import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { ClientRecord, WireRecord } from "../../kernel/records.ts";
import { judge } from "./judge.ts";
import { HandMadeRun, playedAt } from "./testing.ts";

const noAnswer = { status: 503, errorCode: "overloaded", firstTokenMs: null, finishReason: null } as const;
const ownError = { fate: "error", status: 500, tokensGenerated: 0, tokensSent: 0 } as const;

/** A request of red at 30 s that went wrong in this way, these attempts of it, and those of others around it. */
function gone(client: Partial<ClientRecord>, attempts: readonly Partial<WireRecord>[], others: readonly Partial<WireRecord>[] = [{ endedMs: 29_000 }]): HandMadeRun {
  const run = new HandMadeRun();
  run.every(250, 0, 19_000, (atMs) => run.good("red", atMs));
  const { requestId } = run.request("red", 30_000, client);
  for (const attempt of attempts) run.attempt({ requestId, arrivedMs: 30_000, ...attempt });
  for (const other of others) run.attempt({ requestId: "r-0", arrivedMs: 28_000, ...other });
  return run;
}

function shown(run: HandMadeRun) {
  const { ownDecision, unreachable, unattributed, overload } = judge(run.plan(), run.records(), { arrivals: run.arrivals }).attribution!;
  const counts = { ...ownDecision, unreachable, unattributed, overload };
  return Object.entries(counts).flatMap(([name, count]) => (count === 0 ? [] : [`${count} ${name}`]));
}

test("ownDecision: an error that no provider was asked for is the system's refusal while a deployment of the route answered", () => {
  expect(shown(gone(noAnswer, []))).toEqual(["1 refused"]);
  expect(shown(gone({ ...noAnswer, status: 429 }, []))).toEqual(["1 refused"]);
});

test("ownDecision: nothing is the system's own where no deployment of the route was seen to answer", () => {
  expect(shown(gone(noAnswer, [], []))).toEqual(["1 unattributed"]);
  expect(shown(gone(noAnswer, [], [{ endedMs: 19_999 }]))).toEqual(["1 unattributed"]);
  expect(shown(gone(noAnswer, [], [{ endedMs: 30_500 }]))).toEqual(["1 unattributed"]);
  expect(shown(gone(noAnswer, [], [{ endedMs: 29_000, deployment: "outsider" }]))).toEqual(["1 unattributed"]);
  expect(shown(gone(noAnswer, [], [{ endedMs: 29_000 }, { ...ownError, endedMs: 29_500 }]))).toEqual(["1 unattributed"]);
  expect(shown(gone(noAnswer, [], [{ endedMs: 29_000 }, { ...ownError, endedMs: 29_000 }]))).toEqual(["1 refused"]);
  expect(shown(gone(noAnswer, [], [{ endedMs: 29_000 }, { end: "caller_gone", status: null, endedMs: 29_500 }]))).toEqual(["1 refused"]);
  expect(shown(gone(noAnswer, [], [{ end: "caller_gone", status: null, endedMs: 29_500 }]))).toEqual(["1 unattributed"]);
});

test("ownDecision: an attempt that the system left while its provider was answering others was given up", () => {
  const left = { end: "caller_gone", status: null, endedMs: 30_400 } as const;
  expect(shown(gone({ ...noAnswer, status: 504 }, [left]))).toEqual(["1 gave_up"]);
  expect(shown(gone({ status: null, firstTokenMs: null, end: "timeout" }, [left]))).toEqual(["1 unattributed"]);
  expect(shown(gone({ ...noAnswer, status: 504 }, [left], []))).toEqual(["1 unattributed"]);
});

test("ownDecision: a request whose attempts failed by themselves was given up where another deployment of the route answered and was not asked", () => {
  const fallback = { deployment: "fallback", endedMs: 29_000 };
  expect(shown(gone({ status: 500 }, [ownError], [fallback]))).toEqual(["1 gave_up"]);
  expect(shown(gone({ status: 500 }, [ownError]))).toEqual(["1 unattributed"]);
  expect(shown(gone({ status: 500 }, [ownError, { ...ownError, deployment: "fallback" }], [fallback]))).toEqual(["1 unattributed"]);
});

/** Its answer came at 36 s; its only attempt lasted between these times. */
function lateWith(arrivedMs: number, endedMs: number): HandMadeRun {
  const run = gone({}, []);
  const { text, model } = run.good("red", 31_000, { endMs: 36_000, firstTokenMs: 35_000 });
  expect([text, model]).not.toContain(null);
  run.client.splice(-2, 1);
  run.arrivals.splice(-2, 1);
  run.wire[run.wire.length - 1] = { ...run.wire.at(-1)!, arrivedMs, endedMs };
  return run;
}

test("ownDecision: a late answer that would have been in time without what it spent outside of its attempts was held by the system", () => {
  expect(shown(lateWith(34_500, 35_500))).toEqual(["1 queued"]);
  expect(shown(lateWith(31_050, 35_500))).toEqual(["1 unattributed"]);
});

test("ownDecision: a system that forwards no request id proves nothing by what is missing in a log", () => {
  const run = gone(noAnswer, []);
  run.attempt({ requestId: "a digest", identity: "digest", arrivedMs: 25_000 });
  expect(shown(run)).toEqual(["1 unattributed"]);
});

test.each(["refused", "connect_timeout", "reset", "closed_early", "timeout"] as const)("isUnreachable: the client's connection ended as %s, with no byte of an answer and no attempt", (end) => {
  const silent = { end, status: null, firstByteMs: null, firstTokenMs: null, terminal: false, finishReason: null };
  expect(shown(gone(silent, []))).toEqual(["1 unreachable"]);
  expect(shown(gone({ ...silent, status: 200 }, []))).not.toContain("1 unreachable");
  expect(shown(gone(silent, [{ end: "caller_gone", status: null }]))).not.toContain("1 unreachable");
});

test("isUnreachable: where request ids are not forwarded, only a connection that was never made shows it", () => {
  const silent = { status: null, firstByteMs: null, firstTokenMs: null, terminal: false, finishReason: null };
  const untraced = (end: ClientRecord["end"]) => {
    const run = gone({ ...silent, end }, []);
    run.attempt({ requestId: "a digest", identity: "digest", arrivedMs: 25_000 });
    return shown(run);
  };
  expect(untraced("refused")).toEqual(["1 unreachable"]);
  expect(untraced("reset")).toEqual(["1 unattributed"]);
});

const overloaded = { deployment: "fallback", fate: "error", status: 529, tokensGenerated: 0, tokensSent: 0, load: { queuedMs: 0, slowedMs: 0, refused: "queue_full" } } as const;

const onlyErrors = { fates: [], effects: [], statuses: [], ends: [], causes: ["error"], wrong: [], unlogged: false } as const;

test("attributed: overload after a fault's lifting and before the recovery is its aftermath, and counted as overload too", () => {
  const outage = faultOf({ id: "outage", affects: { cells: ["red/chat/local"], routes: ["main"], deployments: ["primary"], components: [] }, signature: onlyErrors });
  const run = new HandMadeRun();
  run.every(250, 0, 60_000, (atMs) => run.good("red", atMs));
  const { requestId } = run.request("red", 61_000, noAnswer);
  run.attempt({ requestId, arrivedMs: 61_000, ...overloaded });
  run.every(250, 62_000, 100_001, (atMs) => run.good("red", atMs));
  const { attribution, reasons } = judge(run.plan({ faults: [outage] }), run.records({ faults: playedAt("outage") }), { arrivals: run.arrivals });
  expect(attribution).toMatchObject({ overload: 0, aftermathAndOverload: 1, faults: [{ fault: "outage", requests: 0, aftermath: 1 }], overloaded: [{ deployment: "fallback", refused: 1 }] });
  expect(reasons.at(-1)).toBe("1 (100 %) of 1 bad requests met the overload of fallback, where no fault was in force, 0 of them after a fault had hit them and 1 in the aftermath of one; 0 (0 %) were hit by faults alone.");
});

test("attributed: a system that is out of reach after a provider's outage is no aftermath of it; after a fault that ends the clients' connections so, it is", () => {
  const fault = { id: "f", affects: { cells: ["red/chat/local"], routes: ["main"], deployments: [], components: [] }, signature: { ...onlyErrors, ends: ["refused"] as const } };
  const run = new HandMadeRun();
  run.every(250, 0, 60_000, (atMs) => run.good("red", atMs));
  run.request("red", 61_000, { end: "refused", status: null, firstByteMs: null, firstTokenMs: null, terminal: false, finishReason: null });
  run.every(250, 62_000, 100_001, (atMs) => run.good("red", atMs));
  const attribution = (component: string) =>
    judge(run.plan({ faults: [faultOf({ ...fault, target: { components: [component], links: [] } })] }), run.records({ faults: playedAt("f") }), { arrivals: run.arrivals }).attribution;
  expect(attribution("provider-primary")).toMatchObject({ unreachable: 1, faults: [{ aftermath: 0 }] });
  expect(attribution("gateway")).toMatchObject({ unreachable: 0, faults: [{ aftermath: 1 }] });
});

test("attributionSentences: the verdict reports the system's own decisions, and how often the system was out of reach", () => {
  const run = gone(noAnswer, []);
  run.request("red", 30_001, { end: "refused", status: null, firstByteMs: null, firstTokenMs: null, terminal: false, finishReason: null });
  const { reasons } = judge(run.plan(), run.records(), { arrivals: run.arrivals });
  expect(reasons).toContain("1 (50 %) of 2 bad requests were the system's own decision while a deployment of their route was answering: 1 refused.");
  expect(reasons).toContain("1 (50 %) of 2 bad requests could not reach the system, and no fault explains it.");
});
