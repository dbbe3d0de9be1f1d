/** What a component may do in the system, from the clients to the providers. */
export const roles = ["client", "edge", "gateway", "control", "vault", "store", "collector", "provider"] as const;

/** What a component does in the system. */
export type Role = (typeof roles)[number];

/** One party of a run: a process of the system under test, a provider, or the clients of one region. */
export interface Component {
  /** Unique in the plan; names the process, its log and its configuration file. */
  readonly id: string;
  readonly role: Role;
  /** Of the stack; for clients their own region, for a provider where it serves, or `any`. */
  readonly region: string;
  /** Which of the components of this role and region it is, from 1. */
  readonly replica: number;
  /** The deployment that a provider serves. */
  readonly deployment?: string | undefined;
}

/** A way from one component to another. Every link can carry toxics and be cut. */
export interface Link {
  /** `from~to`. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

/** All parties of a run and the ways between them. */
export interface Topology {
  readonly components: readonly Component[];
  readonly links: readonly Link[];
}

export const linkId = (from: string, to: string): string => `${from}~${to}`;

/** Of a link's id. */
export const linkFrom = (id: string): string => id.slice(0, id.indexOf("~"));

/** The component of that id. Throws for one that the topology lacks: ids come from the plan itself. */
export function componentOf(topology: Topology, id: string): Component {
  const found = topology.components.find((component) => component.id === id);
  if (found === undefined) throw new Error(`No component "${id}" in the plan`);
  return found;
}

/** The link of that id. Throws for one that the topology lacks: ids come from the plan itself. */
export function linkOf(topology: Topology, id: string): Link {
  const found = topology.links.find((link) => link.id === id);
  if (found === undefined) throw new Error(`No link "${id}" in the plan`);
  return found;
}

/** The components of a role, in the plan's order. */
export function componentsOf(topology: Topology, role: Role): readonly Component[] {
  return topology.components.filter((component) => component.role === role);
}

/** Where clients of each region send their requests: the components that their links lead to. */
export function entriesOf(topology: Topology): ReadonlyMap<string, readonly Component[]> {
  return new Map(
    componentsOf(topology, "client").map((client) => [
      client.region,
      topology.links.filter(({ from }) => from === client.id).map(({ to }) => componentOf(topology, to)),
    ]),
  );
}
