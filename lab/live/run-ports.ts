import { LabError } from "../../kernel/errors.ts";
import type { Plan } from "../../kernel/plan.ts";
import { componentsOf, type Role } from "../../kernel/topology.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import { isFree, onFreePort } from "./free-port.ts";
import { portOwner } from "./port-owner.ts";

/**
 * Ports of 127.0.0.1 by the part that listens there: a component's id, or a part of the lab. What is not named here
 * gets any that is free.
 */
export type RunPorts = ReadonlyMap<string, number>;

/** Parts of the lab that listen besides the plan's components. */
const labParts = ["observer", "network", "relay"] as const;

/**
 * Where the first component of each role listens, counted from the first port; the next ones follow in the plan's
 * order. docs/own-monitoring.md
 */
const firstOf = { edge: 10, control: 20, vault: 30, store: 40, collector: 50, gateway: 60, provider: 100 } as const satisfies Partial<Record<Role, number>>;

const portMax = 65_535;

/** Where the first edge shows its state and metrics. */
const firstEdgeAdmin = 14;

/**
 * The ports of a run from `first` on. Throws LabError `refused` `bad_option` where they would go beyond the last port
 * there is.
 */
export function fixedPorts(first: number, plan: Pick<Plan, "components" | "links" | "deployments">, stack: Pick<Stack, "external" | "gateway">): RunPorts {
  const ownUrls = new Set(plan.deployments.filter(({ url }) => url !== undefined).map(({ name }) => name));
  const isPlaced = (role: Role, deployment: string | undefined) => (role !== "gateway" || placesGateways(stack)) && !ownUrls.has(deployment ?? "");
  const ofRole = (role: keyof typeof firstOf) =>
    componentsOf(plan, role).flatMap(({ id, deployment }, index): readonly (readonly [string, number])[] => (isPlaced(role, deployment) ? [[id, first + firstOf[role] + index]] : []));
  const edgeAdmins = componentsOf(plan, "edge").map(({ id }, index) => [`${id}-admin`, first + firstEdgeAdmin + index] as const);
  const ports = new Map([...edgeAdmins, ...labParts.map((part, index) => [part, first + index] as const), ...Object.keys(firstOf).flatMap((role) => ofRole(role as keyof typeof firstOf))]);
  const last = Math.max(...ports.values());
  if (first > 0 && last <= portMax) return ports;
  throw new LabError({ exit: "refused", code: "bad_option", message: `A run cannot have the ports ${first} to ${last}`, hint: `Give --ports a number from 1024 to ${portMax - (last - first)}` });
}

/** A gateway of the user's listens where its owner wants; a stack may also name the port of its gateway itself. */
const placesGateways = ({ external, gateway }: Pick<Stack, "external" | "gateway">) => external === undefined && !Object.hasOwn(gateway, "listen");

/** Throws LabError `refused` `port_in_use`, with whoever holds it, when one of them is taken. */
export async function checkPorts(ports: RunPorts): Promise<void> {
  for (const [part, port] of ports) {
    if (await isFree(port)) continue;
    const owner = portOwner(port);
    throw new LabError({
      exit: "refused",
      code: "port_in_use",
      message: `Cannot start ${part}: port ${port} is in use${owner === null ? "" : ` by ${owner}`}`,
      hint: "Stop it, give --ports another number, or leave --ports out to use any ports that are free",
    });
  }
}

/**
 * Starts the child of that part: on its fixed port where it has one, else on any that is free. Rejects as `start` does.
 */
export function onPortOf<T>(ports: RunPorts, part: string, start: (port: number) => Promise<T>): Promise<T> {
  const fixed = ports.get(part);
  return fixed === undefined ? onFreePort(start) : start(fixed);
}

/** `edge-a 20010, gateway-a-1 20060`. */
export function portsText(ports: RunPorts): string {
  return [...ports].map(([part, port]) => `${part} ${port}`).join(", ");
}
