import type { Rng } from "../../../kernel/rng.ts";
import { mean } from "../../../kernel/stats.ts";
import { checkJudge, type JudgeCheck } from "./check-judge.ts";
import { compareVersions, type CompareSettings, type Comparison, type PairedResult } from "./compare.ts";
import { needsJudge, type Assertion, type Corpus, type EvalCase } from "./corpus.ts";
import { inOrder } from "./in-order.ts";
import { scoreAnswer, type SchemaProblem, type Score } from "./score.ts";

export type Side = "current" | "candidate";

/**
 * `refused`: the version does not answer this request, which counts as a failed answer. `unavailable`: nothing is
 * learnt of the version.
 */
export type Answer =
  | { readonly kind: "answer"; readonly text: string }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "unavailable"; readonly reason: string };

export interface GatePorts {
  /** Asks one version. `ordinal` counts the repeats of a case from 0. Never rejects. */
  ask(side: Side, evalCase: EvalCase, ordinal: number): Promise<Answer>;
  /** Null: `unavailable`. Never rejects. */
  judge(question: string, answer: string, rubric: string): Promise<Score | null>;
  readonly schemaProblem: SchemaProblem;
  readonly rng: Rng;
}

export interface GateSettings extends CompareSettings {
  /**
   * How often a case is asked again, of both versions, where they disagree. The majority of all answers counts. Even,
   * so that there is one.
   */
  readonly repeats: number;
  /** Requests under way at a time. */
  readonly concurrency: number;
  /** Share of cases that may stay without an answer of either version. */
  readonly unansweredMax: number;
}

export const defaultGateSettings: GateSettings = { measure: "pass", dropMax: 0.1, pMax: 0.05, repeats: 4, concurrency: 4, unansweredMax: 0.05 };

/** One case's outcome, for the record. */
export interface CaseOutcome {
  readonly id: string;
  readonly must: boolean;
  readonly group: string | null;
  /** Null: no answer. */
  readonly current: SideOutcome | null;
  readonly candidate: SideOutcome | null;
}

export interface SideOutcome {
  readonly passes: boolean;
  readonly score: number;
  readonly asked: number;
  /** Of the first answer that fails; empty where none does. */
  readonly reason: string;
}

export interface GateResult {
  /** All but `pass` block the candidate. */
  readonly decision: "pass" | "fail" | "undecided" | "unknown";
  /** Why, one sentence each. */
  readonly reasons: readonly string[];
  /** Null: nothing was compared, because the judge cannot be relied on. */
  readonly comparison: Comparison | null;
  readonly judge: JudgeCheck | null;
  readonly outcomes: readonly CaseOutcome[];
}

/** Runs the gate: checks the judge, asks both versions every case, asks again where they disagree, decides. */
export async function runGate(corpus: Corpus, settings: GateSettings, ports: GatePorts): Promise<GateResult> {
  const judge = needsJudge(corpus) ? await judgeChecked(corpus, settings, ports) : null;
  if (judge?.trouble != null) return { decision: "unknown", reasons: [`${judge.trouble}.`], comparison: null, judge, outcomes: [] };
  const outcomes = await inOrder(corpus.cases, settings.concurrency, (evalCase) => outcomeOf(evalCase, settings, ports));
  const paired = outcomes.flatMap(({ group, current, candidate }): PairedResult[] => (current === null || candidate === null ? [] : [{ group, before: current, now: candidate }]));
  const comparison = compareVersions(paired, settings, ports.rng);
  return { ...decisionOf(outcomes, comparison, settings), comparison, judge, outcomes };
}

async function judgeChecked({ labelled }: Corpus, { concurrency }: GateSettings, ports: GatePorts): Promise<JudgeCheck> {
  const verdicts = await inOrder(labelled, concurrency, ({ question, answer, rubric }) => ports.judge(question, answer, rubric));
  const lost = verdicts.filter((verdict) => verdict === null).length;
  const check = checkJudge(
    labelled,
    verdicts.map((verdict, index) => verdict?.passes ?? !labelled[index]!.passes),
  );
  return lost === 0 ? check : { ...check, trouble: `The judge did not answer ${lost} of ${labelled.length} known cases` };
}

