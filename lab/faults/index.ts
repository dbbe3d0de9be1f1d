import type { Fault, FaultKind } from "../../kernel/fault.ts";
import type { PlannedIncident } from "../../kernel/plan.ts";
import { cacheFlush } from "./cache-flush.ts";
import { clockSkew } from "./clock-skew.ts";
import { configPush } from "./config-push.ts";
import { defect } from "./defect.ts";
import { dependency } from "./dependency.ts";
import { dns } from "./dns.ts";
import type { FaultAct } from "../conductor/core/fault-act.ts";
import { incident } from "./incident.ts";
import { linkDown } from "./link-down.ts";
import { outage } from "./outage.ts";
import { partition } from "./partition.ts";
import { process } from "./process.ts";
import { toxic } from "./toxic.ts";

/** What each kind of fault does to the world. */
export const faultActs = {
  incident,
  outage,
  toxic,
  link_down: linkDown,
  partition,
  dns,
  process,
  dependency,
  cache_flush: cacheFlush,
  clock_skew: clockSkew,
  defect,
  config_push: configPush,
} as const satisfies Record<FaultKind, FaultAct<never>>;

/** Acts by kind, for whoever holds a fault of any kind. */
export type FaultActs = Readonly<Record<string, FaultAct<unknown>>>;

/** The act of a fault's kind. A plan's faults were made by the planners of the same kinds. */
export const actOf = ({ kind }: Fault, acts: FaultActs = faultActs as unknown as FaultActs): FaultAct<unknown> => acts[kind]!;

/** What the simulator of a deployment plays by itself. */
export function playedAt(deployment: string, faults: readonly Fault[], acts?: FaultActs): readonly PlannedIncident[] {
  return faults.flatMap((fault) => {
    const phases = actOf(fault, acts).phases?.(fault) ?? [];
    const { deployments } = fault.affects;
    return phases.length > 0 && deployments.includes(deployment) ? [{ incident: fault.id, deployments, phases }] : [];
  });
}
