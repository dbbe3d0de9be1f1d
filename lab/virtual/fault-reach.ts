import type { Fault } from "../../kernel/fault.ts";
import { linkOf, type Role, type Topology } from "../../kernel/topology.ts";

/** The roles through which requests and answers pass. */
const onPath: ReadonlySet<Role> = new Set<Role>(["client", "edge", "gateway", "provider"]);

/**
 * Whether a fault may act on the stream that answers a request which passed these links. One that acts on other links
 * and other components does not: the parts of a stack share nothing. What gateways call beside the path (stores,
 * vaults, control planes) counts as on the path of its whole region.
 */
export function mayReach({ target }: Fault, passed: readonly string[], topology: Topology): boolean {
  const roleAndRegion = new Map(topology.components.map(({ id, role, region }) => [id, { role, region }]));
  const endsOf = (link: string) => {
    const { from, to } = linkOf(topology, link);
    return [from, to];
  };
  const path = new Set(passed.flatMap(endsOf));
  const isWhole = [...path].some((id) => roleAndRegion.get(id)!.role === "client");
  if (!isWhole || target.components.length + target.links.length === 0) return true;
  if (target.links.some((link) => passed.includes(link)) || target.components.some((id) => path.has(id))) return true;
  const regions = new Set([...path].map((id) => roleAndRegion.get(id)!.region));
  return [...target.components, ...target.links.flatMap(endsOf)].map((id) => roleAndRegion.get(id)!).some(({ role, region }) => !onPath.has(role) && regions.has(region));
}
