interface Slice {
  readonly startMs: number;
  total: number;
  failed: number;
}

const slices = 10;

/** Answers of a replica over a sliding window, in tenths of it. */
export class Outcomes {
  readonly #sliceMs: number;
  #slices: Slice[] = [];

  constructor(windowMs: number) {
    this.#sliceMs = windowMs / slices;
  }

  add(nowMs: number, isFailure: boolean): void {
    const startMs = Math.floor(nowMs / this.#sliceMs) * this.#sliceMs;
    let last = this.#slices.at(-1);
    if (last?.startMs !== startMs) {
      this.#prune(nowMs);
      this.#slices.push((last = { startMs, total: 0, failed: 0 }));
    }
    last.total++;
    if (isFailure) last.failed++;
  }

  counts(nowMs: number): { readonly total: number; readonly failed: number } {
    this.#prune(nowMs);
    return this.#slices.reduce((sum, { total, failed }) => ({ total: sum.total + total, failed: sum.failed + failed }), { total: 0, failed: 0 });
  }

  clear(): void {
    this.#slices = [];
  }

  #prune(nowMs: number): void {
    this.#slices = this.#slices.filter(({ startMs }) => startMs > nowMs - this.#sliceMs * slices);
  }
}
