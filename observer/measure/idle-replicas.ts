import type { Plan } from "../../kernel/plan.ts";
import type { ClientRecord } from "../../kernel/records.ts";
import { componentsOf } from "../../kernel/topology.ts";
import { tallyOf } from "./tally.ts";

const stepMs = 1_000;

/**
 * Largest share of the gateways that answered none of the requests of a window (`windowMs`, moved on by a second) of the exposure: the capacity that an edge
 * has taken out, seen by those who get its answers. Windows of fewer than `requestsMin` answers show nothing. Null: no answer names its gateway, or there
 * is only one.
 */
export function idleReplicasOf(plan: Plan, client: readonly ClientRecord[]): number | null {
  const gateways = componentsOf(plan, "gateway");
  const { timeline: { faultFromMs, endMs }, measure: { windowMs, requestsMin } } = plan;
  const named = client.filter(({ replica, intendedMs }) => replica !== undefined && intendedMs >= faultFromMs && intendedMs <= endMs);
  if (gateways.length < 2 || named.length === 0) return null;
  const counts = gateways.map(({ id }) => tallyOf(named.filter(({ replica }) => replica === id).map(({ intendedMs }) => ({ atMs: intendedMs, bad: false }))));
  let worst: number | null = null;
  for (let fromMs = faultFromMs; fromMs + windowMs <= endMs; fromMs += stepMs) {
    const answered = counts.map((countBetween) => countBetween(fromMs, fromMs + windowMs).total);
    if (answered.reduce((sum, count) => sum + count, 0) < requestsMin) continue;
    worst = Math.max(worst ?? 0, answered.filter((count) => count === 0).length / gateways.length);
  }
  return worst;
}
