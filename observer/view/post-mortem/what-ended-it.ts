import type { Attribution } from "../../../kernel/verdict.ts";
import { count, moment, ms } from "../../measure/quantity.ts";
import { exposureSpan, judgedWithin } from "../../measure/windows.ts";
import type { Finding } from "../run-view.ts";
import { finding, type Case } from "./finding.ts";

/** What lifted the faults, when the last request was bad, and what the way back cost. */
export function whatEndedIt(given: Case): readonly Finding[] {
  const { plan, verdict } = given;
  if (plan.faults.length === 0 || verdict.measures === null) return [];
  return [...liftings(given), ...steps(given), ...lastBad(given), ...recovery(given), ...aftermath(verdict.attribution), ...cost(given)];
}

function liftings({ plan: { faults }, evidence }: Case): readonly Finding[] {
  return faults.map(({ id, title, lifted, always }) => {
    if (always || !lifted) return finding("faults", `${title}: it was in force until the run ended.`);
    const record = evidence?.records.faults.find(({ fault, action }) => fault === id && action === "lifted");
    return record === undefined ? finding("faults", `${title}: no record shows that it was lifted.`) : finding("faults", `${title}: the lab lifted it, and that was in effect at `, moment(record.atMs), " of the run.");
  });
}

/** What an operator did. */
function steps({ plan: { actions = [] }, evidence }: Case): readonly Finding[] {
  return (evidence?.records.actions ?? []).map(({ action, outcome, atMs, detail }) => {
    const title = actions.find(({ id }) => id === action)?.title ?? action;
    return outcome === "done" ? finding("actions", `The operator's step "${title}" was in effect at `, moment(atMs), " of the run.") : finding("actions", `The operator's step "${title}" ${outcome.replace("_", " ")}: ${detail}.`);
  });
}

/** Where the damage ended before a fault did, the system ended it. */
function lastBad({ plan, evidence }: Case): readonly Finding[] {
  if (evidence === null) return [];
  const bad = judgedWithin(exposureSpan(plan), evidence.judged).filter(({ state }) => state === "bad");
  if (bad.length === 0) return [finding("stages", "No request was bad after the faults began.")];
  const lastMs = bad.reduce((last, { record }) => Math.max(last, record.intendedMs), 0);
  const { faultToMs } = plan.timeline;
  const when = finding("badRequests", "The last bad request was sent at ", moment(lastMs), " of the run");
  if (plan.faults.some(({ lifted }) => !lifted)) return [finding("badRequests", ...when.sentence, ".")];
  if (lastMs >= faultToMs) return [finding("badRequests", ...when.sentence, ", ", ms(lastMs - faultToMs), " after the faults were to be lifted.")];
  const by = faultToMs - lastMs >= keptMsMin ? ": from then on the system itself kept them from its users." : ".";
  return [finding("badRequests", ...when.sentence, ", ", ms(faultToMs - lastMs), ` before the faults were to be lifted${by}`)];
}

/** A shorter time without a bad request shows nothing. */
const keptMsMin = 5_000;

function recovery({ verdict: { measures } }: Case): readonly Finding[] {
  const { recoveryApplicable, recoveryMs, recoveryObservedMs } = measures!;
  if (!recoveryApplicable) return [finding(null, "There is no recovery to measure: the run ends with a fault in force.")];
  return [recoveryMs === null ? finding(null, "It was not seen to recover within the ", ms(recoveryObservedMs), " that were watched.") : finding(null, "It had recovered ", ms(recoveryMs), " after the faults were lifted.")];
}

function aftermath(attribution: Attribution | undefined): readonly Finding[] {
  return (attribution?.faults ?? []).flatMap(({ title, aftermath: requests }) => (requests === 0 ? [] : [finding("attribution", `${title}: `, count(requests), " more requests were bad in its aftermath, after it was lifted and before the recovery.")]));
}

function cost({ verdict: { measures } }: Case): readonly Finding[] {
  const spent = measures!.recoveryCost;
  if (spent === null) return [];
  return [finding(null, "Beyond the control, the outage cost ", count(spent.outage.bad), " bad requests, and the recovery ", count(spent.recovery.bad), ".")];
}
