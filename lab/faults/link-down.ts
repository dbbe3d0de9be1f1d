import { onEach, type FaultAct } from "../conductor/core/fault-act.ts";

export const linkDown: FaultAct<unknown> = {
  inject: ({ target }, world) => onEach(target.links, (link) => world.link(link).setEnabled(false)),
  lift: ({ target }, world) => onEach(target.links, (link) => world.link(link).setEnabled(true)),
};
