import { componentsOf, type Role } from "../../kernel/topology.ts";
import type { LiveComponent } from "../conductor/live/live-component.ts";
import type { Plan } from "../../kernel/plan.ts";
import { collector } from "./collector.ts";
import { control } from "./control.ts";
import { edge } from "./edge.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import type { LiveRole, RoleContext } from "./live-role.ts";
import { store } from "./store.ts";
import { vault } from "./vault.ts";

type Rows = Partial<Record<Role, LiveRole>>;

/**
 * The roles that the lab itself plays, in the order of their start: what gateways call before them, a control plane
 * after what it calls itself, and what calls gateways after them.
 */
const roles = { behind: { store, collector, vault }, over: { control }, before: { edge } } satisfies Record<string, Rows>;

/** Where a role stands: behind the gateways, over them as what configures them, or before them. */
export type RoleSide = keyof typeof roles;

/** Null: the lab has no process for the role, or the system under test starts it. */
export const liveRole = (role: Role): LiveRole | null => ({ ...roles.behind, ...roles.over, ...roles.before } as Rows)[role] ?? null;

/** The started components of these roles, by their ids. */
export interface RunningRoles {
  readonly urls: ReadonlyMap<string, string>;
  readonly components: ReadonlyMap<string, LiveComponent>;
  readonly metricsUrls: ReadonlyMap<string, string>;
}

/** Refuses a plan with a role that this machine cannot play. Throws LabError `refused` `tool_missing`. */
export function checkRoles(plan: Plan, stack: Pick<Stack, "edge" | "containers">): void {
  for (const role of new Set(plan.components.map((component) => component.role))) liveRole(role)?.check?.(stack);
}

/**
 * Starts every component of the plan whose role the lab plays on that side of the gateways. Rejects with LabError:
 * `failed`, or `tool_missing` as `checkRoles` throws it.
 */
export async function startRoles(side: RoleSide, context: RoleContext): Promise<RunningRoles> {
  const starts = Object.entries<LiveRole>(roles[side]).flatMap(([role, { start }]) => componentsOf(context.plan, role as Role).map((component) => start(context, component)));
  const started = await Promise.all(starts);
  return {
    urls: new Map(started.map(({ id, url }) => [id, url])),
    components: new Map(started.map(({ id, ready, operator = null, configuration = null }) => [id, { child: id, adminUrl: null, operator, configuration, ready }])),
    metricsUrls: new Map(started.flatMap(({ id, metricsUrl }) => (metricsUrl === undefined ? [] : [[id, metricsUrl] as const]))),
  };
}
