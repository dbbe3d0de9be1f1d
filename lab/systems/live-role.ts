import type { Plan } from "../../kernel/plan.ts";
import type { Component } from "../../kernel/topology.ts";
import type { ConfigPushes } from "../conductor/core/config-pushes.ts";
import type { Need } from "../conductor/core/fault-act.ts";
import type { RunDirectory } from "../live/directory.ts";
import type { RunPorts } from "../live/run-ports.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import type { Child, Warden } from "../warden/client.ts";
import type { Operator } from "./operator.ts";
import type { RegionSecrets } from "./region-secrets.ts";

export interface RoleContext {
  readonly warden: Warden;
  readonly directory: RunDirectory;
  readonly plan: Plan;
  readonly stack: Pick<Stack, "gateway" | "edge" | "control" | "vault" | "containers">;
  /** The keys of a region. */
  readonly secretsOf: (region: string) => RegionSecrets;
  /** The near end of each link that is connected, without a path. */
  readonly links: ReadonlyMap<string, string>;
  readonly ports: RunPorts;
}

/** A component that serves. */
export interface StartedComponent {
  readonly id: string;
  /** The same after every start. */
  readonly url: string;
  /** Its metrics, as Prometheus text, where nobody needs a key for them; absent: it has none. */
  readonly metricsUrl?: string;
  /** Where its operator calls it; absent: it has none. */
  readonly operator?: Operator;
  /** Absent: it is given none while it runs. */
  readonly configuration?: ConfigPushes;
  /** Resolves when a child that has just started serves. Rejects with LabError `failed`. */
  readonly ready: (child: Child) => Promise<void>;
}

/** How the lab plays a role of the stack with a process of its own. */
export interface LiveRole {
  /**
   * Throws LabError `refused`, such as `tool_missing`, where this machine cannot have it; absent: every machine can.
   */
  readonly check?: (stack: Pick<Stack, "edge" | "containers">) => void;
  /** Rejects with LabError `failed` when it does not come up. */
  readonly start: (context: RoleContext, component: Component) => Promise<StartedComponent>;
  /** Why it cannot have what a fault needs; what is not named here, it can. */
  readonly lacks: Readonly<Partial<Record<Need["ability"], string>>>;
}
