import type { Plan } from "../../kernel/plan.ts";
import type { ClientRecord } from "../../kernel/records.ts";
import { componentsOf } from "../../kernel/topology.ts";

/**
 * Largest share of the gateways that gave none of `requestsMin` answers in a row of one edge, in the order of intended
 * sends: the capacity that this edge had taken out, seen by those who get its answers. Null: no answer of the exposure
 * names its gateway, too few do, or there is only one gateway.
 */
export function idleReplicasOf(plan: Plan, client: readonly ClientRecord[]): number | null {
  const { timeline: { faultFromMs, endMs }, measure: { requestsMin } } = plan;
  const gateways = componentsOf(plan, "gateway").length;
  const named = client.filter(({ replica, intendedMs }) => replica !== undefined && intendedMs >= faultFromMs && intendedMs <= endMs);
  if (gateways < 2) return null;
  const byEdge = Map.groupBy(named, ({ entry }) => entry);
  const fewest = [...byEdge.values()].flatMap((answers) => fewestNames(answers.toSorted((a, b) => a.intendedMs - b.intendedMs).map(({ replica }) => replica!), requestsMin));
  return fewest.length === 0 ? null : 1 - Math.min(...fewest) / gateways;
}

/** How many different names any `length` in a row have at least; none where there are fewer. */
function fewestNames(names: readonly string[], length: number): readonly number[] {
  if (names.length < length) return [];
  const counts = new Map<string, number>();
  let fewest = Infinity;
  for (const [at, name] of names.entries()) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (at < length - 1) continue;
    fewest = Math.min(fewest, counts.size);
    const oldest = names[at - length + 1]!;
    if (counts.get(oldest) === 1) counts.delete(oldest);
    else counts.set(oldest, counts.get(oldest)! - 1);
  }
  return [fewest];
}
