import type { Fault } from "../../kernel/fault.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { FaultRecord, RunRecords, WireRecord } from "../../kernel/records.ts";

/** A provider's clock may differ from the plan's by this much at the borders of phases. */
const phaseToleranceMs = 250;
/** How late a conductor may act on a fault, and how long that may take at a link. */
const linkToleranceMs = 250;
/** How long it may take at a component: a process has to start. */
const componentToleranceMs = 3_000;

/** Whether the faults of the plan were really there: plain sentences of what was not, empty when all was as planned. */
export function injectionProblems(plan: Plan, records: RunRecords): readonly string[] {
  const played = plan.faults.flatMap((fault) => playProblems(fault, records.faults.filter((record) => record.fault === fault.id), plan.timeline.steadyFromMs));
  const off = records.wire.filter((attempt) => !phaseFits(plan, attempt));
  if (off.length === 0) return played;
  const first = off.reduce((a, b) => (b.arrivedMs < a.arrivedMs ? b : a));
  const where = `${first.deployment} at ${(first.arrivedMs / 1000).toFixed(2)} s logged phase ${first.phase} of ${first.incident ?? "no incident"}`;
  return [...played, `${off.length} provider log lines are in another phase than the plan's at their arrival; the first: ${where}`];
}

/** Injected and lifted, in this order, each once and at its time. One that is always in force was so by the end of the warm-up; one that is never lifted is so when the run is over. */
function playProblems(fault: Fault, own: readonly FaultRecord[], warmMs: number): readonly string[] {
  const failed = own.find(({ action }) => action === "failed");
  if (failed !== undefined) return [`Fault ${fault.id} could not be injected or lifted: ${failed.detail}`];
  const [injected, lifted] = [own.filter(({ action }) => action === "injected"), own.filter(({ action }) => action === "lifted")];
  if (injected.length === 0) return [`Nothing shows that fault ${fault.id} was injected`];
  if (lifted.length === 0) return [`Nothing shows that fault ${fault.id} was lifted`];
  if (injected.length + lifted.length > 2) return [`Fault ${fault.id} was injected ${injected.length} times and lifted ${lifted.length} times`];
  if (lifted[0]!.atMs < injected[0]!.atMs) return [`Fault ${fault.id} was lifted before it was injected`];
  if (fault.always) return injected[0]!.atMs <= warmMs ? [] : [`Fault ${fault.id} was injected at ${exact(injected[0]!.atMs)}, and the plan has it in force from the start`];
  return [...timeProblems(fault, injected[0]!, fault.fromMs), ...(fault.lifted ? timeProblems(fault, lifted[0]!, fault.toMs) : [])];
}

/** The lifting of a momentary fault is begun when it has been injected, however long that took. */
function timeProblems({ id, target, fromMs, toMs }: Fault, { action, begunMs, atMs }: FaultRecord, plannedMs: number): readonly string[] {
  const takesMs = target.components.length > 0 ? componentToleranceMs : linkToleranceMs;
  const isMomentary = action === "lifted" && toMs === fromMs;
  const startMs = begunMs ?? atMs;
  const isBegun = plannedMs - linkToleranceMs <= startMs && startMs <= plannedMs + (isMomentary || begunMs === undefined ? takesMs : linkToleranceMs);
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
