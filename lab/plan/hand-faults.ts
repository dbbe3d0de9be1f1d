import type { Fault } from "../../kernel/fault.ts";
import type { Plan } from "../../kernel/plan.ts";
import { componentsOf } from "../../kernel/topology.ts";
import { actOf } from "../faults/index.ts";
import type { Inputs } from "./kept-inputs.ts";
import { planAlone } from "./plan-alone.ts";

/** How long a fault is meant to last where the scenario does not have it. */
const lengthMs = 10_000;

/**
 * Faults that a person can inject into a run by hand: those of its plan, and what may befall any gateway and any way to
 * a provider, each planned as a fault of its scenario would be. Their times count from their injection. `check` throws
 * LabError for a plan that the live lab cannot play.
 */
export function handFaultsOf(inputs: Inputs, plan: Plan, check: (plan: Plan) => void): readonly Fault[] {
  const usual = usualFaults(plan).flatMap((written) => plannedAlone(inputs, plan.run, written, check));
  const all = [...plan.faults.filter(isForHands), ...usual.filter(isForHands)].map((fault) => ({ ...fault, fromMs: 0, toMs: fault.toMs - fault.fromMs }));
  // Each was planned in a plan of its own, so that their ids may be equal.
  return all.filter(({ title }, index) => all.findIndex((other) => other.title === title) === index).map((fault, index) => ({ ...fault, id: `offered-${index + 1}` }));
}

/**
 * What acts at once on the world and is undone at once: not what a provider plays by its own schedule, a start must
 * repeat, or a package carries.
 */
function isForHands(fault: Fault): boolean {
  const act = actOf(fault);
  return act.phases === undefined && act.reapply === undefined && fault.signature.byPackage === undefined && !fault.always && fault.lifted;
}

/** As a scenario writes them. */
function usualFaults(plan: Plan): readonly object[] {
  const span = { fromMs: 0, lengthMs };
  const regions = [...new Set(componentsOf(plan, "gateway").map(({ region }) => region))].map((_, index) => index + 1);
  return [
    ...regions.flatMap((region) => (["kill", "pause"] as const).map((action) => ({ kind: "process", action, target: { role: "gateway", region }, ...span }))),
    ...plan.deployments.flatMap(({ name: deployment }) => [
      { kind: "link_down", deployment, ...span },
      { kind: "toxic", deployment, toxic: "latency", attributes: { latency: 2_000, jitter: 500 }, ...span },
    ]),
  ];
}

/** The one fault of the same scenario with nothing else in it; none where the stack or the lab cannot have it. */
function plannedAlone(inputs: Inputs, run: string, written: object, check: (plan: Plan) => void): readonly Fault[] {
  return planAlone(inputs, run, { faults: [written] }, check)?.faults ?? [];
}
