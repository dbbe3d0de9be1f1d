import { LabError } from "../../kernel/errors.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { Plan } from "../../kernel/plan.ts";
import { componentOf } from "../../kernel/topology.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import { actOf } from "../faults/index.ts";
import { missingVirtually } from "./roles.ts";

/**
 * Refuses what the virtual harness cannot have, with the reason: left out, the run would be another one. Throws
 * LabError `refused` `virtual_unsupported`.
 */
export function checkVirtual(plan: Plan, stack: Pick<Stack, "external" | "edge">): void {
  const reasons = [...ofSystem(plan, stack), ...plan.faults.flatMap((fault) => ofFault(fault, plan))];
  if (reasons.length === 0) return;
  throw new LabError({ exit: "refused", code: "virtual_unsupported", message: `Cannot play in virtual time: ${reasons.join("; ")}`, hint: "Leave out --virtual" });
}

function ofSystem(plan: Plan, { external, edge }: Pick<Stack, "external" | "edge">): readonly string[] {
  return [
    ...(external === undefined ? [] : [`the gateway at ${external.url} is a process that only exists live`]),
    ...(edge?.engine === "haproxy" ? ["HAProxy is a program that only exists live"] : []),
    ...plan.deployments.flatMap(({ name, url }) => (url === undefined ? [] : [`deployment "${name}" is a provider that only exists live, at ${url}`])),
  ];
}

function ofFault(fault: Fault, plan: Plan): readonly string[] {
  const own = actOf(fault).impossibleVirtually?.(fault) ?? null;
  const ends = plan.links.filter(({ id }) => fault.target.links.includes(id)).flatMap(({ from, to }) => [from, to]);
  const roles = new Set([...fault.target.components, ...ends].map((id) => componentOf(plan, id).role));
  const reasons = [...(own === null ? [] : [own]), ...[...roles].flatMap((role) => missingVirtually(role) ?? [])];
  return reasons.map((reason) => `${fault.title}: ${reason}`);
}
