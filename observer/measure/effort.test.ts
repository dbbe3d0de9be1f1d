import { expect, test } from "vitest";
import { classify, type Judged } from "./classify.ts";
import { effortOf } from "./effort.ts";
import { knowledgeOf } from "./knowledge.ts";
import { digestOf, HandMadeRun, legOf, markOf, planOf, wordCount } from "./testing.ts";

const tokens = wordCount + 2;

function judgedIn(run: HandMadeRun): readonly Judged[] {
  const knowledge = knowledgeOf(planOf({ cacheDeclared: true }), run.records(), run.arrivals);
  return run.client.map((record) => classify(record, knowledge));
}

const effort = (run: HandMadeRun, judged: readonly Judged[], of = judged) => effortOf(of, { wire: run.wire, all: judged, arrived: () => true });

test("effortOf: an answer that a client of another span got is no waste, and what nobody got is", () => {
  const run = new HandMadeRun();
  const waiting = run.request("red", 19_000, { text: legOf(markOf({ answerId: "r-1", digest: digestOf("red") })) });
  run.good("red", 20_000, { text: "", end: "reset", terminal: false });
  const judged = judgedIn(run);
  expect(judged.map(({ record }) => record.requestId)).toEqual([waiting.requestId, "r-1"]);
  expect(effort(run, judged, judged.slice(1))).toEqual({ attempts: 1, amplification: 1, tokenWaste: 0 });
  expect(effort(run, judged.slice(1))).toEqual({ attempts: 1, amplification: 1, tokenWaste: 1 });
});

test("effortOf: of several clients the one that got most of an answer counts, and none gets more than was generated", () => {
  const run = new HandMadeRun();
  const mark = markOf({ answerId: "r-0", digest: digestOf("red") });
  run.good("red", 0, { text: legOf(mark, 1, 2, true) });
  run.request("red", 10, { text: legOf(mark, 1, 4, true) });
  const judged = judgedIn(run);
  expect(effort(run, judged, judged.slice(0, 1)).tokenWaste).toBeCloseTo((tokens - 5) / tokens, 12);
  run.wire[0] = { ...run.wire[0]!, tokensGenerated: 3 };
  expect(effort(run, judged, judged.slice(0, 1)).tokenWaste).toBe(0);
});
