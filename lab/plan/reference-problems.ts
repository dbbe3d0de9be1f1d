import { LabError } from "../../kernel/errors.ts";
import { findIncident } from "../../scenarios/faults/incident.ts";
import type { Incident } from "../../scenarios/incident.ts";
import type { Problem } from "../../scenarios/parse.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { readFilesOf } from "./files.ts";
import { loadIncidents } from "./incidents.ts";

/**
 * The names in a scenario that lead nowhere: profiles, incident files and incidents of the catalogue, each with its
 * place. `folder`: the scenario's, for its paths.
 */
export function referenceProblems(scenario: Scenario, folder: string): readonly Problem[] {
  const catalogue = loadIncidents();
  const problem = (place: readonly PropertyKey[], check: () => unknown): readonly Problem[] => {
    const error = attempt(check);
    return error === null ? [] : [{ path: place, message: `${error.message}. ${error.hint}` }];
  };
  return [
    ...scenario.deployments.flatMap((deployment, index) => problem(["deployments", index, "latency"], () => readFilesOf({ ...scenario, deployments: [deployment], faults: [] }, folder))),
    ...scenario.faults.flatMap((fault, index) => {
      if (fault.kind !== "incident") return [];
      const named = (): readonly Incident[] => readFilesOf({ ...scenario, deployments: [], faults: [fault] }, folder).incidents;
      return problem(["faults", index, "incident"], () => findIncident(fault.incident, [...catalogue, ...named()]));
    }),
  ];
}

/** The `LabError` that a check throws; null when it throws nothing. */
export function attempt(check: () => unknown): LabError | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
}
