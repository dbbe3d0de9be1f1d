import type { ToxicSettings } from "../../scenarios/faults/toxic.ts";
import { onEach, type FaultAct } from "../conductor/core/fault-act.ts";

export const toxic: FaultAct<ToxicSettings> = {
  inject: ({ id, target, settings }, world) => onEach(target.links, (link) => world.link(link).addToxic(id, settings)),
  lift: ({ id, target }, world) => onEach(target.links, (link) => world.link(link).removeToxic(id)),
};
