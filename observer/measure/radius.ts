import type { Plan } from "../../kernel/plan.ts";
import type { Range, UnitWindow } from "../../kernel/verdict.ts";
import { exposureSpan, windowEndMs } from "./windows.ts";

/** Bad-window share: what the exposure has in bad unit-windows beyond its control, as a range by interval arithmetic, never below 0. */
export function minusControl(exposure: Range, control: Range): Range {
  return [Math.max(0, exposure[0] - control[1]), Math.max(0, exposure[1] - control[0])];
}

/** Share of the plan's cells with a bad unit-window; high end: or with an undecided one. */
export function breadthOf(plan: Plan, exposure: readonly UnitWindow[]): Range {
  const hit = new Set(exposure.filter(({ state }) => state === "bad").map(({ cell }) => cell));
  const possible = new Set(exposure.filter(({ state }) => state !== "good").map(({ cell }) => cell));
  return [hit.size / plan.cells.length, possible.size / plan.cells.length];
}

/** Share of requests that are bad in the bad unit-windows; 0 where none is. */
export function depthOf(exposure: readonly UnitWindow[]): number {
  const [bad, requests] = damage(exposure);
  return requests === 0 ? 0 : bad / requests;
}

/** From the start of the first bad unit-window to the end of the last, ms. */
export function durationOf(plan: Plan, exposure: readonly UnitWindow[]): number {
  const bad = exposure.filter(({ state }) => state === "bad");
  if (bad.length === 0) return 0;
  const span = exposureSpan(plan);
  const fromMs = Math.min(...bad.map((window) => window.fromMs));
  return Math.max(...bad.map((window) => windowEndMs(window, span, plan.measure))) - fromMs;
}

/**
 * Share of the damage (bad requests in bad unit-windows) in cells that a fault of the plan reaches (`affects`). 1 where there is no damage:
 * nothing got out. Null in a plan without faults: there is no inside.
 */
export function containmentOf(plan: Plan, exposure: readonly UnitWindow[]): number | null {
  if (plan.faults.length === 0) return null;
  const inside = new Set(plan.faults.flatMap(({ affects }) => affects.cells));
  const [total] = damage(exposure);
  const [contained] = damage(exposure.filter(({ cell }) => inside.has(cell)));
  return total === 0 ? 1 : contained / total;
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
