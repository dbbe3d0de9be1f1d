import { LabError } from "../../kernel/errors.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { Plan } from "../../kernel/plan.ts";
import { componentOf, type Role } from "../../kernel/topology.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import { actOf } from "../faults/index.ts";

/** Roles that the virtual harness has no process for, and why. */
const missing: Readonly<Partial<Record<Role, string>>> = {
  collector: "traces are exported by the live gateway's process, and the virtual gateway has none to send",
  edge: "it has no edge",
  control: "it has no control plane",
  vault: "it has no vault",
};

/** Refuses what the virtual harness cannot have, with the reason: left out, the run would be another one. Throws LabError `refused` `virtual_unsupported`. */
export function checkVirtual(plan: Plan, stack: Pick<Stack, "external">): void {
  const reasons = [...ofSystem(plan, stack), ...plan.faults.flatMap((fault) => ofFault(fault, plan))];
  if (reasons.length === 0) return;
  throw new LabError({ exit: "refused", code: "virtual_unsupported", message: `Cannot play in virtual time: ${reasons.join("; ")}`, hint: "Leave out --virtual" });
}

function ofSystem(plan: Plan, { external }: Pick<Stack, "external">): readonly string[] {
  return [
    ...(external === undefined ? [] : [`the gateway at ${external.url} is a process that only exists live`]),
    ...plan.deployments.flatMap(({ name, url }) => (url === undefined ? [] : [`deployment "${name}" is a provider that only exists live, at ${url}`])),
  ];
}

function ofFault(fault: Fault, plan: Plan): readonly string[] {
  const own = actOf(fault).impossibleVirtually?.(fault) ?? null;
  const ends = plan.links.filter(({ id }) => fault.target.links.includes(id)).flatMap(({ from, to }) => [from, to]);
  const roles = new Set([...fault.target.components, ...ends].map((id) => componentOf(plan, id).role));
  const reasons = [...(own === null ? [] : [own]), ...[...roles].flatMap((role) => missing[role] ?? [])];
  return reasons.map((reason) => `${fault.title}: ${reason}`);
}