async function outcomeOf(evalCase: EvalCase, { repeats }: GateSettings, ports: GatePorts): Promise<CaseOutcome> {
  const { id, must, group } = evalCase;
  const both = (ordinal: number) => Promise.all([askScored("current", evalCase, ordinal, ports), askScored("candidate", evalCase, ordinal, ports)]);
  const asked = [await both(0)];
  const [current, candidate] = asked[0]!;
  if (current !== null && candidate !== null && current.passes !== candidate.passes) for (let ordinal = 1; ordinal <= repeats; ordinal++) asked.push(await both(ordinal));
  return { id, must, group, current: majority(asked.map(([first]) => first)), candidate: majority(asked.map(([, second]) => second)) };
}

function majority(answers: readonly (Score | null)[]): SideOutcome | null {
  const scored = answers.filter((answer) => answer !== null);
  if (scored.length === 0) return null;
  const failures = scored.filter(({ passes }) => !passes);
  return { passes: failures.length * 2 < scored.length, score: mean(scored.map(({ score }) => score)), asked: scored.length, reason: failures[0]?.reason ?? "" };
}

async function askScored(side: Side, evalCase: EvalCase, ordinal: number, ports: GatePorts): Promise<Score | null> {
  const answer = await ports.ask(side, evalCase, ordinal);
  if (answer.kind === "unavailable") return null;
  if (answer.kind === "refused") return { passes: false, score: 0, reason: `refused: ${answer.reason}` };
  const scores: Score[] = [];
  for (const assertion of evalCase.assertions) {
    const score = await scoreBy(assertion, evalCase, answer.text, ports);
    if (score === null) return null;
    scores.push(score);
  }
  const failed = scores.find(({ passes }) => !passes);
  return { passes: failed === undefined, score: scores.length === 0 ? 1 : mean(scores.map(({ score }) => score)), reason: failed?.reason ?? "" };
}

function scoreBy(assertion: Assertion, { vars }: EvalCase, text: string, ports: GatePorts): Promise<Score | null> | Score {
  return assertion.type === "judge" ? ports.judge(JSON.stringify(vars), text, assertion.rubric) : scoreAnswer(assertion, text, ports.schemaProblem);
}

function decisionOf(outcomes: readonly CaseOutcome[], comparison: Comparison, { unansweredMax, dropMax }: GateSettings): Pick<GateResult, "decision" | "reasons"> {
  const failedMusts = outcomes.filter(({ must, candidate }) => must && candidate?.passes === false);
  if (failedMusts.length > 0) return { decision: "fail", reasons: failedMusts.map(mustReason) };
  const openMusts = outcomes.filter(({ must, candidate }) => must && candidate === null);
  if (openMusts.length > 0) return { decision: "unknown", reasons: openMusts.map(({ id }) => `The candidate did not answer the case ${id}, which it must pass.`) };
  const unanswered = outcomes.length - comparison.pairs.n;
  if (unanswered > unansweredMax * outcomes.length) {
    return { decision: "unknown", reasons: [`${unanswered} of ${outcomes.length} cases have no answer of one version or both; at most ${points(unansweredMax)} % may be without.`] };
  }
  return { decision: comparison.decision, reasons: [sentenceOf(comparison, dropMax)] };
}

const mustReason = ({ id, current, candidate }: CaseOutcome) =>
  `The candidate fails the case ${id}, which it must pass: ${candidate?.reason}${current?.passes === false ? " (the current version fails it too)" : ""}.`;

const points = (share: number) => Number((100 * share).toFixed(1));

function sentenceOf({ decision, drop, upper, p, pairs, casesNeeded }: Comparison, dropMax: number): string {
  const counts = `${pairs.broken} of ${pairs.n} cases broke and ${pairs.mended} were mended: a drop of ${points(drop)} points, at most ${points(upper)} at 95 %`;
  if (decision === "fail") return `${counts}; by chance this is unlikely (p = ${p.toPrecision(2)}).`;
  if (decision === "pass") return `${counts}, which is under the limit of ${points(dropMax)}.`;
  return `${counts}; the limit is ${points(dropMax)}. ${casesNeeded === null ? "No realistic number of cases would decide" : `Some ${casesNeeded} cases would decide`} at these shares.`;
}

