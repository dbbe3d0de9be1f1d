import type { Deployment, PlannedIncident } from "../../../kernel/plan.ts";
import { withoutDns } from "./rates.ts";
import { otherModelOf, type Subject } from "./subject.ts";

/** Configuration of a simulator of a subject, in either harness. */
export interface SubjectSimulator {
  readonly seed: number;
  readonly deployment: Deployment;
  readonly otherModel: string;
  readonly markKey: string;
  readonly incidents: readonly PlannedIncident[];
}

/** One simulator for each deployment of the subject; all get the incident, also those that it does not hit. */
export function simulatorsOf(subject: Subject, seed: number): readonly SubjectSimulator[] {
  const deployments = deploymentsOf(subject);
  const incident: PlannedIncident = {
    incident: subject.incident,
    deployments: deployments.map(({ name }) => name),
    phases: subject.phases.map(withoutDns),
  };
  return deployments.map((deployment) => ({ seed, deployment, otherModel: otherModelOf(deployment), markKey: subject.markKey, incidents: [incident] }));
}

function deploymentsOf({ populations }: Subject): readonly Deployment[] {
  return [...new Map(populations.map(({ deployment }) => [deployment.name, deployment])).values()];
}
