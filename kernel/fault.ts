import type { EffectKind } from "./effects.ts";
import type { BadCause, WrongKind } from "./judgement.ts";
import type { ClientEnd, WireFate } from "./request-ends.ts";

/** Everything that can be wrong with the world of a run. */
export type FaultKind =
  | "incident"
  | "outage"
  | "toxic"
  | "link_down"
  | "partition"
  | "dns"
  | "process"
  | "dependency"
  | "cache_flush"
  | "clock_skew"
  | "defect"
  | "config_push";

/**
 * One thing that is wrong with the world, as the plan says it. `title` and `affects` are computed when the plan is
 * made, so that nobody who reads a plan needs to know the kind. `settings` belong to the kind: `scenarios/faults` makes
 * them, `lab/faults` acts on them.
 */
export interface Fault<Settings = unknown> {
  /** Unique in the plan. Fit for the name of a toxic; wire logs name it. */
  readonly id: string;
  readonly kind: FaultKind;
  /** A sentence's worth for people: `OpenAI's outage of 2025-06-10 on primary`. */
  readonly title: string;
  /** On the run's timeline. Before 0 for a fault that is in force from the start (`always`). */
  readonly fromMs: number;
  /**
   * When its cause is removed; equal to `fromMs` where the cause is momentary (a restart, a flush). The end of the run
   * when it is never lifted.
   */
  readonly toMs: number;
  /**
   * In force before the run begins and until it ends: there is no steady state without it, and the control must be
   * another run.
   */
  readonly always: boolean;
  /** False: the run ends with the fault in force, so there is no recovery to measure. */
  readonly lifted: boolean;
  /** Where it acts. */
  readonly target: FaultSites;
  /** What it can reach, from the routes of the scenario and the links of the stack. */
  readonly affects: FaultReach;
  /** Its parts, where providers log which one was in force; else none. */
  readonly phases: readonly FaultPhase[];
  readonly signature: FaultSignature;
  /**
   * It starts processes of the system again, and they may take so long until they serve: that is the system's own
   * damage. Absent: as long as any change at a component.
   */
  readonly startsWithinMs?: number | undefined;
  readonly settings: Settings;
}

/** How long any change at a component may take before the run is another than the planned one. */
export const componentChangeMsMax = 3_000;

/** Ids of the plan's components and links. */
export interface FaultSites {
  readonly components: readonly string[];
  readonly links: readonly string[];
}

/** Names of the plan: cells by `team/feature/region`. */
export interface FaultReach {
  readonly cells: readonly string[];
  readonly routes: readonly string[];
  readonly deployments: readonly string[];
  readonly components: readonly string[];
}

export interface FaultPhase {
  readonly index: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** What it does, for people: `25 % errors (503), latency x 2`. */
  readonly title: string;
  /** It hits some of the requests only: the others are logged as met by nothing. */
  readonly partial: boolean;
  /** It delays what it answers. */
  readonly slows: boolean;
}

/**
 * What a fault's own damage can look like in the records. A request that shows none of it was not hit by this fault.
 */
export interface FaultSignature {
  /** How an attempt fares at the provider that it met. */
  readonly fates: readonly WireFate[];
  /** What spoils the bytes of an answer there. */
  readonly effects: readonly EffectKind[];
  /** Statuses that the sick party answers with. */
  readonly statuses: readonly number[];
  /** How the client's own connection can end by it. */
  readonly ends: readonly ClientEnd[];
  readonly causes: readonly BadCause[];
  readonly wrong: readonly WrongKind[];
  /** What it stops on the way to a provider may never reach that provider's log. */
  readonly unlogged: boolean;
  /** It pushes a configuration package, and acts in the requests that run on it alone. Absent: it pushes none. */
  readonly byPackage?: true;
}
