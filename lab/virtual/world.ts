import type { Vault } from "../../gateway/vault/core/vault.ts";
import { LabError } from "../../kernel/errors.ts";
import type { ConfigEdit } from "../../scenarios/faults/config-change.ts";
import type { DefectSettings } from "../../scenarios/faults/defect.ts";
import type { ToxicSettings } from "../../scenarios/faults/toxic.ts";
import type { ConfigPushes } from "../conductor/core/config-pushes.ts";
import type { ConfigPush, LinkControl, World } from "../conductor/core/world.ts";
import type { VirtualBypass } from "./bypass.ts";
import type { VirtualComponent } from "./component.ts";
import type { ControlProgram } from "./control.ts";
import type { GatewayProgram } from "./gateway.ts";
import type { VirtualLink } from "./network.ts";
import type { VaultProgram } from "./vault.ts";

export interface VirtualParts {
  readonly bypass: VirtualBypass;
  readonly links: ReadonlyMap<string, VirtualLink>;
  readonly gateways: ReadonlyMap<string, VirtualComponent<GatewayProgram>>;
  readonly vaults: ReadonlyMap<string, VirtualComponent<VaultProgram>>;
  readonly controls: ReadonlyMap<string, VirtualComponent<ControlProgram>>;
  /** What an operator pushes to each control plane. */
  readonly pushes: ReadonlyMap<string, ConfigPushes>;
  /**
   * Changes what a gateway reads when it starts; null: back to its own. Throws LabError where it would not start with
   * it.
   */
  readonly replaceFile: (gateway: string, edit: ConfigEdit | null) => void;
  /** All that can be killed and paused, gateways included. */
  readonly components: ReadonlyMap<string, VirtualComponent>;
}

/**
 * The parts of the virtual harness as a conductor moves them. A setting in the memory of a process that is dead needs
 * no change: it is lost, and a start applies the faults in force again.
 */
export class VirtualWorld implements World {
  readonly #parts: VirtualParts;
  #onStart: (component: string) => Promise<void> = () => Promise.resolve();

  constructor(parts: VirtualParts) {
    this.#parts = parts;
  }

  onStart(listener: (component: string) => Promise<void>): void {
    this.#onStart = listener;
  }

  link(id: string): LinkControl {
    const link = this.#parts.links.get(id);
    if (link === undefined) throw new Error(`No link "${id}" in the plan`);
    return {
      addToxic: async (toxicId, settings) => addToxic(link, toxicId, settings),
      removeToxic: async (toxicId) => void link.toxics.remove(toxicId),
      setEnabled: async (enabled) => link.setEnabled(enabled),
      setResolver: async (answer) => link.setResolver(answer),
    };
  }

  async kill(component: string): Promise<void> {
    this.#at(component).kill();
  }

  async start(component: string): Promise<void> {
    await this.#at(component).start();
    await this.#onStart(component);
  }

  /**
   * A gateway that has died of a planted leak is started again at once; whoever kills it meanwhile has the last word.
   */
  async restartAsSupervisor(gateway: string): Promise<void> {
    await this.kill(gateway);
    await this.start(gateway).catch(() => {});
  }

  async stop(component: string): Promise<void> {
    await this.#at(component).stop();
  }

  async pause(component: string): Promise<void> {
    await this.#at(component).pause();
  }

  async resume(component: string): Promise<void> {
    await this.#at(component).resume();
  }

  async applyDefect(component: string, id: string, defect: DefectSettings): Promise<void> {
    const planted = this.#gateway(component)?.gateway.applyDefect(id, defect) ?? true;
    if (!planted) throw new Error(`Cannot plant a defect in "${component}": its configuration is hardened`);
  }

  async removeDefect(component: string, id: string): Promise<void> {
    this.#gateway(component)?.gateway.liftDefect(id);
  }

  async flushCache(component: string): Promise<void> {
    const flushed = this.#gateway(component)?.gateway.flushCache() ?? true;
    if (!flushed) throw new Error(`Cannot empty the cache of "${component}": its answers are in the shared store`);
  }

  async skewClock(component: string, offsetMs: number): Promise<void> {
    this.#gateway(component)?.clock.skew(offsetMs);
  }

  openBypass = (team: string) => this.#parts.bypass.open(team);
  closeBypass = (team: string) => this.#parts.bypass.close(team);

  async seal(vault: string): Promise<void> {
    this.#vault(vault).seal("operator:lab");
  }

  async unseal(vault: string): Promise<void> {
    this.#vault(vault).unseal("operator:lab");
  }

  /** Throws where it does not answer its operator, as live. */
  #vault(component: string): Vault {
    const found = this.#parts.vaults.get(component);
    if (found === undefined) throw new Error(`"${component}" is no vault of the plan`);
    if (!found.responsive) throw new Error(`Cannot seal or unseal "${component}": it does not answer`);
    return found.program!.vault;
  }

  async push(component: string, push: ConfigPush): Promise<void> {
    await (this.#parts.pushes.get(component)?.push(push) ?? this.#startWith(component, push));
  }

  async takeBack(component: string): Promise<void> {
    await (this.#parts.pushes.get(component)?.takeBack() ?? this.#startWith(component, null));
  }

  /** A file with which it does not start leaves it dead, as an operator would find it. */
  async #startWith(gateway: string, edit: ConfigEdit | null): Promise<void> {
    await this.kill(gateway);
    try {
      this.#parts.replaceFile(gateway, edit);
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      return;
    }
    await this.start(gateway);
  }

  #at(component: string): VirtualComponent {
    const found = this.#parts.components.get(component);
    if (found === undefined) throw new Error(`The virtual harness has no "${component}"`);
    return found;
  }

  /** Null while its process is dead. Throws while it is paused: then it takes no settings, as live. */
  #gateway(component: string): GatewayProgram | null {
    const found = this.#parts.gateways.get(component);
    if (found === undefined) throw new Error(`"${component}" is no gateway of the plan`);
    if (found.program !== null && !found.responsive) throw new Error(`Cannot change a setting of "${component}": it is paused`);
    return found.program;
  }
}

function addToxic(link: VirtualLink, name: string, { toxic, stream, toxicity, attributes }: ToxicSettings): void {
  link.toxics.add({ name, type: toxic, stream, toxicity, attributes });
}
