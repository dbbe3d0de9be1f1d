import { linkId, type Component, type Link, type Role, type Topology } from "../kernel/topology.ts";
import { providerCallers, stackRoles, type StackShape } from "./stack-roles.ts";

interface Demand {
  readonly cells: readonly { readonly region: string }[];
  readonly deployments: readonly { readonly name: string; readonly region?: string | undefined }[];
}

/**
 * The components of a stack under a scenario, and the links between them. An id is the role, with the region where
 * there are several and the number where a region has several: `gateway`, `gateway-east`, `gateway-east-2`. The clients
 * of the i-th client region use region i of the stack, counted round; where there are edges, all of these, and they all
 * gateways.
 */
export function topologyOf(stack: StackShape, { cells, deployments }: Demand): Topology {
  const clientRegions = [...new Set(cells.map(({ region }) => region))];
  const clients = clientRegions.map((region) => component("client", { region, regions: clientRegions }));
  const ofStack = stackRoles.flatMap(({ role, countIn }) =>
    stack.regions.flatMap((region, at) => {
      const replicas = Math.max(0, countIn(stack, at));
      return Array.from({ length: replicas }, (_, index) => component(role, { region, regions: stack.regions, replica: index + 1, replicas }));
    }),
  );
  const providers = deployments.map(({ name, region = "any" }): Component => ({ id: `provider-${name}`, role: "provider", region, replica: 1, deployment: name }));
  const stackRegion = new Map(clients.map(({ id }, index) => [id, stack.regions[index % stack.regions.length]!]));
  const links = [...clients, ...ofStack].flatMap((from) => [
    ...called(from, stackRegion.get(from.id) ?? from.region, { stack, targets: ofStack }),
    ...(providerCallers.has(from.role) ? providers.map((provider) => link(from, provider)) : []),
  ]);
  return { components: [...clients, ...ofStack, ...providers], links };
}

function component(role: Role, place: { region: string; regions: readonly string[]; replica?: number; replicas?: number }): Component {
  const { region, regions, replica = 1, replicas = 1 } = place;
  const id = [role, ...(regions.length > 1 ? [region] : []), ...(replicas > 1 ? [replica] : [])].join("-");
  return { id, role, region, replica };
}

const link = (from: Component, to: Component): Link => ({ id: linkId(from.id, to.id), from: from.id, to: to.id });

/** The links of a component to what it calls; of what is regional, in that region alone. */
function called(from: Component, region: string, { stack, targets }: { stack: StackShape; targets: readonly Component[] }): readonly Link[] {
  const rows = stackRoles.filter(({ calledBy }) => calledBy(stack).includes(from.role));
  return rows.flatMap(({ role, isRegional }) => targets.filter((target) => target.role === role && (!isRegional(stack) || target.region === region)).map((target) => link(from, target)));
}
