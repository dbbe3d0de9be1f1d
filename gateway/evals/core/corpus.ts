/** The vocabulary of the eval gate: what is asked of two versions, and how an answer is scored (docs/eval-gate.md). */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One requirement of an answer. `threshold` is the least score in [0, 1] that meets it. */
export type Assertion =
  | { readonly type: "equals"; readonly value: string }
  | { readonly type: "contains"; readonly value: string; readonly ignoreCase: boolean }
  | { readonly type: "regex"; readonly value: string }
  | { readonly type: "json_schema"; readonly schema: Json }
  | { readonly type: "json_difference"; readonly value: Json; readonly threshold: number }
  | { readonly type: "similarity"; readonly value: string; readonly threshold: number }
  | { readonly type: "judge"; readonly rubric: string };

export type DeterministicAssertion = Exclude<Assertion, { type: "judge" }>;

export interface EvalCase {
  readonly id: string;
  /**
   * Cases of a group are alike, so that their results are not independent: the group is what counts as one observation.
   * Null: of its own.
   */
  readonly group: string | null;
  /** A case that the candidate may not fail, whatever the others do. */
  readonly must: boolean;
  /** Passed to each version with every request: the prompt's variables. */
  readonly vars: Readonly<Record<string, Json>>;
  readonly assertions: readonly Assertion[];
}

/** An answer whose verdict people have agreed on: it checks the judge, not the versions. */
export interface LabelledAnswer {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  readonly rubric: string;
  readonly passes: boolean;
}

export interface Corpus {
  readonly cases: readonly EvalCase[];
  readonly labelled: readonly LabelledAnswer[];
}

/** Whether a judge is needed: some assertion is not deterministic. */
export function needsJudge({ cases }: Corpus): boolean {
  return cases.some(({ assertions }) => assertions.some(({ type }) => type === "judge"));
}
