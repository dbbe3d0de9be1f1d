import { expect, test } from "vitest";
import type { ClientRecord } from "../../kernel/records.ts";
import { classify } from "./classify.ts";
import { knowledgeOf } from "./knowledge.ts";
import { wordCount, digestOf, fallback, HandMadeRun, legOf, markOf, outsider, planOf, primary } from "./testing.ts";

/** A run in which request 0 (red) and 1 (blue) were answered honestly, and 2 (red) as `make` says. */
function wrongIn(make: (run: HandMadeRun) => ClientRecord, options: { cacheDeclared?: boolean; arrivals?: boolean } = {}) {
  const run = new HandMadeRun();
  run.good("red", 0);
  run.good("blue", 0);
  const record = make(run);
  const knowledge = knowledgeOf(planOf({ cacheDeclared: options.cacheDeclared ?? false }), run.records(), options.arrivals === false ? [] : run.arrivals);
  return classify(record, knowledge).wrong?.kind ?? null;
}

/** Request 2, with a provider's log of its own answer by `deployment` to `digest`. */
function answeredBy(run: HandMadeRun, mark: ReturnType<typeof markOf>, changes: Partial<ClientRecord> = {}): ClientRecord {
  run.attempt({ requestId: "r-2", answerId: mark.answerId, digest: mark.digest });
  return run.request("red", 0, { text: legOf(mark), ...changes });
}

test("wrongOf: an honest answer, by the fallback too, is not wrong", () => {
  expect(wrongIn((run) => run.good("red", 0))).toBeNull();
  expect(wrongIn((run) => run.good("red", 0, { deployment: fallback }))).toBeNull();
});

test("wrongOf: a response that names the route as its model claims nothing", () => {
  expect(wrongIn((run) => run.good("red", 0, { model: "main" }))).toBeNull();
});

test("wrongOf: an answer first given to another team is cross_tenant, with or without a cache", () => {
  const stolen = (run: HandMadeRun) => run.request("red", 0, { text: run.client[1]!.text });
  expect(wrongIn(stolen)).toBe("cross_tenant");
  expect(wrongIn(stolen, { cacheDeclared: true })).toBe("cross_tenant");
});

test("wrongOf: another request's answer is foreign_answer, unless a cache is declared and the intent is the same", () => {
  const reused = (run: HandMadeRun) => run.request("red", 0, { text: run.client[0]!.text });
  expect(wrongIn(reused)).toBe("foreign_answer");
  expect(wrongIn(reused, { cacheDeclared: true })).toBeNull();
});

test("wrongOf: the answer to one of the observer's probes is foreign_answer, cache or not", () => {
  const probes = (run: HandMadeRun) => {
    const mark = markOf({ answerId: "canary-main-1", digest: digestOf("nobody") });
    run.attempt({ requestId: "canary-main-1", answerId: mark.answerId });
    return run.request("red", 0, { text: legOf(mark) });
  };
  expect(wrongIn(probes)).toBe("foreign_answer");
  expect(wrongIn(probes, { cacheDeclared: true })).toBe("foreign_answer");
});

test("wrongOf: an answer to another of the team's questions is other_intent: by the arrivals, and by the wire log without them", () => {
  const falseHit = (run: HandMadeRun) => answeredBy(run, markOf({ answerId: "x", digest: digestOf("red", "two") }));
  expect(wrongIn(falseHit)).toBe("other_intent");
  const garbledOnTheWay = (run: HandMadeRun) => {
    run.attempt({ requestId: "r-2", answerId: null, digest: digestOf("red", "one") });
    const mark = markOf({ answerId: "x", digest: digestOf("red", "two") });
    return run.request("red", 0, { text: legOf(mark) });
  };
  expect(wrongIn(garbledOnTheWay, { arrivals: false })).toBe("other_intent");
});

test("wrongOf: an answer to what only another team asks is other_intent even where no log knows the answer", () => {
  const foreign = (run: HandMadeRun) => run.request("red", 0, { text: legOf(markOf({ answerId: "x", digest: digestOf("blue") })) });
  expect(wrongIn(foreign, { arrivals: false })).toBe("other_intent");
});

test("wrongOf: an answer to a message that no client sends is transformed", () => {
  expect(wrongIn((run) => answeredBy(run, markOf({ answerId: "x", digest: digestOf("nobody") })))).toBe("transformed");
});

test("wrongOf: a deployment outside the route's is wrong_provider", () => {
  expect(wrongIn((run) => answeredBy(run, markOf({ answerId: "x", deployment: outsider, digest: digestOf("red") })))).toBe("wrong_provider");
});

test("wrongOf: a deployment other than the one that the response names is wrong_provider", () => {
  const mark = markOf({ answerId: "x", deployment: fallback, digest: digestOf("red") });
  expect(wrongIn((run) => answeredBy(run, mark, { claimedDeployment: primary.name }))).toBe("wrong_provider");
});

test("wrongOf: a model that is not the deployment's own is wrong_model", () => {
  expect(wrongIn((run) => answeredBy(run, markOf({ answerId: "x", model: "model-two", digest: digestOf("red") })))).toBe("wrong_model");
});

test("wrongOf: a model other than the one that the response names is wrong_model", () => {
  expect(wrongIn((run) => answeredBy(run, markOf({ answerId: "x", digest: digestOf("red") }), { model: "model-two" }))).toBe("wrong_model");
});

test("wrongOf: an answer that goes on after the words that were asked for has words that are not its own", () => {
  const mark = markOf({ answerId: "x", digest: digestOf("red") });
  expect(wrongIn((run) => answeredBy(run, mark))).toBeNull();
  expect(wrongIn((run) => answeredBy(run, mark, { text: legOf(mark, 1, wordCount + 1) }))).toBe("foreign_word");
  const next = markOf({ answerId: "y", deployment: fallback, digest: digestOf("red") });
  const continued = `${legOf(mark, 1, wordCount - 1, true)} ${legOf(next, wordCount, wordCount + 1)}`;
  expect(wrongIn((run) => answeredBy(run, next, { text: continued }))).toBeNull();
});

test("wrongOf: a damaged text has the name of its damage, and graver findings go first", () => {
  const damaged = (text: string) => text.split(" ").toSpliced(3, 1).join(" ");
  expect(wrongIn((run) => answeredBy(run, markOf({ answerId: "x", digest: digestOf("red") }), { text: damaged(run.client[0]!.text) }))).toBe("foreign_answer");
  expect(wrongIn((run) => run.good("red", 0, { text: damaged(legOf(markOf({ answerId: "r-2", digest: digestOf("red") }))) }))).toBe("lost");
});
