import { expect, test } from "vitest";
import type { Plan } from "../../kernel/plan.ts";
import { judge } from "./judge.ts";
import { HandMadeRun, somebodysTool, legOf, markOf, digestOf } from "./testing.ts";

const booksOf = (run: HandMadeRun, plan: Partial<Plan> = {}) => judge(run.plan(plan), run.records(), { arrivals: run.arrivals }).books;

function honest(): HandMadeRun {
  const run = new HandMadeRun();
  run.good("red", 0);
  run.failed("blue", 10);
  return run;
}

test("booksOf: an answer and a provider's error are joined to their attempts", () => {
  expect(booksOf(honest())).toEqual({
    offered: 2,
    sent: 2,
    dropped: 0,
    joined: 2,
    reused: 0,
    errorWithoutAttempt: 0,
    clientAborts: 0,
    unexplained: 0,
    orphanAttempts: 0,
    balanced: true,
    problems: [],
  });
});

test("booksOf: each other explanation has its column, and the books still balance", () => {
  const run = honest();
  run.request("red", 20, { text: run.client[0]!.text });
  run.request("red", 30, { status: 503, errorCode: "overloaded", terminal: true });
  run.loadSource = somebodysTool;
  run.request("red", 40, { end: "aborted", terminal: false, status: null });
  run.request("red", 50, { end: "dropped", sentMs: null, status: null });
  expect(booksOf(run)).toMatchObject({ sent: 5, dropped: 1, joined: 2, reused: 1, errorWithoutAttempt: 1, clientAborts: 1, balanced: true });
});

test("booksOf: the observer's own probes are no orphans", () => {
  const run = honest();
  run.attempt({ requestId: "canary-main-3" });
  expect(booksOf(run)).toMatchObject({ orphanAttempts: 0, balanced: true });
});

test("booksOf: systems that forward no request id are joined by the answer alone", () => {
  const run = new HandMadeRun();
  const mark = markOf({ answerId: "x", digest: digestOf("red") });
  run.attempt({ requestId: "d-1234", identity: "digest", answerId: mark.answerId, digest: mark.digest });
  run.request("red", 0, { text: legOf(mark) });
  expect(booksOf(run)).toMatchObject({ joined: 1, orphanAttempts: 0, balanced: true });
});

test.each<[string, (run: HandMadeRun) => Partial<Plan> | void, RegExp]>([
  ["a record too few", () => ({ arrivalCount: 3 }), /3 requests were offered.*2 sent and 0 dropped/],
  ["a success that no provider gave", (run) => void run.request("red", 20, { text: legOf(markOf({ answerId: "nobody's", digest: digestOf("red") })) }), /1 request \(r-2\): answered/],
  ["a success without a text and without an attempt", (run) => void run.request("red", 20, {}), /r-2.*no provider's log explains/],
  ["an answer unknown to the logs, in spite of an attempt", (run) => {
    run.attempt({ requestId: "r-2", fate: "error", status: 500 });
    run.request("red", 20, { text: legOf(markOf({ answerId: "nobody's", digest: digestOf("red") })) });
  }, /r-2.*no provider's log explains/],
  ["an attempt for a request that no client sent", (run) => run.attempt({ requestId: "r-99" }), /r-99.*no client sent it/],
  ["an attempt for a request that was dropped", (run) => {
    run.attempt({ requestId: "r-2" });
    run.request("red", 20, { end: "dropped", sentMs: null, status: null });
  }, /r-2.*no client sent it/],
  ["two records of one request", (run) => void run.request("red", 20, { requestId: "r-0", text: run.client[0]!.text }), /r-0.*more than one client record/],
  ["a cell that is not planned", (run) => void run.good("violet", 20), /r-2.*not in the plan/],
  ["a record that is both dropped and sent", (run) => void run.request("red", 20, { end: "dropped" }), /r-2.*both sent and dropped/],
  ["a request at another time than planned", (run) => {
    run.good("red", 20);
    run.arrivals[2] = { ...run.arrivals[2]!, atMs: 500 };
  }, /r-2.*not the arrival that was planned/],
])("booksOf: %s unbalances them, and the problem names it", (_, disturb, problem) => {
  const run = honest();
  const plan = disturb(run) ?? {};
  const books = booksOf(run, plan);
  expect(books.balanced).toBe(false);
  expect(books.problems.join("\n")).toMatch(problem);
});

test("booksOf: a problem names the first three requests at most", () => {
  const run = honest();
  for (let index = 0; index < 5; index++) run.attempt({ requestId: `stray-${index}` });
  expect(booksOf(run).problems).toEqual(["5 requests (stray-0, stray-1, stray-2, …): in a provider's log, and no client sent it"]);
});
