/** Whether a place in JSON, which may come in pieces, lies within a string. */
export class JsonStrings {
  #isInside = false;
  #isEscaped = false;

  /** Takes what comes next, and says of the place after it. */
  take(text: string): boolean {
    for (const character of text) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (character === "\\") this.#isEscaped = this.#isInside;
      else if (character === '"') this.#isInside = !this.#isInside;
    }
    return this.#isInside;
  }
}
