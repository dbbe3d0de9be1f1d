import type { Answer } from "../run-view.ts";
import type { Case } from "./finding.ts";
import { notKnown } from "./not-known.ts";
import { whatBroke } from "./what-broke.ts";
import { whatEndedIt } from "./what-ended-it.ts";
import { whatWouldHelp } from "./what-would-help.ts";
import { whenKnown } from "./when-known.ts";
import { whoWasHit } from "./who-was-hit.ts";

/** The questions that a post-mortem answers, with what the records show for each. */
export function postMortemOf(given: Case): readonly Answer[] {
  const answers: readonly Answer[] = [
    { question: "What broke?", findings: whatBroke(given) },
    { question: "Who was hit, and how badly?", findings: whoWasHit(given) },
    { question: "When was it known?", findings: whenKnown(given) },
    { question: "What ended it?", findings: whatEndedIt(given) },
    { question: "What would have helped?", findings: whatWouldHelp(given) },
    { question: "What is not known?", findings: notKnown(given) },
  ];
  return answers.filter(({ findings }) => findings.length > 0);
}
