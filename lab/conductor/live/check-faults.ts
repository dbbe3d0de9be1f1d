import { LabError } from "../../../kernel/errors.ts";
import type { Plan } from "../../../kernel/plan.ts";
import { componentOf, linkOf, type Role } from "../../../kernel/topology.ts";
import { actOf } from "../../faults/index.ts";
import type { Need } from "../core/fault-act.ts";

/**
 * Refuses, before anything starts, a fault that the live lab cannot have with these parts. `isExternal`: the gateway is the user's own, and runs
 * already. Throws LabError `refused` `not_applicable`.
 */
export function checkLiveFaults(plan: Plan, { isExternal }: { isExternal: boolean }): void {
  for (const fault of plan.faults) {
    const needs = actOf(fault).needs?.(fault) ?? [];
    const reasons = [...needs.map((need) => reasonAgainst(need, plan, isExternal)), ...fault.target.links.map((link) => reasonAgainstLink(link, plan))];
    const reason = reasons.find((each) => each !== null);
    if (reason !== undefined && reason !== null) throw notApplicable(fault.title, reason);
  }
}

function reasonAgainst({ component: id, ability }: Need, plan: Plan, isExternal: boolean): string | null {
  const component = componentOf(plan, id);
  if (component.role === "gateway") return isExternal ? "the lab did not start your gateway, and can change it only through its links" : null;
  if (component.role === "store" || component.role === "collector") return ability === "admin" ? `a ${component.role} takes no faults over HTTP` : null;
  if (component.role !== "provider") return `the live lab starts no ${component.role}`;
  if (plan.deployments.find(({ name }) => name === component.deployment)?.url !== undefined) return `the lab did not start the provider of "${component.deployment}"`;
  return ability === "pause" ? null : "a simulated provider keeps its records in one piece: use kind: outage, or link_down";
}

/** A proxy can stand in front of whatever the lab starts, and between the clients and what they call. */
function reasonAgainstLink(id: string, plan: Plan): string | null {
  const { from, to } = linkOf(plan, id);
  const proxied = new Set<Role>(["gateway", "store", "collector", "provider"]);
  return proxied.has(componentOf(plan, to).role) ? null : `the live lab has no proxy on the link from ${from} to ${to}`;
}

function notApplicable(fault: string, reason: string): LabError {
  return new LabError({ exit: "refused", code: "not_applicable", message: `Cannot play "${fault}" live: ${reason}`, hint: "Choose another stack with --stack, or leave the fault out" });
}
