import type { Fault } from "../../kernel/fault.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { Component, Role } from "../../kernel/topology.ts";
import type { WireRecord } from "../../kernel/records.ts";

/** Parties that every request passes on its way from the client to a provider. */
const wayRoles: ReadonlySet<Role> = new Set<Role>(["client", "edge", "gateway"]);

/** Where a fault acts, in the terms of the records that can show it. */
export interface Sites {
  /** Deployments whose provider it acts on. */
  readonly providers: ReadonlySet<string>;
  /** Deployments of its links to providers, and the ids of those links. */
  readonly linkedTo: ReadonlySet<string>;
  readonly links: ReadonlySet<string>;
  /** It acts between the client and the provider: clients see its work themselves. */
  readonly onTheWay: boolean;
  /** It acts on what the system depends on: clients see what the system makes of it. */
  readonly behind: boolean;
}

/** The sites of a fault. Ids that the plan does not have are passed over. */
export function sitesOf(plan: Pick<Plan, "components" | "links">, { target }: Fault): Sites {
  const parties = new Map(plan.components.map((component) => [component.id, component]));
  const ways = new Map(plan.links.map((link) => [link.id, link]));
  const components = target.components.flatMap((id) => parties.get(id) ?? []);
  const ends = target.links.flatMap((id) => {
    const link = ways.get(id);
    const [from, to] = [parties.get(link?.from ?? ""), parties.get(link?.to ?? "")];
    return from === undefined || to === undefined ? [] : [{ id, from, to }];
  });
  const toProviders = ends.filter(({ to }) => to.deployment !== undefined);
  const isOnTheWay = ({ role }: Component) => wayRoles.has(role);
  return {
    providers: new Set(components.flatMap(({ deployment }) => deployment ?? [])),
    linkedTo: new Set(toProviders.flatMap(({ to }) => to.deployment ?? [])),
    links: new Set(toProviders.map(({ id }) => id)),
    onTheWay: components.some(isOnTheWay) || ends.some(({ from, to }) => isOnTheWay(from) && isOnTheWay(to)),
    behind: [...components, ...ends.map(({ to }) => to)].some((component) => component.deployment === undefined && !isOnTheWay(component)),
  };
}

/** Whether the attempt met a provider, or the way to one, on which the fault acts. */
export function isAt({ providers, linkedTo, links }: Sites, { deployment, link }: WireRecord): boolean {
  return providers.has(deployment) || (link === undefined ? linkedTo.has(deployment) : links.has(link));
}
