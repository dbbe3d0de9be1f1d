import { closest, didYouMean } from "../../scenarios/closest.ts";
import type { Problem } from "../../scenarios/parse.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import type { ExternalGateway } from "../../scenarios/stack-schema.ts";

/**
 * Names in an external gateway's section that are near to one of the scenario's which has no entry: a slip that would
 * show only as a provider that is never reached, or as a key that is refused. Other names are left alone, because a
 * stack may serve several scenarios.
 */
export function externalProblems(scenario: Scenario, { linkPorts, keys, modelAliases }: ExternalGateway): readonly Problem[] {
  const deployments = scenario.deployments.map(({ name }) => name);
  const owners = [...new Set(scenario.workload.cells.map(({ team, feature }) => `${team}/${feature}`))];
  return [...slipsIn("linkPorts", linkPorts, deployments), ...slipsIn("keys", keys, owners), ...slipsIn("modelAliases", modelAliases, deployments)];
}

function slipsIn(field: string, entries: Readonly<Record<string, unknown>>, known: readonly string[]): readonly Problem[] {
  const missing = known.filter((name) => !Object.hasOwn(entries, name));
  return Object.keys(entries)
    .filter((name) => !known.includes(name) && closest(name, missing).length > 0)
    .map((name) => ({ path: ["external", field], unknownKey: name, message: `The scenario has no "${name}". ${didYouMean(name, missing, "")}` }));
}
