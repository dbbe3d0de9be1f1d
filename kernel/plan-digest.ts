import { writeCanonical } from "./canonical-json.ts";
import type { Plan } from "./plan.ts";

/** The part of `node:crypto` that a digest takes; `createHash` fits. */
export type CreateHash = (algorithm: "sha256") => { update(text: string): unknown; digest(encoding: "hex"): string };

/** Everything of a plan that follows from scenario, stack and seed: all but the run's name. */
export const plannedPart = ({ run: _name, ...planned }: Plan): object => planned;

/** What the plan of a paired control must share with the run's: world and load. How it is judged is its own matter. */
export function controlPart(plan: Plan): object {
  const { run: _name, title: _title, speed: _speed, timeline, measure: _measure, expectations: _expectations, stopWhen: _stopWhen, ...world } = plan;
  return { ...world, endMs: timeline.endMs };
}

/** Characters that are hashed at a time. */
const partLength = 1 << 16;

/** SHA-256 of values in their order, equal for equal values however they are written. */
export function digestOf(values: Iterable<unknown>, createHash: CreateHash): string {
  const hash = createHash("sha256");
  let parts = "";
  const write = (part: string) => {
    parts += part;
    if (parts.length < partLength) return;
    hash.update(parts);
    parts = "";
  };
  for (const value of values) {
    writeCanonical(value, write);
    write("\n");
  }
  hash.update(parts);
  return hash.digest("hex");
}
