import { linkFrom } from "../../kernel/topology.ts";
import type { DnsSettings } from "../../scenarios/faults/dns.ts";
import { onEach, type FaultAct } from "../conductor/core/fault-act.ts";

/** The resolver is the caller's. */
const linksFrom = (component: string, links: readonly string[]) => links.filter((link) => linkFrom(link) === component);

export const dns: FaultAct<DnsSettings> = {
  inject: ({ target, settings }, world) => onEach(target.links, (link) => world.link(link).setResolver(settings.answer)),
  needs: ({ target }) => target.links.map((link) => ({ component: linkFrom(link), ability: "admin" })),
  reapply: ({ target, settings }, component, world) => onEach(linksFrom(component, target.links), (link) => world.link(link).setResolver(settings.answer)),
  lift: ({ target }, world) => onEach(target.links, (link) => world.link(link).setResolver(null)),
};
