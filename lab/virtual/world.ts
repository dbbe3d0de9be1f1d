import type { Gateway } from "../../gateway/core/contracts.ts";
import { LabError } from "../../kernel/errors.ts";
import type { SkewedClock } from "../../kernel/skewed-clock.ts";
import type { DefectSettings } from "../../scenarios/faults/defect.ts";
import type { ToxicSettings } from "../../scenarios/faults/toxic.ts";
import type { LinkControl, World } from "../conductor/core/world.ts";
import type { VirtualLink } from "./network.ts";

/** One gateway of the virtual harness, with the clock that it alone goes by. */
export interface VirtualGateway {
  readonly gateway: Gateway;
  readonly clock: SkewedClock;
}

/** The parts of the virtual harness as a conductor moves them. */
export class VirtualWorld implements World {
  readonly #links: ReadonlyMap<string, VirtualLink>;
  readonly #gateways: ReadonlyMap<string, VirtualGateway>;

  constructor(parts: { links: ReadonlyMap<string, VirtualLink>; gateways: ReadonlyMap<string, VirtualGateway> }) {
    this.#links = parts.links;
    this.#gateways = parts.gateways;
  }

  link(id: string): LinkControl {
    const link = this.#links.get(id);
    if (link === undefined) throw new Error(`No link "${id}" in the plan`);
    return {
      addToxic: async (toxicId, settings) => addToxic(link, toxicId, settings),
      removeToxic: async (toxicId) => void link.toxics.remove(toxicId),
      setEnabled: async (enabled) => link.setEnabled(enabled),
      setResolver: () => notYet("a name that does not resolve"),
    };
  }

  onStart(): void {
    // Nothing starts here yet.
  }

  kill = () => notYet("a process that dies");
  start = () => notYet("a process that starts");
  stop = () => notYet("a process that ends");
  pause = () => notYet("a process that is stopped");
  resume = () => notYet("a process that goes on");

  async applyDefect(component: string, id: string, defect: DefectSettings): Promise<void> {
    if (!this.#at(component).gateway.applyDefect(id, defect)) throw new Error(`Cannot plant a defect in "${component}": its configuration is hardened`);
  }

  async removeDefect(component: string, id: string): Promise<void> {
    this.#at(component).gateway.liftDefect(id);
  }

  async flushCache(component: string): Promise<void> {
    if (!this.#at(component).gateway.flushCache()) throw new Error(`Cannot empty the cache of "${component}": its answers are in the shared store`);
  }

  async skewClock(component: string, offsetMs: number): Promise<void> {
    this.#at(component).clock.skew(offsetMs);
  }

  #at(component: string): VirtualGateway {
    const found = this.#gateways.get(component);
    if (found === undefined) throw new Error(`"${component}" is no gateway of the plan`);
    return found;
  }
}

function addToxic(link: VirtualLink, name: string, { toxic, stream, toxicity, attributes }: ToxicSettings): void {
  link.toxics.add({ name, type: toxic, stream, toxicity, attributes });
}

function notYet(what: string): Promise<never> {
  return Promise.reject(new LabError({ exit: "refused", code: "virtual_unsupported", message: `The virtual harness has no such fault: ${what}`, hint: "Leave out --virtual" }));
}
