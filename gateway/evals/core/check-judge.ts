import type { LabelledAnswer } from "./corpus.ts";

export interface JudgeCheck {
  readonly labelled: number;
  /** Share of all labels that the judge reproduced, and of those of each kind. In [0, 1]; NaN where there is none. */
  readonly agreement: number;
  readonly passesFound: number;
  readonly failuresFound: number;
  /** Why the judge cannot be relied on; null: it can. */
  readonly trouble: string | null;
}

/** Fewer known labels say too little of a judge. */
export const labelledMin = 20;
const ofEachKindMin = 5;
const agreementMin = 0.9;
/** A judge that calls nearly everything good agrees with most labels of a corpus of good answers. */
const ofEachKindAgreementMin = 0.8;

/**
 * Whether a judge reproduces the labels that people agreed on. `verdicts` are the judge's, in the order of `labelled`.
 */
export function checkJudge(labelled: readonly LabelledAnswer[], verdicts: readonly boolean[]): JudgeCheck {
  const share = (kind: boolean | null) => {
    const asked = labelled.map(({ passes }, index) => ({ passes, agrees: passes === verdicts[index] })).filter(({ passes }) => kind === null || passes === kind);
    return { count: asked.length, agreement: asked.filter(({ agrees }) => agrees).length / asked.length };
  };
  const [all, good, bad] = [share(null), share(true), share(false)];
  return { labelled: all.count, agreement: all.agreement, passesFound: good.agreement, failuresFound: bad.agreement, trouble: troubleOf(all, good, bad) };
}

type Share = { readonly count: number; readonly agreement: number };

function troubleOf(all: Share, good: Share, bad: Share): string | null {
  if (all.count < labelledMin) return `The judge is checked by ${all.count} known labels; ${labelledMin} are required`;
  if (Math.min(good.count, bad.count) < ofEachKindMin) return `The known labels hold ${good.count} passes and ${bad.count} failures; ${ofEachKindMin} of each are required`;
  if (all.agreement < agreementMin) return `The judge reproduces ${percent(all.agreement)} of the known labels; ${percent(agreementMin)} is required`;
  for (const [kind, { agreement }] of [["passes", good], ["failures", bad]] as const) {
    if (agreement < ofEachKindAgreementMin) return `The judge reproduces ${percent(agreement)} of the known ${kind}; ${percent(ofEachKindAgreementMin)} is required`;
  }
  return null;
}

const percent = (share: number) => `${Math.round(100 * share)} %`;
