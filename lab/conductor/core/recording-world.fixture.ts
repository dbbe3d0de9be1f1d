import type { Clock } from "../../../kernel/clock.ts";
import type { LinkControl, World } from "./world.ts";

/** A world for tests, in which nothing happens: it keeps a line for each operation, such as `4000 kill gateway`. */
export class RecordingWorld implements World {
  readonly log: string[] = [];
  readonly #clock: Clock;
  /** Operations that reject, by their text: `kill gateway`. */
  readonly #broken: ReadonlySet<string>;
  /** How long each operation takes. */
  readonly #takesMs: number;
  #listener: (component: string) => Promise<void> = () => Promise.resolve();

  constructor(clock: Clock, options: { broken?: readonly string[]; takesMs?: number } = {}) {
    this.#clock = clock;
    this.#broken = new Set(options.broken);
    this.#takesMs = options.takesMs ?? 0;
  }

  onStart(listener: (component: string) => Promise<void>): void {
    this.#listener = listener;
  }

  kill = (component: string) => this.#do(`kill ${component}`);
  stop = (component: string) => this.#do(`stop ${component}`);
  pause = (component: string) => this.#do(`pause ${component}`);
  resume = (component: string) => this.#do(`resume ${component}`);
  applyDefect = (component: string, id: string) => this.#do(`plant ${id} in ${component}`);
  removeDefect = (component: string, id: string) => this.#do(`remove ${id} from ${component}`);
  flushCache = (component: string) => this.#do(`flush ${component}`);
  seal = (vault: string) => this.#do(`seal ${vault}`);
  unseal = (vault: string) => this.#do(`unseal ${vault}`);
  push = (component: string, { change }: { readonly change: string }) => this.#do(`push ${change} to ${component}`);
  takeBack = (component: string) => this.#do(`take back the push to ${component}`);
  skewClock = (component: string, offsetMs: number) => this.#do(`skew ${component} by ${offsetMs}`);

  openBypass = (team: string) => this.#do(`open the bypass of ${team}`);
  closeBypass = (team: string) => this.#do(`close the bypass of ${team}`);

  async start(component: string): Promise<void> {
    await this.#do(`start ${component}`);
    await this.#listener(component);
  }

  link(id: string): LinkControl {
    return {
      addToxic: (toxic) => this.#do(`add ${toxic} to ${id}`),
      removeToxic: (toxic) => this.#do(`remove ${toxic} from ${id}`),
      setEnabled: (enabled) => this.#do(`${enabled ? "enable" : "disable"} ${id}`),
      setResolver: (answer) => this.#do(`resolve ${id}: ${answer ?? "its address"}`),
    };
  }

  async #do(operation: string): Promise<void> {
    if (this.#takesMs > 0) await this.#clock.sleep(this.#takesMs);
    this.log.push(`${this.#clock.nowMs()} ${operation}`);
    if (this.#broken.has(operation)) throw new Error(`cannot ${operation}`);
  }
}
