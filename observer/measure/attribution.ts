import type { Plan } from "../../kernel/plan.ts";
import type { FaultRecord, WireRecord } from "../../kernel/records.ts";
import type { Attribution, OwnDecisionKind, SharedDamage } from "../../kernel/verdict.ts";
import { lastLifted } from "./aftermath.ts";
import type { Judged } from "./classify.ts";
import { caseOf, findingsOf, suspectsOf } from "./evidence.ts";
import { percent } from "./format.ts";
import type { Knowledge } from "./knowledge.ts";
import { overloadedOf } from "./overload.ts";
import { answeringOf, isUnreachable, ownDecision } from "./system-decision.ts";

/** What one bad request is attributed to. */
export type Blame =
  | { readonly kind: "faults"; readonly faults: readonly string[]; readonly overload: boolean }
  | { readonly kind: "aftermath"; readonly fault: string; readonly overload: boolean }
  | { readonly kind: "overload" }
  | { readonly kind: "own_decision"; readonly how: OwnDecisionKind }
  | { readonly kind: "unreachable" }
  | { readonly kind: "unattributed" };

interface Attributed {
  readonly judged: Judged;
  readonly blame: Blame;
  /** Its attempts at deployments that were overloaded while no fault was in force at them. */
  readonly overloaded: readonly WireRecord[];
}

/**
 * Each bad request of the exposure with what it is attributed to (docs/metrics.md, "Attribution"). `all` are the run's
 * requests, by which the recovery is known.
 */
export function attributed(plan: Plan, bad: readonly Judged[], given: { readonly faults: readonly FaultRecord[]; readonly all: readonly Judged[]; readonly knowledge: Knowledge }): readonly Attributed[] {
  const suspects = suspectsOf(plan, given.faults, given.all);
  const aftermathOf = lastLifted(plan, suspects, given.all);
  const answering = answeringOf([...given.knowledge.attempts.values()].flat());
  return bad.map((judged) => {
    const own = caseOf(judged, given.knowledge);
    const { faults, overloaded } = findingsOf(suspects, own);
    const overload = overloaded.length > 0;
    if (faults.length > 0) return { judged, overloaded, blame: { kind: "faults", faults: faults.map(({ id }) => id), overload } };
    const fault = aftermathOf(own);
    if (fault !== null) return { judged, overloaded, blame: { kind: "aftermath", fault, overload } };
    if (overload) return { judged, overloaded, blame: { kind: "overload" } };
    if (isUnreachable(own)) return { judged, overloaded, blame: { kind: "unreachable" } };
    const how = ownDecision(own, answering, plan.measure.windowMs);
    return { judged, overloaded, blame: how === null ? { kind: "unattributed" } : { kind: "own_decision", how } };
  });
}

/** The same, counted. */
export function attributionOf(plan: Plan, requests: readonly Attributed[], knowledge: Knowledge): Attribution {
  const blames = requests.map(({ blame }) => blame);
  const count = (is: (blame: Blame) => boolean) => blames.filter(is).length;
  const atOverloaded = new Set(requests.flatMap(({ overloaded }) => overloaded.map(({ deployment }) => deployment)));
  const attempts = requests.flatMap(({ judged }) => knowledge.attempts.get(judged.record.requestId) ?? []);
  return {
    bad: requests.length,
    faults: plan.faults.map(({ id, title }) => ({
      fault: id,
      title,
      requests: count((blame) => blame.kind === "faults" && !blame.overload && blame.faults.length === 1 && blame.faults[0] === id),
      aftermath: count((blame) => blame.kind === "aftermath" && blame.fault === id),
    })),
    several: shared(blames.flatMap((blame) => (blame.kind === "faults" && !blame.overload && blame.faults.length > 1 ? [blame.faults] : []))),
    overload: count(({ kind }) => kind === "overload"),
    faultAndOverload: shared(blames.flatMap((blame) => (blame.kind === "faults" && blame.overload ? [blame.faults] : []))),
    aftermathAndOverload: count((blame) => blame.kind === "aftermath" && blame.overload),
    ownDecision: {
      refused: count((blame) => blame.kind === "own_decision" && blame.how === "refused"),
      gave_up: count((blame) => blame.kind === "own_decision" && blame.how === "gave_up"),
      queued: count((blame) => blame.kind === "own_decision" && blame.how === "queued"),
    },
    unreachable: count(({ kind }) => kind === "unreachable"),
    unattributed: count(({ kind }) => kind === "unattributed"),
    overloaded: overloadedOf(plan, attempts.filter(({ deployment }) => atOverloaded.has(deployment))),
  };
}

/** How often each set of faults occurs, the most frequent first. */
function shared(sets: readonly (readonly string[])[]): readonly SharedDamage[] {
  return [...Map.groupBy(sets, (faults) => faults.join("\u001f")).values()]
    .map((same) => ({ faults: same[0]!, requests: same.length }))
    .sort((a, b) => b.requests - a.requests);
}

/**
 * What the attribution shows beyond faults: overload, decisions of the system, a system out of reach. A sentence each,
 * none where there is none.
 */
export function attributionSentences(attribution: Attribution | undefined): readonly string[] {
  if (attribution === undefined) return [];
  const { bad, ownDecision: own, unreachable } = attribution;
  const decided = own.refused + own.gave_up + own.queued;
  const how = [`${own.refused} refused`, `${own.gave_up} given up`, `${own.queued} held until they were late`].filter((text) => !text.startsWith("0 "));
  return [
    ...overloadSentence(attribution),
    ...(decided === 0 ? [] : [`${shareText(decided, bad)} of ${bad} bad requests were the system's own decision while a deployment of their route was answering: ${how.join(", ")}.`]),
    ...(unreachable === 0 ? [] : [`${shareText(unreachable, bad)} of ${bad} bad requests could not reach the system, and no fault explains it.`]),
  ];
}

const shareText = (count: number, of: number) => `${count} (${percent(count / of)})`;

function overloadSentence({ bad, faults, several, overload, faultAndOverload, aftermathAndOverload, overloaded }: Attribution): readonly string[] {
  const both = total(faultAndOverload);
  const met = overload + both + aftermathAndOverload;
  if (met === 0) return [];
  const names = overloaded.map(({ deployment }) => deployment).join(", ");
  const after = aftermathAndOverload === 0 ? "" : ` and ${aftermathAndOverload} in the aftermath of one`;
  const alone = `${shareText(total(faults) + total(several), bad)} were hit by faults alone`;
  return [`${shareText(met, bad)} of ${bad} bad requests met the overload of ${names}, where no fault was in force, ${both} of them after a fault had hit them${after}; ${alone}.`];
}

function total(counts: readonly { readonly requests: number }[]): number {
  return counts.reduce((sum, { requests }) => sum + requests, 0);
}
