import { expect, test } from "vitest";
import type { Plan } from "../../kernel/plan.ts";
import { corporaOf, corpusNamed, evalGates, evalProblems } from "./eval-gates.ts";

const planWith = (assert: readonly object[]): Plan =>
  ({ seed: 7, systemPrompts: [{ name: "plain", text: "x", evals: null }, { name: "support", text: "x", evals: { questions: 2, route: "chat", maxTokens: 9, assert } }] }) as Partial<Plan> as Plan;

const plan = planWith([{ type: "regex", value: "a" }]);

test("evalGates: one comparison for each prompt that has questions, asked by its name", () => {
  const [gate, ...others] = evalGates(plan, (prompt) => `at/${prompt}`);
  expect(others).toEqual([]);
  expect(gate).toMatchObject({ corpus: "at/support", seed: 7, body: { model: "chat", prompt: { id: "support" }, max_tokens: 9 } });
});

test("corpusNamed: every question is another one and has the scenario's assertions", () => {
  const { cases } = corpusNamed(plan, "support");
  expect(cases.map(({ id }) => id)).toEqual(["support-1", "support-2"]);
  expect(new Set(cases.map(({ vars }) => vars["question"])).size).toBe(2);
  expect(cases[0]!.assertions).toEqual([{ type: "regex", value: "a" }]);
  expect(corporaOf(plan)).toHaveLength(1);
});

test.each([
  ["an unknown type", { type: "looks-good" }, ["systemPrompts", 1, "evals", "assert", 0, "type"]],
  ["a regular expression that is none", { type: "regex", value: "(" }, ["systemPrompts", 1, "evals", "assert", 0, "value"]],
  ["a judge", { type: "llm-rubric", value: "polite" }, ["systemPrompts", 1, "evals", "assert"]],
])("evalProblems: %s is refused once, in its place", (_, assertion, path) => {
  expect(evalProblems(planWith([assertion])).map((problem) => problem.path)).toEqual([path]);
});

test("evalProblems: assertions that the gate can check are no problem", () => {
  expect(evalProblems(plan)).toEqual([]);
});
