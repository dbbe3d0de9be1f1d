import type { Change } from "./core/operator.ts";
import type { ReplicaState } from "./core/state.ts";

/** What the admin server shows of an edge, whatever its engine. */
export interface EngineState {
  readonly engine: "embedded" | "haproxy";
  readonly region: string | null;
  readonly replicas: readonly ReplicaState[];
}

export interface EngineOptions {
  readonly log: (line: string) => void;
  /** Authenticates the edge's reports to the gateways of its own region; null: they need none. */
  readonly gatewayKey: string | null;
}

/** One of the two engines, running. */
export interface EdgeEngine {
  /** Where clients reach it. */
  readonly url: string;
  state(): Promise<EngineState>;
  /** `name`: a replica or a region. */
  setDraining(name: string, isDraining: boolean): Promise<Change>;
  setWeight(name: string, percent: number): Promise<Change>;
  /** In Prometheus' text format. */
  metrics(): Promise<string>;
  /** Resolves when open requests have finished, or `drainMs` is over. */
  close(): Promise<void>;
}
