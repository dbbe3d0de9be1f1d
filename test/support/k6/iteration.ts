import type { Agent } from "node:http";

/** What k6 knows of the iteration that a script's code runs in. */
export interface Iteration {
  readonly number: number;
  /** Each virtual user has connections of its own. */
  readonly agent: Agent;
  /** Aborted when k6 is told to stop. */
  readonly signal: AbortSignal;
}
