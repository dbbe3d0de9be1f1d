import type { Endpoint } from "../../../kernel/endpoints.ts";
import type { Deployment, PlannedPhase } from "../../../kernel/plan.ts";

/** One incident on one provider, as `incidents verify` plays it. */
export interface Subject {
  readonly incident: string;
  /** As planned, failures of the name lookup included. */
  readonly phases: readonly PlannedPhase[];
  /** In every phase one that it hits; the others must not notice it. */
  readonly populations: readonly Population[];
  readonly markKey: string;
  /** What the verification had to assume. */
  readonly notes: readonly string[];
}

/** Requests of one kind, to one deployment. */
export interface Population {
  /** `hit`, or in what these requests differ from those that are hit: `other model`. */
  readonly name: string;
  readonly hit: boolean;
  /** Indexes of the phases in which they are sent. */
  readonly phases: readonly number[];
  readonly deployment: Deployment;
  readonly request: RequestVariant;
}

export interface RequestVariant {
  readonly endpoint: Endpoint;
  readonly key: string;
  readonly tier: string;
  /** Null: some requests are streams, some are not. */
  readonly stream: boolean | null;
  /** Each on a connection of its own; if not, on one that has carried requests before. */
  readonly newConnection: boolean;
}

/** The model that an `other_model` answer of the simulators names. */
export const otherModelOf = (deployment: Deployment): string => `${deployment.model}-legacy`;
