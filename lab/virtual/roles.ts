import type { Role } from "../../kernel/topology.ts";
import type { Program } from "./component.ts";
import type { VirtualProcess } from "./process.ts";
import { storeServer } from "./store-server.ts";

/** How the virtual harness plays a role of the stack: the program of one process, or why it has none. */
type VirtualRole = ((process: VirtualProcess) => Program) | string;

/**
 * The roles whose programs are made of their process alone. `system.ts` makes those that need a configuration or a
 * disk.
 */
export const virtualRoles: Readonly<Record<Exclude<Role, "client" | "edge" | "gateway" | "control" | "vault" | "provider">, VirtualRole>> = {
  store: (process) => ({ handler: storeServer(process) }),
  collector: "traces are exported by the live gateway's process, and the virtual gateway has none to send",
};

/** Why the virtual harness cannot have a component of the role; null: it can. */
export function missingVirtually(role: Role): string | null {
  const known = Object.hasOwn(virtualRoles, role) ? virtualRoles[role as keyof typeof virtualRoles] : null;
  return typeof known === "string" ? known : null;
}
