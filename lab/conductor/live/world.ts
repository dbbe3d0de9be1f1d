import { readFile, writeFile } from "node:fs/promises";
import type { BreakGlassWindow } from "../../../kernel/action.ts";
import type { Clock } from "../../../kernel/clock.ts";
import { LabError } from "../../../kernel/errors.ts";
import type { Plan } from "../../../kernel/plan.ts";
import { linkOf } from "../../../kernel/topology.ts";
import { changedFile, type PushedConfig } from "../../../scenarios/faults/config-change.ts";
import type { DefectSettings } from "../../../scenarios/faults/defect.ts";
import type { DnsSettings } from "../../../scenarios/faults/dns.ts";
import { asOperator, type Operator } from "../../systems/operator.ts";
import type { PartExit, Warden } from "../../warden/client.ts";
import type { Lease } from "../../warden/undo.ts";
import { deadManMs } from "../core/dead-man.ts";
import type { ConfigPush, LinkControl, StartOptions, World } from "../core/world.ts";
import { adminLease, adminSetting, deleteSetting, putSetting, type AdminSetting } from "./fault-admin.ts";
import type { LiveBypass } from "../../live/bypass.ts";
import type { LiveComponent } from "./live-component.ts";
import type { NetworkFaults } from "./network-faults.ts";

const stopGraceMs = 3_000;

export interface LiveWorldParts {
  readonly plan: Plan;
  /** The run's timeline. */
  readonly clock: Clock;
  readonly warden: Warden;
  readonly network: NetworkFaults;
  /** Near end of each link that has a proxy, by its id. */
  readonly links: ReadonlyMap<string, string>;
  /** By the plan's id. */
  readonly components: ReadonlyMap<string, LiveComponent>;
  /** Null: the plan leads nobody past the gateways. */
  readonly bypass: LiveBypass | null;
}

/**
 * The real processes and proxies of a run. Whatever it changes is leased to the warden before, so that it is undone
 * should the conductor die. A setting in the memory of a process that is dead needs no change: it is lost, and a start
 * applies the faults in force again.
 */
export class LiveWorld implements World {
  readonly #parts: LiveWorldParts;
  /** Components that run with a memory limit, and with which. */
  readonly #limits = new Map<string, number>();
  /** Components in which a leak of memory is planted. */
  readonly #leaking = new Set<string>();
  /** Texts of the files that pushes have replaced. */
  readonly #filesBefore = new Map<string, string>();
  #onStart: (component: string) => Promise<void> = () => Promise.resolve();

  constructor(parts: LiveWorldParts) {
    this.#parts = parts;
  }

  onStart(listener: (component: string) => Promise<void>): void {
    this.#onStart = listener;
  }

