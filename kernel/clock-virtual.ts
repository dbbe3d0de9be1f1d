import { sleepOn, type Clock } from "./clock.ts";
import { neverSignal, type Signal } from "./signal.ts";

interface Entry {
  atUs: number;
  sequence: number;
  /** Null once fired or cancelled: a tombstone that does not advance the clock. */
  fn: (() => void) | null;
}

const before = (a: Entry, b: Entry) => a.atUs < b.atUs || (a.atUs === b.atUs && a.sequence < b.sequence);

/** Binary heap on (time, sequence): ties break by sequence number, so a run is one fixed order. */
class EventHeap {
  readonly #entries: Entry[] = [];

  push(entry: Entry): void {
    const entries = this.#entries;
    let index = entries.length;
    entries.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(entry, entries[parent]!)) break;
      entries[index] = entries[parent]!;
      index = parent;
    }
    entries[index] = entry;
  }

  peek(): Entry | undefined {
    return this.#entries[0];
  }

  pop(): Entry | undefined {
    const entries = this.#entries;
    const top = entries[0];
    const last = entries.pop();
    if (top === undefined || last === undefined || entries.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= entries.length) break;
      if (child + 1 < entries.length && before(entries[child + 1]!, entries[child]!)) child++;
      if (!before(entries[child]!, last)) break;
      entries[index] = entries[child]!;
      index = child;
    }
    entries[index] = last;
    return top;
  }
}

/** Timers that are not due within the present slot wait outside the heap, by slot. */
const slotUs = 1_000_000;

/**
 * All timers that are set, the next first. Most are deadlines of many seconds that are cancelled long before they are
 * due: in the heap each would cost a pop through thousands of others. They wait in lists, by the second in which they
 * are due, and only those that are still set enter the heap.
 */
class Timers {
  readonly #heap = new EventHeap();
  readonly #later = new Map<number, Entry[]>();
  /** The heap has all timers of the slots up to this one. */
  #slot = 0;

  push(entry: Entry): void {
    const slot = Math.floor(entry.atUs / slotUs);
    if (slot <= this.#slot) {
      this.#heap.push(entry);
      return;
    }
    const waiting = this.#later.get(slot);
    if (waiting === undefined) this.#later.set(slot, [entry]);
    else waiting.push(entry);
  }

  /** The next timer that is set; undefined: there is none. */
  peek(): Entry | undefined {
    for (;;) {
      const next = this.#heap.peek();
      if (next === undefined && !this.#fill()) return undefined;
      if (next?.fn === null) this.#heap.pop();
      else if (next !== undefined) return next;
    }
  }

  /** Takes the timer that `peek` returned. */
  pop(): void {
    this.#heap.pop();
  }

  /** Moves the next slot's timers into the heap. False: there is none. */
  #fill(): boolean {
    if (this.#later.size === 0) return false;
    this.#slot = Math.min(...this.#later.keys());
    for (const entry of this.#later.get(this.#slot)!) if (entry.fn !== null) this.#heap.push(entry);
    this.#later.delete(this.#slot);
    return true;
  }
}

/** The time at which the virtual clock fires what is set for `atMs`, unless that has passed. */
export const wholeMicrosMs = (atMs: number): number => Math.round(atMs * 1000) / 1000;

/**
 * Simulated time in integer microseconds. Between two events everything that promises can do is done: Node drains all
 * microtasks before the next tick, so a pump scheduled as microtask -> nextTick is a full-quiescence barrier.
 */
export class VirtualClock implements Clock {
  #nowUs = 0;
  #sequence = 0;
  readonly #timers = new Timers();
  readonly #wallOriginMs: number;
  /** Events fired so far. */
  events = 0;

  constructor(wallOriginMs = Date.UTC(2025, 0, 1)) {
    this.#wallOriginMs = wallOriginMs;
  }

  nowMs(): number {
    return this.#nowUs / 1000;
  }

  wallMs(): number {
    return this.#wallOriginMs + this.nowMs();
  }

  at(atMs: number, fn: () => void): () => void {
    const entry: Entry = { atUs: Math.max(this.#nowUs, Math.round(atMs * 1000)), sequence: this.#sequence++, fn };
    this.#timers.push(entry);
    return () => void (entry.fn = null);
  }

  sleep(ms: number, signal?: Parameters<Clock["sleep"]>[1]): Promise<void> {
    return sleepOn((delayMs, fn) => this.at(this.nowMs() + Math.max(0, delayMs), fn), ms, signal);
  }

  /** True when nothing is scheduled: with work still open, that is a deadlock which the caller must name. */
  get idle(): boolean {
    return this.#timers.peek() === undefined;
  }

  /**
   * Fires events in order until none is left, the next lies after `untilMs`, or `signal` is cancelled; the clock then
   * stands at the last event. Yields to the real event loop every `yieldEvery` events, for progress and Ctrl-C. Rejects
   * with what an event threw.
   */
  run(untilMs = Infinity, options: { yieldEvery?: number; onYield?: ((nowMs: number) => void) | undefined; signal?: Signal } = {}): Promise<void> {
    const yieldEvery = options.yieldEvery ?? 500;
    const untilUs = untilMs * 1000;
    const { signal = neverSignal } = options;
    const drained = Promise.resolve();
    return new Promise((resolve, reject) => {
      const afterMicrotasks = () => process.nextTick(pump);
      const pump = () => {
        try {
          if (signal.aborted || !this.#fireNext(untilUs)) {
            resolve();
            return;
          }
        } catch (error) {
          reject(error as Error);
          return;
        }
        if (this.events % yieldEvery === 0) {
          options.onYield?.(this.nowMs());
          setImmediate(pump);
        } else void drained.then(afterMicrotasks);
      };
      void drained.then(afterMicrotasks);
    });
  }

  #fireNext(untilUs: number): boolean {
    const next = this.#timers.peek();
    if (next === undefined || next.atUs > untilUs) return false;
    this.#timers.pop();
    this.#nowUs = next.atUs;
    this.events++;
    const { fn } = next;
    next.fn = null;
    fn!();
    return true;
  }
}
