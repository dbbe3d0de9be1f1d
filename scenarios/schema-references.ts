import type { Dialect } from "../kernel/chat.ts";
import { gatewaySpeaks } from "./dialects.ts";
import type { ScenarioFault } from "./schema-faults.ts";

interface Referring {
  readonly system: "reference" | { readonly linkPorts: Readonly<Record<string, number>> };
  readonly deployments: readonly { readonly name: string; readonly dialect: Dialect }[];
  readonly routes: readonly { readonly name: string; readonly deployments: readonly string[] }[];
  readonly workload: {
    readonly cells: readonly { readonly team: string; readonly feature: string; readonly region: string; readonly route: string }[];
    readonly maxTokens: { readonly min: number; readonly max: number };
  };
  readonly faults: readonly ScenarioFault[];
}

interface IssueSink {
  addIssue(issue: { code: "custom"; path: (string | number)[]; message: string }): void;
}

/** Names that point nowhere, names given twice, limits the wrong way round: what a schema of single fields cannot say. */
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
  scenario.routes.forEach((route, index) => {
    route.deployments.forEach((name, position) => known(["routes", index, "deployments", position], "deployment", name, deployments));
  });
  scenario.workload.cells.forEach((cell, index) => known(["workload", "cells", index, "route"], "route", cell.route, routes));
  scenario.faults.forEach((fault, index) => {
    if ("deployment" in fault) known(["faults", index, "deployment"], "deployment", fault.deployment, deployments);
    else fault.deployments?.forEach((name, position) => known(["faults", index, "deployments", position], "deployment", name, deployments));
  });
  if (scenario.system === "reference") {
    scenario.deployments.forEach(({ dialect }, index) => {
      if (!gatewaySpeaks(dialect)) report(["deployments", index, "dialect"], `The reference gateway does not speak ${dialect}; a system of your own may`);
    });
  } else {
    for (const name of Object.keys(scenario.system.linkPorts)) known(["system", "linkPorts", name], "deployment", name, deployments);
    const missing = deployments.filter((name) => !Object.hasOwn((scenario.system as { linkPorts: object }).linkPorts, name));
    if (missing.length > 0) report(["system", "linkPorts"], `Say at which port your gateway reaches ${missing.join(", ")}`);
  }
  const { min, max } = scenario.workload.maxTokens;
  if (min > max) report(["workload", "maxTokens", "min"], `min ${min} is above max ${max}`);
}

function reportTwice(names: readonly string[], report: (index: number, name: string) => void): void {
  names.forEach((name, index) => {
    if (names.indexOf(name) < index) report(index, name);
  });
}
