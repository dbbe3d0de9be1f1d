import type { Fault } from "../../kernel/fault.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { FaultRecord, RunRecords } from "../../kernel/records.ts";
import { clockTime } from "./format.ts";

/** What marks a fault that a person injected: no plan has such an id. */
const byHand = /^hand-\d+$/;

/**
 * The plan with the faults that a person injected while the run went on. They are judged like planned ones: at the time
 * of the command, until that of the lifting. One that no run of the plan can have is left out, and its records are then
 * those of a fault that the plan does not have.
 */
export function withHandFaults(plan: Plan, { hand = [], faults }: Pick<RunRecords, "hand" | "faults">): Plan {
  const injected = hand.flatMap((record) => ("fault" in record ? [record.fault] : []));
  const added = injected.filter((fault, index) => fits(plan, fault) && injected.findIndex(({ id }) => id === fault.id) === index).map((fault) => asLifted(fault, faults));
  if (added.length === 0) return plan;
  const { timeline } = plan;
  return { ...plan, faults: [...plan.faults, ...added], timeline: { ...timeline, faultToMs: Math.max(timeline.faultToMs, ...added.map(({ toMs }) => toMs)) } };
}

/**
 * Of the exposure, with sites of the plan, and of no other name. The load of a run whose load is cut is judged in two
 * parts, which no fault may reach across.
 */
function fits({ timeline, components, links, faults }: Plan, fault: Fault): boolean {
  const { id, fromMs, toMs, always, lifted, phases, target } = fault;
  const isInTime = timeline.faultFromMs <= fromMs && fromMs <= toMs && toMs <= timeline.endMs && timeline.cut === undefined;
  const isAtSites = target.components.every((site) => components.some((one) => one.id === site)) && target.links.every((site) => links.some((one) => one.id === site));
  return byHand.test(id) && faults.every((planned) => planned.id !== id) && isInTime && isAtSites && !always && lifted && phases.length === 0;
}

/** A person may lift it before its time. */
function asLifted(fault: Fault, records: readonly FaultRecord[]): Fault {
  const liftedMs = records.find(({ fault: id, action }) => id === fault.id && action === "lifted")?.plannedMs ?? fault.toMs;
  return { ...fault, toMs: Math.min(fault.toMs, Math.max(fault.fromMs, liftedMs)) };
}

/** What the verdict says of them. */
export function handSentences({ faults }: Plan): readonly string[] {
  const own = faults.filter(({ id }) => byHand.test(id)).map(({ title, fromMs, toMs }) => `${title} (${clockTime(fromMs)} to ${clockTime(toMs)})`);
  if (own.length === 0) return [];
  const [what, how] = own.length === 1 ? ["a fault", "It is judged like a planned one, and the replay command does not play it."] : [`${own.length} faults`, "They are judged like planned ones, and the replay command does not play them."];
  return [`A person injected ${what} during the run: ${own.join("; ")}. ${how}`];
}
