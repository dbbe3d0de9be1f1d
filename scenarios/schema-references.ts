import type { ScenarioAction } from "./actions/index.ts";
import type { ScenarioFault } from "./faults/index.ts";

interface Referring {
  readonly deployments: readonly { readonly name: string; readonly limitedFrom?: string | undefined; readonly capacity?: unknown; readonly limits?: unknown }[];
  readonly routes: readonly { readonly name: string; readonly deployments: readonly string[] }[];
  readonly workload: {
    readonly cells: readonly { readonly team: string; readonly feature: string; readonly region: string; readonly route: string; readonly systemPrompt?: string | undefined }[];
    readonly clients: readonly { readonly share: number }[];
    readonly maxTokens: { readonly min: number; readonly max: number };
  };
  readonly systemPrompts: readonly { readonly name: string }[];
  readonly faults: readonly ScenarioFault[];
  readonly actions: readonly ScenarioAction[];
}

interface IssueSink {
  addIssue(issue: { code: "custom"; path: (string | number)[]; message: string }): void;
}

/**
 * Names that point nowhere, names given twice, limits the wrong way round: errors that no schema of single fields
 * finds.
 */
export function checkReferences(scenario: Referring, context: IssueSink): void {
  const report = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
  const deployments = scenario.deployments.map((deployment) => deployment.name);
  const routes = scenario.routes.map((route) => route.name);
  const known = (path: (string | number)[], kind: string, name: string, names: readonly string[]) => {
    if (!names.includes(name)) report(path, `Unknown ${kind} "${name}"; there ${names.length === 1 ? "is" : "are"} ${names.join(", ")}`);
  };
  reportTwice(deployments, (index, name) => report(["deployments", index, "name"], `Deployment "${name}" is given twice`));
  reportTwice(routes, (index, name) => report(["routes", index, "name"], `Route "${name}" is given twice`));
  reportTwice(
    scenario.workload.cells.map((cell) => `${cell.team}/${cell.feature}/${cell.region}`),
    (index, name) => report(["workload", "cells", index], `Cell "${name}" is given twice`),
  );
  scenario.deployments.forEach(({ name, limitedFrom, capacity, limits }, index) => {
    if (limitedFrom !== undefined && capacity === undefined && limits === undefined) report(["deployments", index, "limitedFrom"], `Deployment "${name}" has neither capacity nor limits`);
  });
  scenario.routes.forEach((route, index) => {
    route.deployments.forEach((name, position) => known(["routes", index, "deployments", position], "deployment", name, deployments));
  });
  scenario.workload.cells.forEach((cell, index) => known(["workload", "cells", index, "route"], "route", cell.route, routes));
  scenario.faults.forEach((fault, index) => {
    deploymentsNamed(fault).forEach(({ path, name }) => known(["faults", index, ...path], "deployment", name, deployments));
  });
  checkSystemPrompts(scenario, report, known);
  const teams = [...new Set(scenario.workload.cells.map(({ team }) => team))];
  scenario.actions.forEach(({ team }, index) => known(["actions", index, "team"], "team", team, teams));
  turnsOutOfOrder(scenario.actions).forEach(({ index, message }) => report(["actions", index, "turn"], message));
  const clients = scenario.workload.clients.reduce((total, { share }) => total + share, 0);
  if (clients > 1.000_001) report(["workload", "clients"], `The shares of the clients add up to ${Number(clients.toFixed(3))}, which is above 1`);
  const { min, max } = scenario.workload.maxTokens;
  if (min > max) report(["workload", "maxTokens", "min"], `min ${min} is above max ${max}`);
}

type Report = (path: (string | number)[], message: string) => void;

function checkSystemPrompts(scenario: Referring, report: Report, known: (path: (string | number)[], kind: string, name: string, names: readonly string[]) => void): void {
  const { workload, systemPrompts, faults, actions } = scenario;
  const names = systemPrompts.map(({ name }) => name);
  reportTwice(names, (index, name) => report(["systemPrompts", index, "name"], `Prompt "${name}" is given twice`));
  const refer = (path: (string | number)[], name: string | undefined) => {
    if (name === undefined) return;
    if (names.length === 0) report(path, `Unknown prompt "${name}"; the scenario has no systemPrompts`);
    else known(path, "prompt", name, names);
  };
  workload.cells.forEach(({ systemPrompt }, index) => refer(["workload", "cells", index, "systemPrompt"], systemPrompt));
  faults.forEach((fault, index) => refer(["faults", index, "prompt"], "prompt" in fault ? fault.prompt : undefined));
  const named = workload.cells.findIndex(({ systemPrompt }) => systemPrompt !== undefined);
  if (named >= 0 && actions.length > 0) report(["workload", "cells", named, "systemPrompt"], "Clients that are led past the gateways have no registry: leave out the systemPrompt or the actions");
}

/** A team's window is opened once, and then ended: after its end it has to wait for 15 minutes. */
function turnsOutOfOrder(actions: readonly ScenarioAction[]): readonly { readonly index: number; readonly message: string }[] {
  return actions.flatMap(({ team, turn, fromMs }, index) => {
    const earlier = actions.filter((other, at) => other.team === team && (other.fromMs < fromMs || (other.fromMs === fromMs && at < index)));
    if (turn === "on") return earlier.length === 0 ? [] : [{ index, message: `Break-glass is turned on once for each team, first of all; "${team}" has a step before it` }];
    return earlier.length === 1 && earlier[0]!.turn === "on" ? [] : [{ index, message: `Break-glass of "${team}" is not on at that time` }];
  });
}

interface Named {
  readonly path: readonly (string | number)[];
  readonly name: string;
}

/** Every `deployment` and `deployments` in a fault, at whatever depth its kind has them. */
function deploymentsNamed(value: unknown, path: readonly (string | number)[] = []): readonly Named[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => deploymentsNamed(item, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]): readonly Named[] => {
    if (key === "deployment" && typeof inner === "string") return [{ path: [...path, key], name: inner }];
    if (key === "deployments" && Array.isArray(inner)) return inner.map((name, position) => ({ path: [...path, key, position], name: String(name) }));
    return deploymentsNamed(inner, [...path, key]);
  });
}

function reportTwice(names: readonly string[], report: (index: number, name: string) => void): void {
  const known = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (known.has(name)) report(index, name);
    known.add(name);
  }
}
