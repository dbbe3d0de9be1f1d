import type { DependencySettings } from "../../scenarios/faults/dependency.ts";
import { onEach, type FaultAct } from "../conductor/core/fault-act.ts";

/**
 * Acts on the links, so that a dependency that several gateways share is down for all of them; a seal acts on the
 * vaults themselves.
 */
export const dependency: FaultAct<DependencySettings> = {
  inject: ({ id, target, settings }, world) => {
    if (settings.state === "sealed") return onEach(target.components, (vault) => world.seal(vault));
    return onEach(target.links, (link) =>
      settings.state === "down"
        ? world.link(link).setEnabled(false)
        : world.link(link).addToxic(id, { toxic: "latency", stream: "downstream", toxicity: 1, attributes: { latency: settings.slowMs } }),
    );
  },
  lift: ({ id, target, settings }, world) => {
    if (settings.state === "sealed") return onEach(target.components, (vault) => world.unseal(vault));
    return onEach(target.links, (link) => (settings.state === "down" ? world.link(link).setEnabled(true) : world.link(link).removeToxic(id)));
  },
};
