import { canonicalJson } from "./canonical-json.ts";
import type { Arrival, Plan } from "./plan.ts";

/** The part of `node:crypto` that a digest takes; `createHash` fits. */
export type CreateHash = (algorithm: "sha256") => { update(text: string): unknown; digest(encoding: "hex"): string };

/** Everything of a plan that follows from scenario, stack and seed: all but the run's name. */
export const plannedPart = ({ run: _name, ...planned }: Plan): Omit<Plan, "run"> => planned;

/** SHA-256 of all of a plan but the run's name, equal for equal values however they are written. */
export function planDigest(plan: Plan, createHash: CreateHash): string {
  return digestOf([plannedPart(plan)], createHash);
}

/** SHA-256 of the arrivals, in their order. */
export function arrivalsDigest(arrivals: Iterable<Arrival>, createHash: CreateHash): string {
  return digestOf(arrivals, createHash);
}

function digestOf(values: Iterable<unknown>, createHash: CreateHash): string {
  const hash = createHash("sha256");
  for (const value of values) hash.update(`${canonicalJson(value)}\n`);
  return hash.digest("hex");
}
