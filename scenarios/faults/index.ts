import { z } from "zod";
import type { FaultKind } from "../../kernel/fault.ts";
import { cacheFlush } from "./cache-flush.ts";
import { clockSkew } from "./clock-skew.ts";
import { configPush } from "./config-push.ts";
import { defect } from "./defect.ts";
import { dependency } from "./dependency.ts";
import { dns } from "./dns.ts";
import type { FaultPlanner } from "./fault-planner.ts";
import { incident } from "./incident.ts";
import { linkDown } from "./link-down.ts";
import { outage } from "./outage.ts";
import { partition } from "./partition.ts";
import { process } from "./process.ts";
import { toxic } from "./toxic.ts";

/**
 * Every kind of fault that a scenario can have: how it is written, and how it is planned. What it does is in
 * `lab/faults`.
 */
export const faultPlanners = {
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
} as const satisfies Record<FaultKind, FaultPlanner>;

/** One entry of a scenario's `faults`. */
export type ScenarioFault = z.infer<(typeof faultPlanners)[FaultKind]["schema"]>;

export const faultSchema = faultSchemaOf(faultPlanners) as z.ZodType<ScenarioFault>;

/** The entries of all kinds of a registry, discriminated by `kind`. */
export function faultSchemaOf(planners: Readonly<Record<string, FaultPlanner>>): z.ZodType {
  type Option = z.core.$ZodTypeDiscriminable;
  return z.discriminatedUnion("kind", Object.values(planners).map(({ schema }) => schema as unknown as Option) as [Option, ...Option[]]);
}