  async kill(component: string): Promise<void> {
    const { child } = this.#at(component);
    await this.#lease(component, "process", { description: `killed process "${child}"`, steps: [{ kind: "respawn", child }] });
    this.#limits.delete(component);
    if (this.#isRunning(component)) await this.#parts.warden.child(child)!.kill();
  }

  async start(component: string, { memoryMb }: StartOptions = {}): Promise<void> {
    if (memoryMb !== undefined) this.#limits.set(component, memoryMb);
    await this.#respawn(component, memoryMb);
    if (memoryMb === undefined) this.#release(component, "process");
  }

  async stop(component: string): Promise<void> {
    const { child } = this.#at(component);
    await this.#lease(component, "process", { description: `stopped process "${child}"`, steps: [{ kind: "respawn", child }] });
    await this.#parts.warden.child(child)?.stop(stopGraceMs);
  }

  async pause(component: string): Promise<void> {
    const { child } = this.#at(component);
    await this.#lease(component, "pause", { description: `pause (SIGSTOP) of process "${child}"`, steps: [{ kind: "signal", child, signal: "SIGCONT" }] });
    await this.#runningChild(component).signal("SIGSTOP");
  }

  async resume(component: string): Promise<void> {
    await this.#runningChild(component).signal("SIGCONT");
    this.#release(component, "pause");
  }

  link(id: string): LinkControl {
    const { network } = this.#parts;
    return {
      addToxic: async (toxic, settings) => {
        await this.#lease(id, toxic, network.toxicLease(id, toxic));
        await network.addToxic(id, toxic, settings);
      },
      removeToxic: async (toxic) => {
        await network.disarmToxic(id, toxic);
        const released = network.removeToxic(id, toxic).then(() => this.#release(id, toxic));
        // It is out of force. One that cannot be removed stays leased: the warden tries again at the end, and reports
        // it.
        released.catch(() => {});
      },
      setEnabled: async (enabled) => {
        if (!enabled) await this.#lease(id, "off", network.disabledLease(id));
        await network.setEnabled(id, enabled);
        if (enabled) this.#release(id, "off");
      },
      setResolver: (answer) => this.#setResolver(id, answer),
    };
  }

  async applyDefect(component: string, id: string, defect: DefectSettings): Promise<void> {
    if (defect.kind === "exhaust") this.#leaking.add(component);
    await this.#apply(component, this.#setting(component, ["defects", id], `defect "${id}"`), defect);
  }

  async removeDefect(component: string, id: string): Promise<void> {
    this.#leaking.delete(component);
    await this.#takeBack(component, this.#setting(component, ["defects", id], `defect "${id}"`));
  }

  async flushCache(component: string): Promise<void> {
    if (this.#isRunning(component)) await deleteSetting(this.#setting(component, ["cache"], "the cached answers"));
  }

  async skewClock(component: string, offsetMs: number): Promise<void> {
    const setting = this.#setting(component, ["clock"], "the clock's offset");
    await (offsetMs === 0 ? this.#takeBack(component, setting) : this.#apply(component, setting, { offsetMs }));
  }

  openBypass = (team: string, window?: BreakGlassWindow) => this.#bypass().open(team, window);
  closeBypass = (team: string) => this.#bypass().close(team);

  #bypass(): LiveBypass {
    if (this.#parts.bypass === null) throw unsupported("the plan leads nobody past the gateways");
    return this.#parts.bypass;
  }

  async seal(vault: string): Promise<void> {
    const operator = this.#operator(vault);
    await this.#lease(vault, "seal", unsealLease(vault, operator));
    await asOperator(operator, "POST", "/v1/seal", byLab);
  }

  async unseal(vault: string): Promise<void> {
    await asOperator(this.#operator(vault), "POST", "/v1/unseal", byLab);
    this.#release(vault, "seal");
  }

  async push(component: string, push: ConfigPush): Promise<void> {
    const configuration = this.#configurationOf(component);
    if (typeof configuration !== "string") return configuration.push(push);
    const before = this.#filesBefore.get(component) ?? (await readFile(configuration, "utf8"));
    this.#filesBefore.set(component, before);
    await this.#startWith(component, configuration, `${JSON.stringify(changedFile(JSON.parse(before) as PushedConfig, push), null, 1)}\n`);
  }

  async takeBack(component: string): Promise<void> {
    const configuration = this.#configurationOf(component);
    if (typeof configuration !== "string") return configuration.takeBack();
    const before = this.#filesBefore.get(component);
    if (before !== undefined) await this.#startWith(component, configuration, before);
  }

  /**
   * For every end of a child. A process that dies of its memory limit, or of a planted leak, is started again with it,
   * as a supervisor would.
   */
  async handleExit({ id, ordered }: PartExit): Promise<void> {
    const component = [...this.#limits.keys(), ...this.#leaking].find((each) => this.#at(each).child === id);
    if (component === undefined || ordered) return;
    try {
      await this.#respawn(component, this.#limits.get(component));
    } catch (error) {
      // It died again before it served, and is started again by its own exit; or the fault is being lifted.
      if (!(error instanceof LabError)) throw error;
    }
  }

  /** A file with which it does not start leaves it dead, as an operator would find it. */
  async #startWith(component: string, file: string, text: string): Promise<void> {
    await this.kill(component);
    await writeFile(file, text);
    try {
      await this.start(component);
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
    }
  }

  #configurationOf(component: string) {
    const { configuration = null } = this.#at(component);
    if (configuration === null) throw unsupported(`${component} is given no configuration by the lab`);
    return configuration;
  }

  async #respawn(component: string, memoryMb: number | undefined): Promise<void> {
    const part = this.#at(component);
    await part.ready(await this.#parts.warden.respawn(part.child, memoryMb === undefined ? [] : [`--max-old-space-size=${memoryMb}`]));
    await this.#onStart(component);
  }

  async #setResolver(link: string, answer: DnsSettings["answer"] | null): Promise<void> {
    const { plan, links } = this.#parts;
    const { from } = linkOf(plan, link);
    const setting = this.#setting(from, ["look-ups", new URL(links.get(link)!).host], `the look-up on link "${link}"`);
    await (answer === null ? this.#takeBack(from, setting) : this.#apply(from, setting, { answer }));
  }

  async #apply(component: string, setting: AdminSetting, body: object): Promise<void> {
    if (!this.#isRunning(component)) return;
    await this.#lease(component, setting.url, adminLease(setting));
    await putSetting(setting, body);
  }

  async #takeBack(component: string, setting: AdminSetting): Promise<void> {
    if (this.#isRunning(component)) await deleteSetting(setting);
    this.#release(component, setting.url);
  }

  #setting(component: string, path: readonly string[], what: string): AdminSetting {
    const { adminUrl } = this.#at(component);
    if (adminUrl === null) throw unsupported(`${component} takes no faults over HTTP`);
    return adminSetting(adminUrl, path, `${what} in ${component}`);
  }

  #operator(component: string): Operator {
    const { operator = null } = this.#at(component);
    if (operator === null) throw unsupported(`${component} has no operator`);
    return operator;
  }

  #lease(site: string, what: string, lease: Lease): Promise<void> {
    const { plan, warden, clock } = this.#parts;
    return warden.lease(leaseId(site, what), lease, deadManMs(plan, site, clock.nowMs()));
  }

  #release(site: string, what: string): void {
    this.#parts.warden.release(leaseId(site, what));
  }

  #isRunning(component: string): boolean {
    return this.#parts.warden.child(this.#at(component).child)?.isRunning === true;
  }

  #runningChild(component: string) {
    return this.#parts.warden.child(this.#at(component).child)!;
  }

  #at(component: string): LiveComponent {
    const found = this.#parts.components.get(component);
    if (found === undefined) throw unsupported(`the lab did not start ${component}`);
    return found;
  }
}

const byLab = { operator: "lab" };

/**
 * What unseals a vault after a crash of the conductor. One that has ended is sealed on its disk, which nobody starts
 * again.
 */
function unsealLease(vault: string, { url, key }: Operator): Lease {
  const headers = { authorization: `Bearer ${key}` };
  return { description: `seal of ${vault}`, steps: [{ kind: "http", method: "POST", url: `${url}/v1/unseal`, headers, body: JSON.stringify(byLab), gone: [], goneIfRefused: true, timeoutMs: 3_000 }] };
}

const leaseId = (site: string, what: string) => `${site} ${what}`;

function unsupported(reason: string): LabError {
  return new LabError({ exit: "failed", code: "live_unsupported", message: `The live lab cannot play this fault: ${reason}`, hint: "Choose another stack, or --virtual" });
}
