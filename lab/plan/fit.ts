import { LabError } from "../../kernel/errors.ts";
import { notApplicable } from "../../scenarios/faults/fault-planner.ts";
import { gatewaySpeaks } from "../../scenarios/dialects.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";

/**
 * Whether the stack's gateway can reach the scenario's deployments at all. Throws LabError `refused` `stack_unfit`, one
 * line a problem.
 */
export function checkFit({ deployments, routes, systemPrompts }: Scenario, { name: stackName, external }: Stack): void {
  if (external !== undefined && systemPrompts.length > 0) throw notApplicable("systemPrompts", "a gateway of your own has no registry that the lab fills");
  const problems =
    external === undefined
      ? unspoken(deployments)
      : [...portProblems(deployments, external.linkPorts), ...aliasProblems(deployments, external.modelAliases), ...routeProblems(routes, external.routes)];
  if (problems.length === 0) return;
  throw new LabError({
    exit: "refused",
    code: "stack_unfit",
    message: `Cannot run this scenario on stack "${stackName}":\n${problems.map((problem) => `  ${problem}`).join("\n")}`,
    hint: external === undefined ? "Give the deployment another dialect, or use a gateway of your own that speaks it" : "docs/own-gateway.md shows how a gateway of yours reaches the simulated providers",
  });
}

function unspoken(deployments: Scenario["deployments"]): readonly string[] {
  return deployments.filter(({ dialect }) => !gatewaySpeaks(dialect)).map(({ name, dialect }) => `deployment "${name}": the reference gateway does not speak ${dialect}`);
}

function aliasProblems(deployments: Scenario["deployments"], aliases: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const names = deployments.map(({ name }) => name);
  return Object.keys(aliases).filter((name) => !names.includes(name)).map((name) => `external.modelAliases names "${name}"; the scenario has ${names.join(", ")}`);
}

function routeProblems(routes: Scenario["routes"], served: readonly string[] | undefined): readonly string[] {
  return routes.filter(({ name }) => served !== undefined && !served.includes(name)).map(({ name }) => `external.routes does not name "${name}", which the scenario has`);
}

function portProblems(deployments: Scenario["deployments"], ports: Readonly<Record<string, number>>): readonly string[] {
  const names = deployments.map(({ name }) => name);
  const missing = names.filter((name) => !Object.hasOwn(ports, name));
  const unknown = Object.keys(ports).filter((name) => !names.includes(name));
  return [
    ...missing.map((name) => `external.linkPorts does not say at which port your gateway reaches "${name}"`),
    ...unknown.map((name) => `external.linkPorts names "${name}"; the scenario has ${names.join(", ")}`),
  ];
}
