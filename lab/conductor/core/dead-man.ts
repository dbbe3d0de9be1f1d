import type { Plan } from "../../../kernel/plan.ts";

/** A fault is lifted within this, or something is wrong. */
const liftMs = 10_000;
/** A fault that is never lifted stays until the last answer has come: a client's patience, and closing the records. */
const tailMs = 120_000;

/**
 * How long from `nowMs` a change to a component or link may stay in force, should everybody have forgotten it: until
 * the last fault there that has begun is to be lifted.
 */
export function deadManMs({ faults, timeline }: Plan, site: string, nowMs: number): number {
  const begun = faults.filter(({ target, fromMs, always }) => (always || fromMs <= nowMs + liftMs) && [...target.components, ...target.links].includes(site));
  const ends = begun.map(({ always, lifted, toMs }) => (always || !lifted ? timeline.endMs + tailMs : toMs + liftMs));
  return Math.max(liftMs, ...ends.map((endMs) => endMs - nowMs));
}
