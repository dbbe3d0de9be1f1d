import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { ClientRecord, WireRecord } from "../../kernel/records.ts";
import { judge } from "./judge.ts";
import { HandMadeRun, digestOf, fallback, legOf, markOf, primary, wordCount } from "./testing.ts";

const outage = faultOf({ id: "outage", title: "Outage of primary" });

function judged(run: HandMadeRun, cacheDeclared = false) {
  return judge(run.plan({ faults: [outage], cacheDeclared }), run.records(), { arrivals: run.arrivals });
}

/** An answer reported this usage; its attempt read 5 tokens and generated 8, unless it is changed. */
function reported(usage: ClientRecord["usage"], attempt: Partial<WireRecord> = {}, client: Partial<ClientRecord> = {}): HandMadeRun {
  const run = new HandMadeRun();
  run.good("red", 1_000);
  run.good("red", 30_000, { usage, ...client });
  run.wire[1] = { ...run.wire[1]!, ...attempt };
  return run;
}

const usageIn = (run: HandMadeRun) => judged(run).reportedUsage!;

test("reportedUsageOf: an answer that reported what its provider logged is right", () => {
  expect(usageIn(reported({ inputTokens: 5, outputTokens: 8 }))).toEqual({
    compared: 1,
    wrong: 0,
    classes: [
      {
        deployment: "primary",
        form: "stream",
        source: "own",
        compared: 1,
        unreported: 0,
        wrong: 0,
        faults: [],
        reported: { inputTokens: 5, outputTokens: 8 },
        logged: { inputTokens: 5, outputTokens: 8 },
      },
    ],
  });
});

test.each([
  [{ inputTokens: 50, outputTokens: 8 }, 1],
  [{ inputTokens: 5, outputTokens: 80 }, 1],
  [{ inputTokens: 0, outputTokens: 0 }, 1],
  [{ inputTokens: 6, outputTokens: 7 }, 0],
  [{ inputTokens: 7, outputTokens: 8 }, 1],
])("reportedUsageOf: %o for 5 and 8: off by more than one token and one percent is wrong", (usage, wrong) => {
  expect(usageIn(reported(usage)).wrong).toBe(wrong);
});

test("reportedUsageOf: one percent of many tokens is tolerated, and more is not", () => {
  const many = { inputTokens: 1_000, tokensGenerated: 8 };
  expect(usageIn(reported({ inputTokens: 1_010, outputTokens: 8 }, many)).wrong).toBe(0);
  expect(usageIn(reported({ inputTokens: 989, outputTokens: 8 }, many)).wrong).toBe(1);
});

test("reportedUsageOf: what a provider counted wrong because of a fault is that fault's, the rest the system's own", () => {
  const ten = { inputTokens: 50, outputTokens: 80 };
  const spoiled = judged(reported(ten, { incident: "outage", phase: 0, effect: "wrong_usage" }));
  expect(spoiled.reportedUsage).toMatchObject({ wrong: 1, classes: [{ faults: [{ fault: "outage", requests: 1 }] }] });
  expect(spoiled.reasons).toContain("1 (100 %) of 1 answers reported another usage than the providers logged: 1 by Outage of primary.");
  const own = judged(reported(ten));
  expect(own.reportedUsage).toMatchObject({ wrong: 1, classes: [{ faults: [] }] });
  expect(own.reasons).toContain("1 (100 %) of 1 answers reported another usage than the providers logged: 1 by the system itself.");
});

test("reportedUsageOf: an answer without usage is not reported, one that broke off or is in no log is not compared, and JSON is a class of its own", () => {
  expect(usageIn(reported(null))).toMatchObject({ compared: 0, classes: [{ compared: 0, unreported: 1 }] });
  expect(usageIn(reported({ inputTokens: 5, outputTokens: 8 }, {}, { terminal: false })).classes).toEqual([]);
  expect(usageIn(reported({ inputTokens: 5, outputTokens: 8 }, { answerId: "another" })).classes).toEqual([]);
  expect(usageIn(reported({ inputTokens: 5, outputTokens: 8 }, {}, { stream: false })).classes).toMatchObject([{ form: "json", wrong: 0 }]);
});

test("reportedUsageOf: an answer that another request's attempt gave is compared with that attempt", () => {
  const run = new HandMadeRun();
  run.good("red", 1_000);
  const first = run.good("red", 29_000, { usage: { inputTokens: 5, outputTokens: 8 } });
  run.request("red", 30_000, { text: first.text, model: primary.model, claimedDeployment: "primary", usage: { inputTokens: 5, outputTokens: 8 } });
  expect(judged(run, true).reportedUsage).toMatchObject({ compared: 2, wrong: 0, classes: [{ source: "other_request", compared: 1 }, { source: "own", compared: 1 }] });
});

/**
 * The primary broke off after four words, having generated eight; the fallback gave the last two, and read the four
 * besides.
 */
function continued(usage: ClientRecord["usage"]): HandMadeRun {
  const run = new HandMadeRun();
  run.good("red", 1_000);
  const first = markOf({ answerId: "first", digest: digestOf("red") });
  const second = markOf({ answerId: "second", deployment: fallback, digest: digestOf("red") });
  run.attempt({ requestId: "r-1", arrivedMs: 30_000, answerId: first.answerId, end: "broken", inputTokens: 5, tokensGenerated: 8 });
  run.attempt({ requestId: "r-1", arrivedMs: 30_300, answerId: second.answerId, deployment: "fallback", inputTokens: 9, tokensGenerated: 4 });
  run.request("red", 30_000, { text: `${legOf(first, 1, 4, true)} ${legOf(second, 5, wordCount)}`, model: fallback.model, usage });
  return run;
}

test.each([
  [{ inputTokens: 14, outputTokens: 12 }, 0],
  [{ inputTokens: 5, outputTokens: 9 }, 0],
  [{ inputTokens: 14, outputTokens: 7 }, 1],
  [{ inputTokens: 17, outputTokens: 12 }, 1],
])("reportedUsageOf: an answer of two legs reported %o: from what was delivered to all that was read and generated", (usage, wrong) => {
  expect(usageIn(continued(usage))).toMatchObject({ compared: 1, wrong, classes: [{ deployment: null }] });
});
