import type { Plan } from "../../kernel/plan.ts";
import type { FaultRecord, WireRecord } from "../../kernel/records.ts";
import type { Attribution, SharedDamage } from "../../kernel/verdict.ts";
import { lastLifted } from "./aftermath.ts";
import type { Judged } from "./classify.ts";
import { caseOf, findingsOf, suspectsOf } from "./evidence.ts";
import { percent } from "./format.ts";
import type { Knowledge } from "./knowledge.ts";
import { overloadedOf } from "./overload.ts";

/** What one bad request is attributed to. */
export type Blame =
  | { readonly kind: "faults"; readonly faults: readonly string[]; readonly overload: boolean }
  | { readonly kind: "overload" }
  | { readonly kind: "aftermath"; readonly fault: string }
  | { readonly kind: "unattributed" };

interface Attributed {
  readonly judged: Judged;
  readonly blame: Blame;
  /** Its attempts at deployments that were overloaded while no fault was in force at them. */
  readonly overloaded: readonly WireRecord[];
}

/** Each bad request of the exposure with what it is attributed to (docs/metrics.md, "Attribution"). `all` are the run's requests, by which the recovery is known. */
export function attributed(plan: Plan, bad: readonly Judged[], given: { readonly faults: readonly FaultRecord[]; readonly all: readonly Judged[]; readonly knowledge: Knowledge }): readonly Attributed[] {
  const suspects = suspectsOf(plan, given.faults);
  const aftermathOf = lastLifted(plan, suspects, given.all);
  return bad.map((judged) => {
    const { faults, overloaded } = findingsOf(suspects, caseOf(judged, given.knowledge));
    const overload = overloaded.length > 0;
    if (faults.length > 0) return { judged, overloaded, blame: { kind: "faults", faults: faults.map(({ id }) => id), overload } };
    if (overload) return { judged, overloaded, blame: { kind: "overload" } };
    const fault = aftermathOf(judged);
    return { judged, overloaded, blame: fault === null ? { kind: "unattributed" } : { kind: "aftermath", fault } };
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

/** The attribution as a sentence; null where no overload had a part in it. */
export function attributionSentence(attribution: Attribution | undefined): string | null {
  if (attribution === undefined) return null;
  const { bad, faults, several, overload, faultAndOverload, overloaded } = attribution;
  const both = total(faultAndOverload);
  if (overload + both === 0) return null;
  const share = (count: number) => `${count} (${percent(count / bad)})`;
  const names = overloaded.map(({ deployment }) => deployment).join(", ");
  const parts = [
    `${share(overload + both)} of ${bad} bad requests met the overload of ${names}, where no fault was in force`,
    `${both} of them after a fault had hit them`,
    `${share(total(faults) + total(several))} were hit by faults alone`,
  ];
  return `${parts[0]}, ${parts[1]}; ${parts[2]}.`;
}

function total(counts: readonly { readonly requests: number }[]): number {
  return counts.reduce((sum, { requests }) => sum + requests, 0);
}
