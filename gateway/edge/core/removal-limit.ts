const windowMs = 60_000;
/** Shares are sums of fractions. */
const tolerance = 1e-9;

/**
 * How much capacity was removed within the last 60 s. Health that flaps must not remove more than this, however often
 * it flaps.
 */
export class RemovalLimit {
  readonly #max: number;
  #removals: { readonly atMs: number; readonly capacity: number }[] = [];

  /** `max`: share of all capacity. */
  constructor(max: number) {
    this.#max = max;
  }

  allows(nowMs: number, capacity: number): boolean {
    return this.removed(nowMs) + capacity <= this.#max + tolerance;
  }

  record(nowMs: number, capacity: number): void {
    this.#removals.push({ atMs: nowMs, capacity });
  }

  removed(nowMs: number): number {
    this.#removals = this.#removals.filter(({ atMs }) => atMs > nowMs - windowMs);
    return this.#removals.reduce((sum, { capacity }) => sum + capacity, 0);
  }
}
