import { parseObject } from "./json.ts";

/**
 * The arguments of a tool call, as they come. They may come in thousands of pieces, and whether they are whole is asked
 * at each: they are parsed only where their end looks like that of an object.
 */
export class ArgumentsText {
  #text = "";
  /** Its last character that is no white space. A look at the end of the whole text would copy it after each piece. */
  #last = "";

  get isEmpty(): boolean {
    return this.#text === "";
  }

  /** Whether they are an object to its end. */
  get isWhole(): boolean {
    return this.#last === "}" && parseObject(this.#text) !== null;
  }

  append(piece: string): void {
    this.#text += piece;
    this.#last = piece.trimEnd().at(-1) ?? this.#last;
  }
}
