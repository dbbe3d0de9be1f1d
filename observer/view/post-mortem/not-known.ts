import { count, share } from "../../measure/quantity.ts";
import type { Finding } from "../run-view.ts";
import { finding, type Case } from "./finding.ts";

/** What the records leave open. */
export function notKnown({ plan, verdict, evidence }: Case): readonly Finding[] {
  const { attribution, measures, books, verdict: kind } = verdict;
  const watched = measures?.reach.cells.hit.filter(({ recoveryMs, recoveryWatched }) => recoveryMs === null && !recoveryWatched) ?? [];
  const dark = evidence === null ? [] : evidence.records.counted.filter(({ requestsTotal }) => requestsTotal === null);
  const radius = measures?.blastRadius ?? null;
  return [
    ...(kind === "unknown" || kind === "failed" || kind === "interrupted" ? verdict.reasons.slice(0, 1).map((reason) => finding(null, reason)) : []),
    ...(attribution === undefined ? [] : [causeFinding(attribution.unattributed, attribution.bad)]),
    ...(radius !== null && radius.evidence[0] !== radius.evidence[1] ? [finding(null, "Some requests cannot be judged: with them counted good and bad, lost demand is ", share(radius.evidence), ".")] : []),
    ...(books.balanced ? [] : books.problems.map((problem) => finding("books", `The books do not balance: ${problem}.`))),
    ...(dark.length === 0 ? [] : [finding("gatewayCounts", "What the gateway counted at ", count(dark.length), " of ", count(evidence!.records.counted.length), " readings: it could not be read.")]),
    ...(watched.length === 0 || !measures!.recoveryApplicable ? [] : [finding("hitCells", "Whether ", count(watched.length), " of the cells that were hit recovered: the run ends too soon to see it.")]),
    ...(plan.faults.length === 0 ? [] : [finding(null, "How often such faults come, and how the real providers would have behaved: providers are simulated, by the profiles that are named below.")]),
  ];
}

function causeFinding(unattributed: number, bad: number): Finding {
  if (bad === 0) return finding("attribution", "No request of the exposure was bad, so that none has a cause to be found.");
  return unattributed === 0 ? finding("attribution", "No cause is open: each of the ", count(bad), " bad requests is attributed by its records.") : finding("attribution", "What hit ", count(unattributed), " of ", count(bad), " bad requests: nothing in the records shows it.");
}
