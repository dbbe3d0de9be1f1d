import type { Role } from "../kernel/topology.ts";
import type { Stack } from "./stack-schema.ts";

/** What the topology goes by of a stack. */
export type StackShape = Pick<Stack, "replicas" | "store" | "collector" | "edge" | "control" | "vault"> & { readonly regions: readonly string[] };

/** How a role of the system stands in the topology of a stack. */
export interface StackRole {
  readonly role: Role;
  /** How many components of it region `at` has, counted from 0. */
  readonly countIn: (stack: StackShape, at: number) => number;
  /** Who sends it requests. */
  readonly calledBy: (stack: StackShape) => readonly Role[];
  /** Whether it is called from its own region alone. */
  readonly isRegional: (stack: StackShape) => boolean;
  /** Whether it calls the providers. */
  readonly callsProviders: boolean;
}

const always = () => true;
const byGateway = () => ["gateway"] as const;

/**
 * Every role between the clients and the providers that a stack can have, in the plan's order. A new one is a row here,
 * and a row in `lab/systems/live-roles.ts` and `lab/virtual/roles.ts`.
 */
export const stackRoles: readonly StackRole[] = [
  {
    role: "edge",
    countIn: ({ edge, regions }, at) => (edge === null ? 0 : Math.ceil((edge.count - at) / regions.length)),
    calledBy: () => ["client"],
    isRegional: () => false,
    callsProviders: false,
  },
  { role: "gateway", countIn: ({ replicas }) => replicas, calledBy: ({ edge }) => [edge === null ? "client" : "edge"], isRegional: ({ edge }) => edge === null, callsProviders: true },
  // It asks each deployment of a new package who it is.
  { role: "control", countIn: ({ control }) => (control === null ? 0 : 1), calledBy: byGateway, isRegional: always, callsProviders: true },
  { role: "vault", countIn: ({ vault }) => (vault === null ? 0 : 1), calledBy: () => ["gateway", "control"], isRegional: always, callsProviders: false },
  { role: "store", countIn: ({ store }) => (store === "redis" ? 1 : 0), calledBy: byGateway, isRegional: always, callsProviders: false },
  { role: "collector", countIn: ({ collector }) => (collector ? 1 : 0), calledBy: byGateway, isRegional: always, callsProviders: false },
];

/** The roles that call the providers. */
export const providerCallers: ReadonlySet<Role> = new Set(stackRoles.filter(({ callsProviders }) => callsProviders).map(({ role }) => role));
