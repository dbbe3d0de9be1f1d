/** Keeps the first `max` items, and counts the others. */
export class BoundedList<T> {
  readonly #max: number;
  readonly #items: T[] = [];
  #left = 0;

  constructor(max: number) {
    this.#max = max;
  }

  push(item: T): void {
    if (this.#items.length < this.#max) this.#items.push(item);
    else this.#left++;
  }

  get items(): readonly T[] {
    return this.#items;
  }

  /** How many were not kept. */
  get left(): number {
    return this.#left;
  }
}
