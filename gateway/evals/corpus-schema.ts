import { z } from "zod";
import { problemsOf, type ConfigProblem, type Resolution } from "../config/problem.ts";
import type { Assertion, Corpus, EvalCase } from "./core/corpus.ts";

/**
 * A corpus is a YAML file in the words of promptfoo's `tests:`, as far as they need neither an embedding nor a program:
 * promptfoo reads the file as it is, but for the two types that are our own (`json-difference`, `token-similarity`).
 * Unknown types and settings are refused, never skipped: an assertion that nobody checks would pass. Source:
 * promptfoo.dev, Test cases and Assertions.
 */
const share = z.number().min(0).max(1);
const text = z.string().min(1);
const regex = text.refine(isRegex, "Not a regular expression");

const assertionSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("equals"), value: text }),
  z.strictObject({ type: z.literal("contains"), value: text }),
  z.strictObject({ type: z.literal("icontains"), value: text }),
  z.strictObject({ type: z.literal("regex"), value: regex }),
  z.strictObject({ type: z.literal("is-json"), value: z.record(z.string(), z.json()).default({}).describe("A JSON schema; without one, any JSON") }),
  z.strictObject({ type: z.literal("json-difference"), value: z.json(), threshold: share.default(1) }),
  z.strictObject({ type: z.literal("token-similarity"), value: text, threshold: share.default(0.75) }),
  z.strictObject({ type: z.literal("llm-rubric"), value: text.describe("What a good answer is, for the judge") }),
]);

const testSchema = z.strictObject({
  description: text.optional(),
  vars: z.record(z.string(), z.json()).default({}),
  assert: z.array(assertionSchema).min(1, "A case without an assertion passes always"),
  metadata: z
    .strictObject({
      id: text.optional().describe("How results name the case; its description, else its place, if not given"),
      group: text.optional().describe("Cases that are alike: a group is one observation"),
      must: z.boolean().default(false).describe("The candidate may not fail it"),
    })
    .prefault({}),
});

const corpusSchema = z.strictObject({
  description: text.optional(),
  tests: z.array(testSchema).min(1).max(20_000),
  labelled: z.array(z.strictObject({ id: text, question: text, answer: text, rubric: text, passes: z.boolean() })).default([]).describe("Answers with agreed verdicts, which check the judge: at least 20"),
});

type CorpusFile = z.output<typeof corpusSchema>;

/** A corpus of its file's content, or all that is wrong with it. */
export function resolveCorpus(value: unknown): Resolution<Corpus> {
  const read = corpusSchema.safeParse(value);
  if (!read.success) return { problems: read.error.issues.flatMap(problemsOf) };
  const { tests, labelled } = read.data;
  const twice = idProblems(read.data);
  return twice.length > 0 ? { problems: twice } : { ok: { cases: tests.map(caseOf), labelled } };
}

function idProblems(file: CorpusFile): readonly ConfigProblem[] {
  const seen = new Map<string, number>();
  return file.tests.flatMap((test, index) => {
    const id = idOf(test, index);
    const first = seen.get(id);
    seen.set(id, first ?? index);
    return first === undefined ? [] : [{ path: ["tests", index], message: `The case ${id} is tests[${first}] already; give one of them metadata.id` }];
  });
}

const idOf = ({ metadata, description }: CorpusFile["tests"][number], index: number) => metadata.id ?? description ?? `tests[${index}]`;

function caseOf(test: CorpusFile["tests"][number], index: number): EvalCase {
  const { group = null, must } = test.metadata;
  return { id: idOf(test, index), group, must, vars: test.vars, assertions: test.assert.map(assertionOf) };
}

function assertionOf(assertion: z.output<typeof assertionSchema>): Assertion {
  switch (assertion.type) {
    case "equals":
    case "regex":
      return assertion;
    case "contains":
    case "icontains":
      return { type: "contains", value: assertion.value, ignoreCase: assertion.type === "icontains" };
    case "is-json":
      return { type: "json_schema", schema: assertion.value };
    case "json-difference":
      return { type: "json_difference", value: assertion.value, threshold: assertion.threshold };
    case "token-similarity":
      return { type: "similarity", value: assertion.value, threshold: assertion.threshold };
    case "llm-rubric":
      return { type: "judge", rubric: assertion.value };
  }
}

function isRegex(source: string): boolean {
  try {
    void new RegExp(source, "u");
    return true;
  } catch {
    return false;
  }
}
