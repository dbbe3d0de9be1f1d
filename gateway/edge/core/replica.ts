import type { EdgeSettings, ReplicaSettings } from "./settings.ts";
import type { KeptReason, OutReason } from "./events.ts";
import { Outcomes } from "./outcomes.ts";
import type { Ramp } from "./ramp.ts";
import { SignalWindow, type SignalSummary } from "./signals.ts";

/** What a request in flight does when its replica changes. */
export interface Watcher {
  /** Out of the rotation: the request leaves now. */
  removed(): void;
  /** Fails its checks, but is kept in. */
  suspected(): void;
  /** Its checks are good again. */
  cleared(): void;
}

/** One replica as the edge knows it. The fleet decides; this holds. */
export class Replica {
  readonly id: string;
  readonly url: string;
  readonly region: string;
  /** Share of all capacity while everything is in; 0 in a spare region. */
  readonly baseWeight: number;
  /** What an operator made of its weight, 0 to 1. */
  factor = 1;
  isDraining = false;
  isDown = false;
  failedChecks = 0;
  goodChecks = 0;
  /** Connections in a row that failed. */
  failures = 0;
  isOutlier = false;
  out: { readonly reason: OutReason; readonly untilMs: number } | null = null;
  kept: KeptReason | null = null;
  ramp: Ramp | null = null;
  removalsMs: number[] = [];
  before: SignalSummary | null = null;
  readonly outcomes: Outcomes;
  readonly signals = new SignalWindow();
  readonly watchers = new Set<Watcher>();

  constructor(replica: ReplicaSettings, region: string, { baseWeight, settings }: { baseWeight: number; settings: EdgeSettings }) {
    this.id = replica.id;
    this.url = replica.url;
    this.region = region;
    this.baseWeight = baseWeight;
    this.outcomes = new Outcomes(settings.ejection.windowMs);
  }

  /** Whether new requests may be sent to it. */
  get isIn(): boolean {
    return this.out === null && !this.isDraining;
  }

  /** Whether its checks or its answers condemn it. */
  get isSick(): boolean {
    return this.isDown || this.isOutlier;
  }
}
