import type { Role } from "../../kernel/topology.ts";
import type { Program } from "./component.ts";
import type { VirtualProcess } from "./process.ts";
import { storeServer } from "./store-server.ts";

/** How the virtual harness plays a role of the stack: the program of one process, or why it has none. */
type VirtualRole = ((process: VirtualProcess) => Program) | string;

/** The roles that it plays besides edges, gateways and providers, whose programs are made of more than their process (`system.ts`). */
export const virtualRoles: Readonly<Record<Exclude<Role, "client" | "edge" | "gateway" | "provider">, VirtualRole>> = {
  store: (process) => ({ handler: storeServer(process) }),
  collector: "traces are exported by the live gateway's process, and the virtual gateway has none to send",
  control: "it has no control plane",
  vault: "it has no vault",
};

/** Why the virtual harness cannot have a component of the role; null: it can. */
export function missingVirtually(role: Role): string | null {
  const known = Object.hasOwn(virtualRoles, role) ? virtualRoles[role as keyof typeof virtualRoles] : null;
  return typeof known === "string" ? known : null;
}
