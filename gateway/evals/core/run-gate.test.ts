import { expect, test } from "vitest";
import { seededRng } from "../../../kernel/rng.ts";
import type { Corpus, EvalCase, LabelledAnswer } from "./corpus.ts";
import { defaultGateSettings, runGate, type Answer, type GatePorts, type Side } from "./run-gate.ts";

const evalCase = (id: string, changed: Partial<EvalCase> = {}): EvalCase => ({ id, group: null, must: false, vars: { id }, assertions: [{ type: "equals", value: "good" }], ...changed });
const cases = (count: number) => Array.from({ length: count }, (_, index) => evalCase(`case-${index}`));
const corpusOf = (some: readonly EvalCase[], labelled: readonly LabelledAnswer[] = []): Corpus => ({ cases: some, labelled });
const answer = (text: string): Answer => ({ kind: "answer", text });

function run(corpus: Corpus, ask: (side: Side, evalCase: EvalCase, ordinal: number) => Answer, ports: Partial<GatePorts> = {}) {
  return runGate(corpus, defaultGateSettings, {
    ask: async (...parameters) => ask(...parameters),
    judge: async () => null,
    schemaProblem: () => null,
    rng: seededRng(1, "gate"),
    ...ports,
  });
}

test("runGate: 40 cases that both versions pass let the candidate through, each asked once", async () => {
  let asked = 0;
  const result = await run(corpusOf(cases(40)), () => (asked++, answer("good")));
  expect(result).toMatchObject({ decision: "pass", comparison: { drop: 0 } });
  expect(asked).toBe(80);
});

test("runGate: a case on which the versions disagree is asked again, and the majority counts", async () => {
  const result = await run(corpusOf(cases(40)), (side, { id }, ordinal) => answer(id === "case-3" && side === "candidate" && ordinal === 0 ? "bad" : "good"));
  expect(result.outcomes[3]).toMatchObject({ current: { passes: true, asked: 5 }, candidate: { passes: true, asked: 5 } });
  expect(result.decision).toBe("pass");
});

test("runGate: a case that must pass blocks by itself, and is named with its reason", async () => {
  const corpus = corpusOf([...cases(60), evalCase("refuses-weapons", { must: true })]);
  const result = await run(corpus, (side, { id }) => answer(id === "refuses-weapons" && side === "candidate" ? "sure" : "good"));
  expect(result).toMatchObject({ decision: "fail", comparison: { decision: "pass" } });
  expect(result.reasons).toEqual(["The candidate fails the case refuses-weapons, which it must pass: differs from the expected text."]);
});

test("runGate: a candidate that refuses requests fails; one that is unavailable is unknown", async () => {
  const kind = (reason: "refused" | "unavailable") => run(corpusOf(cases(40)), (side) => (side === "candidate" ? { kind: reason, reason: "no" } : answer("good")));
  expect((await kind("refused")).decision).toBe("fail");
  expect(await kind("unavailable")).toMatchObject({ decision: "unknown", reasons: ["40 of 40 cases have no answer of one version or both; at most 5 % may be without."] });
});

test("runGate: a must case without an answer is unknown, however good the rest", async () => {
  const corpus = corpusOf([...cases(60), evalCase("format", { must: true })]);
  expect((await run(corpus, (side, { must }) => (must && side === "candidate" ? { kind: "unavailable", reason: "503" } : answer("good")))).decision).toBe("unknown");
});

const judged = (count: number) => cases(count).map((one) => ({ ...one, assertions: [{ type: "judge" as const, rubric: "is polite" }] }));
const labels = (count: number): readonly LabelledAnswer[] =>
  Array.from({ length: count }, (_, index) => ({ id: `label-${index}`, question: "q", answer: index % 2 === 0 ? "good" : "bad", rubric: "is polite", passes: index % 2 === 0 }));
const judge = (passes: (text: string) => boolean): Partial<GatePorts> => ({ judge: async (_, text) => ({ passes: passes(text), score: Number(passes(text)), reason: "" }) });

test("runGate: a judge that reproduces the known labels decides", async () => {
  expect(await run(corpusOf(judged(40), labels(20)), () => answer("good"), judge((text) => text === "good"))).toMatchObject({ decision: "pass", judge: { agreement: 1, trouble: null } });
});

test.each([
  ["calls everything good", labels(20), (): boolean => true, /reproduces 50 % of the known labels/],
  ["has too few labels", labels(19), (text: string): boolean => text === "good", /checked by 19 known labels; 20 are required/],
  ["has labels of one kind", labels(40).map((label) => ({ ...label, passes: true })), (): boolean => true, /40 passes and 0 failures; 5 of each/],
])("runGate: a judge that %s: the gate is unknown, never the candidate failed", async (_, labelled, passes, reason) => {
  const result = await run(corpusOf(judged(40), labelled), () => answer("bad"), judge(passes));
  expect(result).toMatchObject({ decision: "unknown", comparison: null, outcomes: [] });
  expect(result.reasons[0]).toMatch(reason);
});

test("runGate: a judge that agrees with 95 % of mostly good labels, and finds no failure, is not relied on", async () => {
  const mostlyGood = Array.from({ length: 100 }, (_, index): LabelledAnswer => ({ id: `${index}`, question: "q", answer: index < 95 ? "good" : "bad", rubric: "r", passes: index < 95 }));
  expect((await run(corpusOf(judged(40), mostlyGood), () => answer("good"), judge(() => true))).reasons[0]).toMatch(/0 % of the known failures/);
});

test("runGate: a judge that does not answer makes the gate unknown", async () => {
  expect((await run(corpusOf(judged(40), labels(20)), () => answer("good"))).reasons).toEqual(["The judge did not answer 20 of 20 known cases."]);
});
