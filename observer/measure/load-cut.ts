import type { Metastability } from "../../kernel/metastable.ts";
import type { Arrival, Plan } from "../../kernel/plan.ts";
import type { ClientRecord, RunRecords } from "../../kernel/records.ts";
import { classify, type Judged } from "./classify.ts";
import { percent, seconds } from "./format.ts";
import { knowledgeOf } from "./knowledge.ts";

/** Below this share of the control's goodput a system is down (docs/metrics.md, "Metastable"). */
const downBelow = 0.9;

interface Offered {
  readonly plan: Plan;
  readonly records: RunRecords;
  readonly arrivals: readonly Arrival[];
}

/** The run up to the cut of its load: all that is measured. What is offered after it proves one thing alone. */
export function beforeCut<R extends RunRecords>({ plan, records, arrivals }: Offered & { readonly records: R }, cut: NonNullable<Plan["timeline"]["cut"]>): Offered & { readonly records: R } {
  const { cut: _, ...timeline } = plan.timeline;
  const isBefore = (atMs: number) => atMs < cut.fromMs;
  const client = records.client.filter(({ intendedMs }) => isBefore(intendedMs));
  const after = new Set(records.client.flatMap(({ requestId, intendedMs }) => (isBefore(intendedMs) ? [] : [requestId])));
  const kept = arrivals.filter(({ atMs }) => isBefore(atMs));
  return {
    plan: { ...plan, timeline: { ...timeline, endMs: cut.fromMs }, arrivalCount: plan.arrivalCount - (records.client.length - client.length) },
    arrivals: kept,
    records: {
      ...records,
      client,
      wire: records.wire.filter(({ requestId }) => !after.has(requestId)),
      // What was under way at the cut ends in it.
      counted: records.counted.filter(({ atMs }) => atMs < cut.toMs),
    },
  };
}

/** The requests after the cut, judged. */
export function judgedAfterCut({ plan, records, arrivals }: Offered, cut: NonNullable<Plan["timeline"]["cut"]>): readonly Judged[] {
  const knowledge = knowledgeOf(plan, records, arrivals);
  return records.client.filter(({ intendedMs }) => intendedMs >= cut.toMs).map((record: ClientRecord) => classify(record, knowledge));
}

/** `before`: the requests before the cut; `controlBad`: bad share of the control. */
export function metastabilityOf(plan: Plan, seen: { readonly before: readonly Judged[]; readonly restored: readonly Judged[]; readonly controlBad: number }): Metastability {
  const { cut } = plan.timeline;
  const { holdMs } = plan.measure.recovery;
  const atTheEnd = seen.before.filter(({ record }) => record.intendedMs >= cut!.fromMs - holdMs);
  const [before, restored] = [goodOf(atTheEnd), goodOf(seen.restored)];
  const controlShare = 1 - seen.controlBad;
  const isDown = ({ requests, good }: typeof before) => good / requests < downBelow * controlShare;
  const isFew = Math.min(before.requests, restored.requests) < plan.measure.requestsMin;
  const state = isFew ? "inconclusive" : !isDown(before) ? "recovered" : isDown(restored) ? "not_proven" : "proven";
  return { state, controlShare, beforeCut: before, restored };
}

const goodOf = (judged: readonly Judged[]) => ({ requests: judged.length, good: judged.filter(({ state }) => state === "good").length });

/** What the cut showed, for the verdict. */
export function metastableSentence({ timeline: { cut, endMs }, measure }: Plan, { state, controlShare, beforeCut: before, restored }: Metastability): string {
  const share = ({ good, requests }: typeof before) => `${percent(good / requests)} of ${requests}`;
  const times = `the load was cut for ${seconds(cut!.toMs - cut!.fromMs)} and restored for ${seconds(endMs - cut!.toMs)}`;
  const shares = () => `${share(before)} requests were good in the last ${seconds(measure.recovery.holdMs)} before the cut and ${share(restored)} after it, ${percent(controlShare)} without the faults`;
  if (state === "inconclusive") return `Whether it was metastable is inconclusive: ${times}, with too few requests.`;
  if (state === "recovered") return `Not metastable: it had recovered before ${times}: ${shares()}.`;
  if (state === "not_proven") return `Not proven metastable: ${times}, and it stayed down: ${shares()}.`;
  return `Metastable: with the faults gone it stayed down by itself until ${times}: ${shares()}.`;
}
