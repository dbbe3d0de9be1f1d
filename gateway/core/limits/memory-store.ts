import type { Clock } from "../../../kernel/clock.ts";
import type { Draw, Drawn, Reservation, Store } from "../../../kernel/seams.ts";

interface Value {
  readonly text: string;
  readonly untilMs: number;
}

interface Window {
  used: number;
  readonly untilMs: number;
}

/** Writes between two sweeps of expired entries. */
const WRITES_PER_SWEEP = 1_000;

/**
 * The store of a single gateway: in this process, each call done in one turn, hence atomic. It answers at once, so that
 * deadlines are not its business: a process that stalls refuses nobody for it. A window begins with the first
 * reservation and lasts `windowMs`. A correction counts in the window in which it arrives.
 */
export class MemoryStore implements Store {
  readonly #clock: Clock;
  readonly #values = new Map<string, Value>();
  readonly #windows = new Map<string, Window>();
  #writes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Entries held, including expired ones that are not swept yet: a leak test reads it. */
  get size(): number {
    return this.#values.size + this.#windows.size;
  }

  async get(key: string): Promise<string | null> {
    const nowMs = this.#clock.nowMs();
    const value = this.#values.get(key);
    return value !== undefined && value.untilMs > nowMs ? value.text : null;
  }

  async set(key: string, value: string, { ttlMs }: { ttlMs: number }): Promise<void> {
    const nowMs = this.#clock.nowMs();
    this.#values.set(key, { text: value, untilMs: nowMs + ttlMs });
    this.#sweep(nowMs);
  }

  async reserve(key: string, { amount, limit, windowMs }: { amount: number; limit: number; windowMs: number }): Promise<number | null> {
    const nowMs = this.#clock.nowMs();
    const window = this.#open(key, windowMs, nowMs);
    if (window.used + amount > limit) return null;
    window.used += amount;
    return limit - window.used;
  }

  async settle(key: string, { delta, windowMs }: { delta: number; windowMs: number }): Promise<void> {
    const window = this.#open(key, windowMs, this.#clock.nowMs());
    window.used = Math.max(0, window.used + delta);
  }

  async reserveAll(draws: readonly Draw[]): Promise<Drawn> {
    const nowMs = this.#clock.nowMs();
    const windows = draws.map(({ key, windowMs }) => this.#open(key, windowMs, nowMs));
    const at = draws.findIndex(({ amount, limit }, index) => windows[index]!.used + amount > limit);
    if (at !== -1) return { ok: false, at, left: Math.max(0, draws[at]!.limit - windows[at]!.used) };
    draws.forEach(({ amount }, index) => (windows[index]!.used += amount));
    return { ok: true, reservation: reservationOf(draws, windows) };
  }

  #open(key: string, windowMs: number, nowMs: number): Window {
    const known = this.#windows.get(key);
    if (known !== undefined && known.untilMs > nowMs) return known;
    const window = { used: 0, untilMs: nowMs + windowMs };
    this.#windows.set(key, window);
    this.#sweep(nowMs);
    return window;
  }

  #sweep(nowMs: number): void {
    this.#writes++;
    if (this.#writes % WRITES_PER_SWEEP !== 0) return;
    for (const entries of [this.#values, this.#windows]) {
      for (const [key, { untilMs }] of entries) if (untilMs <= nowMs) entries.delete(key);
    }
  }
}

/** Refers to the windows themselves: a correction that comes after their end affects no later window. */
function reservationOf(draws: readonly Draw[], windows: readonly Window[]): Reservation {
  let isOpen = true;
  return {
    left: draws.map(({ limit }, index) => limit - windows[index]!.used),
    from: "shared",
    settle: (used) => {
      if (isOpen) draws.forEach(({ amount }, index) => (windows[index]!.used += used[index]! - amount));
      isOpen = false;
      return Promise.resolve();
    },
  };
}
