import { LabError } from "../../../kernel/errors.ts";
import type { NetworkFaults } from "./network-faults.ts";
import type { Warden } from "../../warden/client.ts";
import type { Lease } from "../../warden/undo.ts";
import type { LinkControl, World } from "../core/world.ts";

/** How long a change may stay, should everybody have forgotten it. */
const deadManMs = 600_000;

/** The real processes and proxies of a run. Whatever it changes is leased to the warden before, so that it is undone should the conductor die. */
export class LiveWorld implements World {
  readonly #warden: Warden;
  readonly #network: NetworkFaults;

  constructor(parts: { warden: Warden; network: NetworkFaults }) {
    this.#warden = parts.warden;
    this.#network = parts.network;
  }

  link(id: string): LinkControl {
    const network = this.#network;
    return {
      addToxic: (toxic, settings) => this.#leased(`${id} ${toxic}`, network.toxicLease(id, toxic), () => network.addToxic(id, toxic, settings)),
      removeToxic: (toxic) => this.#released(`${id} ${toxic}`, () => network.removeToxic(id, toxic)),
      setEnabled: (enabled) =>
        enabled ? this.#released(`${id} off`, () => network.setEnabled(id, true)) : this.#leased(`${id} off`, network.disabledLease(id), () => network.setEnabled(id, false)),
      setResolver: () => notYet("a name that does not resolve"),
    };
  }

  kill = () => notYet("a process that dies");
  start = () => notYet("a process that starts");
  stop = () => notYet("a process that ends");
  pause = () => notYet("a process that is stopped");
  resume = () => notYet("a process that goes on");
  applyDefect = () => notYet("a defect");
  removeDefect = () => notYet("a defect");
  flushCache = () => notYet("a flushed cache");
  skewClock = () => notYet("a wrong clock");

  async #leased(id: string, lease: Lease, change: () => Promise<void>): Promise<void> {
    await this.#warden.lease(id, lease, deadManMs);
    await change();
  }

  async #released(id: string, undo: () => Promise<void>): Promise<void> {
    await undo();
    this.#warden.release(id);
  }
}

function notYet(what: string): Promise<never> {
  return Promise.reject(new LabError({ exit: "refused", code: "live_unsupported", message: `The live lab has no such fault: ${what}`, hint: "Use --virtual" }));
}
