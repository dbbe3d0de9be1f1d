import { actionProblems } from "./actions.ts";
import { componentChangeMsMax, type Fault } from "../../kernel/fault.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { FaultRecord, RunRecords, WireRecord } from "../../kernel/records.ts";

/** A provider's clock may differ from the plan's by this much at the borders of phases. */
const phaseToleranceMs = 250;
/** How late a conductor may act on a fault, and how long that may take at a link. */
const linkToleranceMs = 250;

/** Whether the faults of the plan were really there: plain sentences of what was not, empty when all was as planned. */
export function injectionProblems(plan: Plan, records: RunRecords): readonly string[] {
  const played = plan.faults.flatMap((fault) => playProblems(fault, records.faults.filter((record) => record.fault === fault.id), plan.timeline.steadyFromMs));
  const ids = new Set(plan.faults.map(({ id }) => id));
  const foreign = [...new Set(records.faults.map(({ fault }) => fault))].filter((id) => !ids.has(id));
  const problems = [...foreign.map((id) => `Fault ${id} was played, and the plan has none of that name`), ...played, ...actionProblems(plan, records.actions ?? [])];
  const off = records.wire.filter((attempt) => !phaseFits(plan, attempt));
  if (off.length === 0) return problems;
  const first = off.reduce((a, b) => (b.arrivedMs < a.arrivedMs ? b : a));
  const where = `${first.deployment} at ${(first.arrivedMs / 1000).toFixed(2)} s logged phase ${first.phase} of ${first.incident ?? "no incident"}`;
  return [...problems, `${off.length} provider log lines are in another phase than the plan's at their arrival; the first: ${where}`];
}

/**
 * Injected and lifted, in this order, each once and at its time. One that is always in force was so by the end of the
 * warm-up; one that is never lifted is so when the run is over.
 */
function playProblems(fault: Fault, own: readonly FaultRecord[], warmMs: number): readonly string[] {
  const failed = own.find(({ action }) => action === "failed");
  if (failed !== undefined) return [`Fault ${fault.id} could not be injected or lifted: ${failed.detail}`];
  const [injected, lifted] = [own.filter(({ action }) => action === "injected"), own.filter(({ action }) => action === "lifted")];
  if (injected.length === 0) return [`Nothing shows that fault ${fault.id} was injected`];
  if (lifted.length === 0) return [`Nothing shows that fault ${fault.id} was lifted`];
  if (injected.length + lifted.length > 2) return [`Fault ${fault.id} was injected ${injected.length} times and lifted ${lifted.length} times`];
  const [first, second] = [injected[0]!, lifted[0]!];
  if (second.atMs < first.atMs || own.indexOf(second) < own.indexOf(first)) return [`Fault ${fault.id} was lifted before it was injected`];
  if ((!fault.always && first.plannedMs !== fault.fromMs) || (fault.lifted && second.plannedMs !== fault.toMs))
    return [`Fault ${fault.id} was played by another plan: for ${exact(first.plannedMs)} to ${exact(second.plannedMs)}`];
  if (own.some(({ begunMs, atMs }) => begunMs !== undefined && begunMs > atMs)) return [`Fault ${fault.id} was in effect before it was begun`];
  if (fault.always) return first.atMs <= warmMs ? [] : [`Fault ${fault.id} was injected at ${exact(first.atMs)}, and the plan has it in force from the start`];
  return [...timeProblems(fault, first, fault.fromMs), ...(fault.lifted ? timeProblems(fault, second, fault.toMs) : [])];
}

/** The lifting of a momentary fault is begun when it has been injected, however long that took. */
function timeProblems({ id, target, fromMs, toMs, startsWithinMs }: Fault, { action, begunMs, atMs }: FaultRecord, plannedMs: number): readonly string[] {
  const takesMs = startsWithinMs ?? (target.components.length > 0 ? componentChangeMsMax : linkToleranceMs);
  const isMomentary = action === "lifted" && toMs === fromMs;
  const startMs = begunMs ?? atMs;
  const isBegun = plannedMs - linkToleranceMs <= startMs && startMs <= plannedMs + (isMomentary ? takesMs : linkToleranceMs);
  return isBegun && atMs <= startMs + takesMs ? [] : [`Fault ${id} was ${action} at ${exact(atMs)}, begun at ${exact(startMs)}, and planned for ${exact(plannedMs)}`];
}

const exact = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

/** Whether the phase that a provider logged was in force at the attempt's arrival, give or take the tolerance. */
function phaseFits(plan: Plan, { deployment, arrivedMs, incident, phase }: WireRecord): boolean {
  const phases = plan.faults
    .filter(({ affects }) => affects.deployments.includes(deployment))
    .flatMap((fault) => fault.phases.map((each) => ({ incident: fault.id, ...each })));
  if (incident === null) return !phases.some(({ fromMs, toMs, partial }) => !partial && fromMs + phaseToleranceMs < arrivedMs && arrivedMs < toMs - phaseToleranceMs);
  return phases.some(
    (each) =>
      each.incident === incident && each.index === phase && each.fromMs - phaseToleranceMs <= arrivedMs && arrivedMs <= each.toMs + phaseToleranceMs,
  );
}
