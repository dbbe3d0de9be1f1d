import { linkId, type Component, type Link, type Role, type Topology } from "../kernel/topology.ts";
import { stackRoles, type StackShape } from "./stack-roles.ts";

interface Demand {
  readonly cells: readonly { readonly region: string }[];
  readonly deployments: readonly { readonly name: string; readonly region?: string | undefined }[];
}

/**
 * The components of a stack under a scenario, and the links between them. An id is the role, with the region where there are several and the
 * number where a region has several: `gateway`, `gateway-east`, `gateway-east-2`. The clients of the i-th client region use region i of the
 * stack, counted round.
 */
export function topologyOf(stack: StackShape, { cells, deployments }: Demand): Topology {
  const clientRegions = [...new Set(cells.map(({ region }) => region))];
  const clients = clientRegions.map((region) => component("client", { region, regions: clientRegions }));
  const ofStack = stackRoles.flatMap(({ role, perRegion }) => {
    const replicas = perRegion(stack);
    return stack.regions.flatMap((region) => Array.from({ length: replicas }, (_, index) => component(role, { region, regions: stack.regions, replica: index + 1, replicas })));
  });
  const providers = deployments.map(({ name, region = "any" }): Component => ({ id: `provider-${name}`, role: "provider", region, replica: 1, deployment: name }));
  const stackRegion = new Map(clients.map(({ id }, index) => [id, stack.regions[index % stack.regions.length]!]));
  const links = [...clients, ...ofStack].flatMap((from) => [
    ...called(from, stackRegion.get(from.id) ?? from.region, ofStack),
    ...(from.role === "gateway" ? providers.map((provider) => link(from, provider)) : []),
  ]);
  return { components: [...clients, ...ofStack, ...providers], links };
}

function component(role: Role, place: { region: string; regions: readonly string[]; replica?: number; replicas?: number }): Component {
  const { region, regions, replica = 1, replicas = 1 } = place;
  const id = [role, ...(regions.length > 1 ? [region] : []), ...(replicas > 1 ? [replica] : [])].join("-");
  return { id, role, region, replica };
}

const link = (from: Component, to: Component): Link => ({ id: linkId(from.id, to.id), from: from.id, to: to.id });

/** The links of a component to what it calls in a region. */
function called(from: Component, region: string, targets: readonly Component[]): readonly Link[] {
  const callees = new Set(stackRoles.filter(({ calledBy }) => calledBy === from.role).map(({ role }) => role));
  return targets.filter((target) => callees.has(target.role) && target.region === region).map((target) => link(from, target));
}
