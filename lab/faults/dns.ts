import type { DnsSettings } from "../../scenarios/faults/dns.ts";
import { onEach, type FaultAct } from "../conductor/core/fault-act.ts";

export const dns: FaultAct<DnsSettings> = {
  inject: ({ target, settings }, world) => onEach(target.links, (link) => world.link(link).setResolver(settings.answer)),
  lift: ({ target }, world) => onEach(target.links, (link) => world.link(link).setResolver(null)),
};
