import type { Fleet } from "./fleet.ts";
import type { Replica } from "./replica.ts";

/** What an operator's change came to. */
export type Change = "done" | "unknown" | "last";

/** `name`: a replica or a region. */
export const drainNamed = (fleet: Fleet, name: string, isDraining: boolean): Change => change(fleet, name, (replicas) => fleet.setDraining(replicas, isDraining));

/** `percent` of its configured weight, 0 to 100; 0: a spare. */
export const weighNamed = (fleet: Fleet, name: string, percent: number): Change => change(fleet, name, (replicas) => fleet.setFactor(replicas, percent / 100));

function change(fleet: Fleet, name: string, apply: (replicas: readonly Replica[]) => boolean): Change {
  const replicas = fleet.replicas.filter(({ id, region }) => id === name || region === name);
  if (replicas.length === 0) return "unknown";
  return apply(replicas) ? "done" : "last";
}
