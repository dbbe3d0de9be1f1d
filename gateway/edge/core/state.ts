import type { KeptReason, OutReason } from "./events.ts";
import type { Fleet } from "./fleet.ts";
import type { EdgeSettings } from "./settings.ts";

export interface ReplicaState {
  readonly id: string;
  readonly region: string;
  readonly state: "in" | "ramp" | "draining" | OutReason;
  /** Why it is in although it is sick; null: it is not. */
  readonly kept: KeptReason | null;
  /** Share of its own traffic that it may get. */
  readonly share: number;
  readonly weightPercent: number;
  readonly inFlight: number;
}

export interface EdgeState {
  readonly region: string | null;
  readonly inFlight: number;
  readonly isDraining: boolean;
  readonly clockJumps: number;
  readonly removedLastMinute: number;
  readonly replicas: readonly ReplicaState[];
}

export function stateOf(fleet: Fleet, { settings, ...own }: { settings: EdgeSettings; inFlight: number; isDraining: boolean; clockJumps: number }): EdgeState {
  const replicas = fleet.replicas.map((replica): ReplicaState => ({
    id: replica.id,
    region: replica.region,
    state: replica.out?.reason ?? (replica.isDraining ? "draining" : replica.ramp === null ? "in" : "ramp"),
    kept: replica.kept,
    share: replica.isIn ? fleet.rampShare(replica) : 0,
    weightPercent: Math.round(100 * replica.factor),
    inFlight: replica.watchers.size,
  }));
  return { region: settings.region, ...own, removedLastMinute: fleet.removedLastMinute(), replicas };
}
