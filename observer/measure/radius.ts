import type { Plan } from "../../kernel/plan.ts";
import type { Range, UnitWindow } from "../../kernel/verdict.ts";

/**
 * Bad-window share: what the exposure has in bad unit-windows beyond its control, as a range by interval arithmetic,
 * never below 0.
 */
export function minusControl(exposure: Range, control: Range): Range {
  return [Math.max(0, exposure[0] - control[1]), Math.max(0, exposure[1] - control[0])];
}

/** Share of requests that are bad in the bad unit-windows; 0 where none is. */
export function depthOf(exposure: readonly UnitWindow[]): number {
  const [bad, requests] = damage(exposure);
  return requests === 0 ? 0 : bad / requests;
}

/** From the start of the first bad unit-window to the end of the last, ms. */
export function durationOf(exposure: readonly UnitWindow[]): number {
  const bad = exposure.filter(({ state }) => state === "bad");
  return bad.length === 0 ? 0 : Math.max(...bad.map(({ toMs }) => toMs)) - Math.min(...bad.map(({ fromMs }) => fromMs));
}

/**
 * Share of the damage (bad requests in bad unit-windows) in cells that a fault of the plan reaches (`affects`). Null
 * where there is no damage to contain, and in a plan without faults, which has no inside.
 */
export function containmentOf(plan: Plan, exposure: readonly UnitWindow[]): number | null {
  if (plan.faults.length === 0) return null;
  const inside = new Set(plan.faults.flatMap(({ affects }) => affects.cells));
  const [total] = damage(exposure);
  const [contained] = damage(exposure.filter(({ cell }) => inside.has(cell)));
  return total === 0 ? null : contained / total;
}

function damage(windows: readonly UnitWindow[]): readonly [bad: number, requests: number] {
  let bad = 0;
  let requests = 0;
  for (const window of windows) {
    if (window.state !== "bad") continue;
    bad += window.bad;
    requests += window.requests;
  }
  return [bad, requests];
}
