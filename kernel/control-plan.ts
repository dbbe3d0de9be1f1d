import type { Plan } from "./plan.ts";

/**
 * The plan of a paired control: the same world and load without faults, and without what an operator does about them.
 * It is its own control, and is sound when its bad share is at most what a steady state may have. Where a fault is in
 * force from the start there is no steady state, so its first window serves as one.
 */
export function controlPlanOf(plan: Plan): Plan {
  const { steadyFromMs, faultFromMs, endMs } = plan.timeline;
  const exposedFromMs = faultFromMs > steadyFromMs ? faultFromMs : Math.min(endMs, steadyFromMs + plan.measure.windowMs);
  const { actions: _, ...planned } = plan;
  return {
    ...planned,
    run: `${plan.run}-control`,
    title: `${plan.title} (the control, without faults)`,
    timeline: { ...plan.timeline, faultFromMs: exposedFromMs, faultToMs: exposedFromMs },
    faults: [],
    measure: { ...plan.measure, control: "self" },
    expectations: [{ measure: "badShare", atMost: plan.measure.steadyBadShareMax }],
  };
}
