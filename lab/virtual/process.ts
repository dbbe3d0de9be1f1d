import type { Clock } from "../../kernel/clock.ts";
import { sleepOn } from "../../kernel/clock.ts";

/** What a process holds open, and its end cuts: a connection. */
interface Held {
  close(end: "reset"): void;
  onEnd(listener: () => void): void;
}

/**
 * One life of a virtual component, from its start to its end. All code of the component runs by its timers and by its
 * connections, and those ask here first: while it is paused they are kept, and after its end nothing of it ever runs
 * again.
 */
export class VirtualProcess {
  readonly clock: Clock;
  readonly #world: Clock;
  #state: "running" | "paused" | "ended" = "running";
  /**
   * What came due while it was paused. A process that goes on runs its timers first, then what came in, each in order.
   */
  readonly #timers: (() => void)[] = [];
  readonly #inputs: (() => void)[] = [];
  readonly #held = new Set<Held>();
  readonly #listeners: (() => void)[] = [];

  /** `clock`: the world's, which never stops. */
  constructor(clock: Clock) {
    this.#world = clock;
    this.clock = processClock(clock, (act) => this.#enter(this.#timers, act));
  }

  get ended(): boolean {
    return this.#state === "ended";
  }

  get paused(): boolean {
    return this.#state === "paused";
  }

  /** Runs `act`, the process's own code, as soon as the process can: at once, when it is resumed, or never. */
  enter(act: () => void): void {
    this.#enter(this.#inputs, act);
  }

  /**
   * To be awaited, while `halted`, before the process's code goes on after an await of something outside: it settles
   * when the process is resumed, if ever.
   */
  resumed(): Promise<void> {
    return new Promise((resolve) => this.enter(resolve));
  }

  get halted(): boolean {
    return this.#state !== "running";
  }

  /** Ties the connection to the process: it is reset when the process is killed. */
  hold(connection: Held): void {
    this.#held.add(connection);
    connection.onEnd(() => void this.#held.delete(connection));
  }

  /** Calls `listener` once, when the process ends. */
  onEnd(listener: () => void): void {
    if (this.ended) listener();
    else this.#listeners.push(listener);
  }

  /** SIGSTOP. */
  pause(): void {
    if (this.#state === "running") this.#state = "paused";
  }

  /** SIGCONT: what came due meanwhile is run now, in turns of its own. */
  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    const nowMs = this.#world.nowMs();
    for (const act of this.#timers.splice(0)) this.#world.at(nowMs, () => this.#enter(this.#timers, act));
    for (const act of this.#inputs.splice(0)) this.#world.at(nowMs, () => this.#enter(this.#inputs, act));
  }

  /** SIGKILL: no code of it runs any more, and its peers get a reset. */
  kill(): void {
    if (this.ended) return;
    this.#state = "ended";
    this.#timers.length = 0;
    this.#inputs.length = 0;
    for (const connection of this.#held) connection.close("reset");
    for (const listener of this.#listeners.splice(0)) listener();
  }

  #enter(waiting: (() => void)[], act: () => void): void {
    if (this.#state === "running") act();
    else if (this.#state === "paused") waiting.push(act);
  }
}

/** The world's time, with timers that go off by `enter`. */
function processClock(world: Clock, enter: (act: () => void) => void): Clock {
  const at: Clock["at"] = (atMs, fn) => {
    let isDue = true;
    const cancel = world.at(atMs, () => enter(() => void (isDue && fn())));
    return () => {
      isDue = false;
      cancel();
    };
  };
  return {
    nowMs: () => world.nowMs(),
    wallMs: () => world.wallMs(),
    at,
    sleep: (ms, signal) => sleepOn((delayMs, fn) => at(world.nowMs() + Math.max(0, delayMs), fn), ms, signal),
  };
}
