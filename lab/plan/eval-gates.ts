import type { PushGate } from "../../gateway/evals/gate-schema.ts";
import { pushGateSchema } from "../../gateway/evals/gate-schema.ts";
import type { Corpus } from "../../gateway/evals/core/corpus.ts";
import { resolveCorpus } from "../../gateway/evals/corpus-schema.ts";
import { schemaChecker } from "../../gateway/evals/schema-check.ts";
import type { Plan, SystemPrompt } from "../../kernel/plan.ts";
import type { Problem } from "../../scenarios/parse.ts";

export { schemaChecker };

type Evaluated = SystemPrompt & { readonly evals: NonNullable<SystemPrompt["evals"]> };

const evaluated = ({ systemPrompts = [] }: Plan): readonly Evaluated[] => systemPrompts.filter((prompt): prompt is Evaluated => prompt.evals !== null);

/** The corpora of a scenario's prompts, as files: the same questions in both harnesses. */
export function corporaOf(plan: Plan): readonly { readonly prompt: string; readonly corpus: object }[] {
  return evaluated(plan).map(({ name, evals: { questions, assert } }) => {
    const tests = Array.from({ length: questions }, (_, index) => ({ vars: { question: `Question ${index + 1} about ${name}` }, assert, metadata: { id: `${name}-${index + 1}` } }));
    return { prompt: name, corpus: { tests } };
  });
}

/** Simulated models answer alike each time, so that nothing is asked twice, and a gate ends within seconds. */
const settings = { repeats: 0, concurrency: 16 } as const;

/** The comparisons that a control plane makes before a push. `corpusAt`: path of the corpus of a prompt. */
export function evalGates(plan: Plan, corpusAt: (prompt: string) => string): readonly PushGate[] {
  return evaluated(plan).map(({ name, evals: { route, maxTokens } }) =>
    pushGateSchema.parse({ corpus: corpusAt(name), seed: plan.seed, settings, body: { model: route, prompt: { id: name }, messages: [{ role: "user", content: "{{question}}" }], max_tokens: maxTokens } }),
  );
}

/** What the eval gate would refuse of a scenario's corpora. The lab has no judge. */
export function evalProblems(plan: Plan): readonly Problem[] {
  return corporaOf(plan).flatMap(({ prompt, corpus }) => {
    const resolved = resolveCorpus(corpus);
    const place = ["systemPrompts", (plan.systemPrompts ?? []).findIndex(({ name }) => name === prompt), "evals"];
    const isJudged = "ok" in resolved && resolved.ok.cases.some(({ assertions }) => assertions.some(({ type }) => type === "judge"));
    if (isJudged) return [{ path: [...place, "assert"], message: "The lab has no judge: llm-rubric cannot be used" }];
    if ("ok" in resolved) return [];
    // Each case has the same assertions.
    return resolved.problems.filter(({ path }) => path[1] === 0).map(({ path, message }) => ({ path: [...place, ...path.slice(2)], message }));
  });
}

/** The corpus of a prompt as the gate reads it. */
export function corpusNamed(plan: Plan, prompt: string): Corpus {
  const found = corporaOf(plan).find((each) => each.prompt === prompt);
  const resolved = resolveCorpus(found?.corpus);
  if ("ok" in resolved) return resolved.ok;
  throw new Error(`The scenario has no corpus for "${prompt}"`);
}
