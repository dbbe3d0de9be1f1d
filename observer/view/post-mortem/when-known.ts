import type { CanaryRecord } from "../../../kernel/records.ts";
import type { Judged } from "../../measure/classify.ts";
import { moment, ms } from "../../measure/quantity.ts";
import { exposureSpan, judgedWithin } from "../../measure/windows.ts";
import type { Finding } from "../run-view.ts";
import { finding, type Case } from "./finding.ts";

/** When the first request was bad, and when whose alarm came after the faults began. */
export function whenKnown({ plan, verdict, evidence }: Case): readonly Finding[] {
  const { measures, gatewayCounts } = verdict;
  if (measures === null) return [finding(null, "Nothing could be measured.")];
  const { faultFromMs } = plan.timeline;
  const bad = evidence === null ? undefined : firstBad(judgedWithin(exposureSpan(plan), evidence.judged));
  const probe = evidence?.records.canary.filter(({ ok, sentMs }) => !ok && sentMs >= faultFromMs).reduce<CanaryRecord | null>((first, one) => (first === null || one.endMs < first.endMs ? one : first), null);
  return [
    ...(bad === undefined ? [] : [finding("badRequests", "The first client to see a bad answer saw it at ", moment(bad), " of the run.")]),
    ...(evidence === null ? [] : [probe === null || probe === undefined ? finding("probes", "None of the observer's probes failed after the faults began.") : finding("probes", "The first of the observer's probes to fail had failed at ", moment(probe.endMs), " of the run.")]),
    alarmFinding("The observer's alarm", measures.detectionMs),
    ...(gatewayCounts?.shown === false ? [finding("gatewayCounts", "The gateway has no metrics that the lab can read, so it had no alarm of its own to raise.")] : [alarmFinding("The alarm on the gateway's own metrics", measures.gatewayDetectionMs)]),
    ...(gatewayCounts?.findings ?? []).filter((sentence) => !restates(sentence, measures.detectionMs)).map((sentence) => finding("gatewayCounts", sentence)),
  ];
}

/** How the two alarms compare has been said already, unless there was only that of the gateway. */
function restates(sentence: string, detectionMs: number | null): boolean {
  return detectionMs !== null && /\balarm\b/.test(sentence);
}

function alarmFinding(whose: string, afterMs: number | null): Finding {
  return afterMs === null ? finding(null, `${whose} was never raised.`) : finding(null, `${whose} came `, ms(afterMs), " after the faults began.");
}

/** When its client had it; undefined: none was bad. */
function firstBad(judged: readonly Judged[]): number | undefined {
  const ends = judged.flatMap(({ state, record }) => (state === "bad" ? [record.endMs] : []));
  return ends.length === 0 ? undefined : ends.reduce((first, endMs) => Math.min(first, endMs));
}
