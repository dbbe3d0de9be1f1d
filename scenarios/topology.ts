import { linkId, type Component, type Link, type Role, type Topology } from "../kernel/topology.ts";
import type { Stack } from "./stack-schema.ts";

type StackShape = Pick<Stack, "replicas" | "store" | "collector"> & { readonly regions: readonly string[] };

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
  const gateways = stack.regions.flatMap((region) =>
    Array.from({ length: stack.replicas }, (_, index) => component("gateway", { region, regions: stack.regions, replica: index + 1, replicas: stack.replicas })),
  );
  const perRegion = (role: Role, present: boolean) => (present ? stack.regions.map((region) => component(role, { region, regions: stack.regions })) : []);
  const dependencies = [...perRegion("store", stack.store === "redis"), ...perRegion("collector", stack.collector)];
  const providers = deployments.map(({ name, region = "any" }): Component => ({ id: `provider-${name}`, role: "provider", region, replica: 1, deployment: name }));
  const links = [
    ...clients.flatMap((client, index) => toRegion(client, gateways, stack.regions[index % stack.regions.length]!)),
    ...gateways.flatMap((gateway) => [...toRegion(gateway, dependencies, gateway.region), ...providers.map((provider) => link(gateway, provider))]),
  ];
  return { components: [...clients, ...gateways, ...dependencies, ...providers], links };
}

function component(role: Role, place: { region: string; regions: readonly string[]; replica?: number; replicas?: number }): Component {
  const { region, regions, replica = 1, replicas = 1 } = place;
  const id = [role, ...(regions.length > 1 ? [region] : []), ...(replicas > 1 ? [replica] : [])].join("-");
  return { id, role, region, replica };
}

const link = (from: Component, to: Component): Link => ({ id: linkId(from.id, to.id), from: from.id, to: to.id });

const toRegion = (from: Component, targets: readonly Component[], region: string): readonly Link[] =>
  targets.filter((target) => target.region === region).map((target) => link(from, target));
