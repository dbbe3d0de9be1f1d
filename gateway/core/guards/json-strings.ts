/** Tracks whether a position in JSON, which may come in pieces, lies within a string. */
export class JsonStrings {
  #isInside = false;
  #isEscaped = false;

  /** Reads the next piece. Returns whether the position after it lies within a string. */
  take(text: string): boolean {
    for (const character of text) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (character === "\\") this.#isEscaped = this.#isInside;
      else if (character === '"') this.#isInside = !this.#isInside;
    }
    return this.#isInside;
  }
}
