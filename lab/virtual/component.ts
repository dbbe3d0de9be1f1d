import type { Clock } from "../../kernel/clock.ts";
import type { Handler } from "../../kernel/transport.ts";
import type { VirtualListener } from "./listener.ts";
import type { VirtualNetwork } from "./network.ts";
import { VirtualProcess } from "./process.ts";

/** What a process of a component runs once it is up. */
export interface Program {
  readonly handler: Handler;
  /**
   * The lab's own record of the process' end, made in the turn in which it is killed: none of its code runs any more.
   */
  onKill?(): void;
  /** How it shuts down. Absent: it takes no more connections and finishes what is under way. */
  readonly drain?: Drain;
  /** Ends what it does without being asked, such as checks: the run is over. */
  close?(): void;
}

/** A process that goes on to answer while it ends, as the live gateway does (gateway/http/process.ts). */
export interface Drain {
  /** How long what is under way may take. */
  readonly ms: number;
  /** From now on new requests are refused. */
  begin(): void;
  /** Ends what is still under way, and reports it to its clients. */
  cut(): void;
}

/** How long a process without a drain of its own may finish what is under way. */
const drainMs = 1_500;

/** How long the last words to clients may take. */
const lastWordsMs = 100;

/** A component of the plan in the virtual harness, over all the lives of its process. */
export class VirtualComponent<P extends Program = Program> {
  readonly id: string;
  readonly #world: { readonly clock: Clock; readonly network: VirtualNetwork };
  readonly #origin: string;
  readonly #bootMs: number;
  readonly #load: (process: VirtualProcess, life: number) => P;
  #lives = 0;
  #process: VirtualProcess;
  #program: P | null;
  #listener: VirtualListener;

  /**
   * It serves at `origin` from the beginning. `load` makes the program of one process, the `life`-th from 0: nothing of
   * an earlier one is in it.
   */
  constructor(options: { id: string; origin: string; clock: Clock; network: VirtualNetwork; bootMs: number; load: (process: VirtualProcess, life: number) => P }) {
    const { id, origin, clock, network, bootMs, load } = options;
    this.id = id;
    this.#world = { clock, network };
    this.#origin = origin;
    this.#bootMs = bootMs;
    this.#load = load;
    this.#process = new VirtualProcess(clock);
    this.#program = load(this.#process, this.#lives++);
    this.#listener = network.serve(origin, this.#program.handler, this.#process);
  }

  /** What runs in it; null while it is dead or starts. */
  get program(): P | null {
    return this.#process.ended ? null : this.#program;
  }

  /** Whether it is up and not paused. */
  get responsive(): boolean {
    return this.program !== null && !this.#process.paused;
  }

  /** Harmless when it is dead. */
  kill(): void {
    const program = this.program;
    this.#process.kill();
    program?.onKill?.();
  }

  /**
   * Starts it, with an empty memory. Resolves when it serves; rejects when it is there already, or ends before it
   * serves.
   */
  async start(): Promise<void> {
    if (!this.#process.ended) throw new Error(`Cannot start "${this.id}": it runs`);
    const process = new VirtualProcess(this.#world.clock);
    this.#process = process;
    this.#program = null;
    const booting = Promise.withResolvers<void>();
    process.onEnd(() => booting.reject(new Error(`"${this.id}" was killed before it served`)));
    process.clock.at(process.clock.nowMs() + this.#bootMs, () => {
      this.#program = this.#load(process, this.#lives++);
      this.#listener = this.#world.network.serve(this.#origin, this.#program.handler, process);
      booting.resolve();
    });
    await booting.promise;
  }

  /** Lets it finish what is under way, for as long as a process has; then it is gone. */
  async stop(): Promise<void> {
    const drain = this.program?.drain;
    if (drain !== undefined) {
      drain.begin();
      await this.#within(drain.ms, this.#listener.quiet());
      drain.cut();
    }
    await this.#within(drain === undefined ? drainMs : lastWordsMs, this.#listener.close());
    this.kill();
  }

  async #within(ms: number, done: Promise<void>): Promise<void> {
    const { clock } = this.#world;
    const patience = Promise.withResolvers<void>();
    const stopTimer = clock.at(clock.nowMs() + ms, patience.resolve);
    await Promise.race([done, patience.promise]);
    stopTimer();
  }

  /** Rejects when it is dead. */
  async pause(): Promise<void> {
    this.#assertAlive("pause");
    this.#process.pause();
  }

  /** Rejects when it is dead. */
  async resume(): Promise<void> {
    this.#assertAlive("resume");
    this.#process.resume();
  }

  #assertAlive(what: string): void {
    if (this.#process.ended) throw new Error(`Cannot ${what} "${this.id}": it is dead`);
  }
}
