import { changedConfig, runtimeOf, versionOf, type PushedConfig } from "../../../scenarios/faults/config-change.ts";
import type { ConfigPush } from "./world.ts";

/** Hashes of packages. */
export interface ControlStanding {
  readonly active: string | null;
  /** On its way. */
  readonly rollout: string | null;
}

/** A control plane as its operator reaches it. Each call rejects where there is no answer. */
export interface ControlPort {
  standing(): Promise<ControlStanding>;
  /** Resolves to the package's hash; null: refused. */
  push(push: { readonly config: PushedConfig; readonly parent: string | null; readonly force: boolean; readonly version?: number; readonly runtime?: string }): Promise<string | null>;
  /** Ends what is on its way, else restores what was active before. A refusal is an answer too. */
  rollback(): Promise<void>;
}

/**
 * The changed configurations that an operator pushes to one control plane, in both harnesses. `first` is the
 * configuration that its region began with.
 */
export class ConfigPushes {
  readonly #first: PushedConfig;
  readonly #port: ControlPort;
  #pushed: string | null = null;

  constructor(first: PushedConfig, port: ControlPort) {
    this.#first = first;
    this.#port = port;
  }

  async push({ force, ...edit }: ConfigPush): Promise<void> {
    const { active } = await this.#port.standing();
    const [version, runtime] = [versionOf(edit.change), runtimeOf(edit.change)];
    const config = changedConfig(this.#first, edit);
    this.#pushed = await this.#port.push({ config, parent: active, force, ...(version !== null && { version }), ...(runtime !== null && { runtime }) });
  }

  /** Ends the last push, if it still has an effect. */
  async takeBack(): Promise<void> {
    if (this.#pushed === null) return;
    const { active, rollout } = await this.#port.standing();
    if (active === this.#pushed || rollout === this.#pushed) await this.#port.rollback();
  }
}
