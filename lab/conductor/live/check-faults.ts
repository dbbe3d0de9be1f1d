import { LabError } from "../../../kernel/errors.ts";
import type { Plan } from "../../../kernel/plan.ts";
import { componentOf, linkOf } from "../../../kernel/topology.ts";
import { actOf } from "../../faults/index.ts";
import { liveRole } from "../../systems/live-roles.ts";
import type { Need } from "../core/fault-act.ts";

/** Whose the gateway is: the reference gateway, or the user's own, which the lab starts or which runs already. */
export type GatewayOwner = "reference" | "own_command" | "own_running";

/**
 * Refuses, before anything starts, a fault that the live lab cannot have with these parts. Throws LabError `refused`
 * `not_applicable`.
 */
export function checkLiveFaults(plan: Plan, gateway: GatewayOwner): void {
  for (const fault of plan.faults) {
    const needs = actOf(fault).needs?.(fault) ?? [];
    const reasons = [...needs.map((need) => reasonAgainst(need, plan, gateway)), ...fault.target.links.map((link) => reasonAgainstLink(link, plan))];
    const reason = reasons.find((each) => each !== null);
    if (reason !== undefined && reason !== null) throw notApplicable(fault.title, reason);
  }
}

function reasonAgainst({ component: id, ability }: Need, plan: Plan, gateway: GatewayOwner): string | null {
  const component = componentOf(plan, id);
  if (component.role === "gateway") return reasonAgainstGateway(ability, gateway);
  const role = liveRole(component.role);
  if (role !== null) return role.lacks[ability] ?? null;
  if (component.role !== "provider") return `the live lab starts no ${component.role}`;
  if (plan.deployments.find(({ name }) => name === component.deployment)?.url !== undefined) return `the lab did not start the provider of "${component.deployment}"`;
  return ability === "pause" ? null : "a simulated provider keeps its records in one piece: use kind: outage, or link_down";
}

function reasonAgainstGateway(ability: Need["ability"], gateway: GatewayOwner): string | null {
  if (gateway === "reference") return null;
  if (gateway === "own_running") return "the lab did not start your gateway, and can change it only through its links";
  if (ability === "admin") return "your gateway takes no faults over HTTP";
  if (ability === "configure") return "your gateway has a configuration of its own";
  return ability === "memory" ? "the lab limits the heap of the reference gateway only" : null;
}

/** A proxy can stand in front of whatever the lab starts, and between the clients and what they call. */
function reasonAgainstLink(id: string, plan: Plan): string | null {
  const { from, to } = linkOf(plan, id);
  const { role } = componentOf(plan, to);
  return role === "gateway" || role === "provider" || liveRole(role) !== null ? null : `the live lab has no proxy on the link from ${from} to ${to}`;
}

function notApplicable(fault: string, reason: string): LabError {
  return new LabError({ exit: "refused", code: "not_applicable", message: `Cannot play "${fault}" live: ${reason}`, hint: "Choose another stack with --stack, or leave the fault out" });
}
