import type { DeterministicAssertion, Json } from "./corpus.ts";
import { jsonLikeness } from "./json-likeness.ts";
import { tokenSimilarity } from "./token-similarity.ts";

/** What an assertion says of an answer: whether it is met, how well in [0, 1], and why not. */
export interface Score {
  readonly passes: boolean;
  readonly score: number;
  readonly reason: string;
}

/** Null: the value conforms. Else what does not. The rim brings a validator (ajv). */
export type SchemaProblem = (schema: Json, value: Json) => string | null;

/** Scores one answer by one deterministic assertion. White space around the answer is not part of it. */
export function scoreAnswer(assertion: DeterministicAssertion, text: string, schemaProblem: SchemaProblem): Score {
  const answer = text.trim();
  switch (assertion.type) {
    case "equals":
      return verdict(answer === assertion.value.trim(), "differs from the expected text");
    case "contains":
      return verdict(contains(answer, assertion.value, assertion.ignoreCase), `does not contain ${JSON.stringify(assertion.value)}`);
    case "regex":
      return verdict(new RegExp(assertion.value, "u").test(answer), `does not match /${assertion.value}/`);
    case "json_schema":
      return ofJson(answer, (value) => {
        const problem = schemaProblem(assertion.schema, value);
        return verdict(problem === null, `does not conform to the schema: ${problem}`);
      });
    case "json_difference":
      return ofJson(answer, (value) => graded(jsonLikeness(assertion.value, value), assertion.threshold));
    case "similarity":
      return graded(tokenSimilarity(assertion.value, answer), assertion.threshold);
  }
}

function contains(answer: string, part: string, ignoreCase: boolean): boolean {
  return ignoreCase ? answer.toLowerCase().includes(part.toLowerCase()) : answer.includes(part);
}

function verdict(passes: boolean, reason: string): Score {
  return passes ? { passes, score: 1, reason: "" } : { passes, score: 0, reason };
}

function graded(score: number, threshold: number): Score {
  const passes = score >= threshold;
  return { passes, score, reason: passes ? "" : `scores ${score.toFixed(2)}, ${threshold.toFixed(2)} is required` };
}

function ofJson(answer: string, scored: (value: Json) => Score): Score {
  let value: Json;
  try {
    value = JSON.parse(answer) as Json;
  } catch {
    return verdict(false, "is not JSON");
  }
  return scored(value);
}
