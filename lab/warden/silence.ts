/**
 * How long another process has given no sign of life, counted in looks, one each `everyMs`. A look that comes late
 * counts no more: a machine that stalls, or has too much to do, stops both processes, and the other one needs its turn.
 */
export class Silence {
  readonly #everyMs: number;
  #looks = 0;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Returns the silence until now, ms. */
  look(): number {
    return ++this.#looks * this.#everyMs;
  }

  /** There was a sign of life. */
  end(): void {
    this.#looks = 0;
  }
}
