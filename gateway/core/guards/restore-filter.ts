import type { Placeholders } from "./pii.ts";
import type { TextFilter } from "./text-filter.ts";

/**
 * Restores a request's values, also where a placeholder comes in pieces. Holds back only what may be the beginning of
 * one of this request's own placeholders.
 */
export class RestoreFilter implements TextFilter {
  readonly #placeholders: Placeholders;
  #held = "";

  constructor(placeholders: Placeholders) {
    this.#placeholders = placeholders;
  }

  push(text: string): string {
    const whole = this.#held + text;
    const open = whole.lastIndexOf("[");
    const tail = open === -1 ? "" : whole.slice(open);
    const isBegun = tail !== "" && this.#placeholders.isBegunBy(tail);
    this.#held = isBegun ? tail : "";
    return this.#placeholders.restore(isBegun ? whole.slice(0, open) : whole);
  }

  end(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }
}
