import type { Role } from "../kernel/topology.ts";
import type { Stack } from "./stack-schema.ts";

/** What the topology goes by of a stack. */
export type StackShape = Pick<Stack, "replicas" | "store" | "collector"> & { readonly regions: readonly string[] };

/** How a role of the system stands in the topology of a stack. */
export interface StackRole {
  readonly role: Role;
  /** How many components of it each region has. */
  readonly perRegion: (stack: StackShape) => number;
  /** Who sends it requests, within a region. */
  readonly calledBy: Role;
}

/** Every role between the clients and the providers that a stack can have, in the plan's order. A new one is a row here, and a row in `lab/systems/live-roles.ts` and `lab/virtual/roles.ts`. */
export const stackRoles: readonly StackRole[] = [
  { role: "gateway", perRegion: ({ replicas }) => replicas, calledBy: "client" },
  { role: "store", perRegion: ({ store }) => (store === "redis" ? 1 : 0), calledBy: "gateway" },
  { role: "collector", perRegion: ({ collector }) => (collector ? 1 : 0), calledBy: "gateway" },
];
