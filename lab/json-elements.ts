/** One object of a JSON file, cut out of its text. */
export interface JsonElement {
  /**
   * `incident`: an element of the root list, or of the root object's `incidents`. `month`: one of its `months`. `page`:
   * the root object's `page`.
   */
  readonly kind: "incident" | "month" | "page";
  readonly text: string;
  /** Of its first character, from 1. */
  readonly line: number;
}

/** The file is no JSON that holds a list of incidents. */
export class JsonShapeError extends Error {
  override readonly name = "JsonShapeError";
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** One incident with all its updates; a longer text is no incident. */
const elementCharsMax = 8 * 2 ** 20;

/**
 * Cuts the incidents out of a JSON file that arrives in pieces, so that no more than one of them is in memory. It
 * follows brackets and strings, and leaves the rest of JSON's grammar to `JSON.parse` of each element.
 */
export class JsonElements {
  #line = 1;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Text of the string at the root object's own level: its key, until another follows. */
  #key = "";
  #root: "none" | "list" | "object" = "none";
  /** Depth at which a brace opens an incident; 0: not inside the list. */
  #listDepth = 0;
  #listKind: "incident" | "month" = "incident";
  #sawList = false;
  #open: { kind: JsonElement["kind"]; line: number; depth: number; text: string } | null = null;

  /** The elements that end in `piece`. Throws `JsonShapeError`. */
  push(piece: string): readonly JsonElement[] {
    const done: JsonElement[] = [];
    let from = 0;
    for (let at = 0; at < piece.length; at++) {
      const char = piece[at]!;
      if (char === "\n") this.#line++;
      if (this.#inString) {
        this.#inside(char);
        continue;
      }
      if (char === '"') this.#beginString();
      else if (char === "{" || char === "[") {
        if (this.#begins(char)) from = at;
        this.#depth++;
      } else if (char === "}" || char === "]") {
        this.#depth--;
        const element = this.#ends(piece.slice(from, at + 1));
        if (element !== null) {
          done.push(element);
          from = at + 1;
        }
        if (this.#depth < this.#listDepth) this.#listDepth = 0;
      } else if (this.#isStray(char)) throw new JsonShapeError(this.#line, `"${char}" where an incident was expected`);
    }
    this.#carry(piece.slice(from));
    return done;
  }

  /** Throws `JsonShapeError` when the text ended too early, or held no list. */
  end(): void {
    if (this.#depth !== 0 || this.#inString) throw new JsonShapeError(this.#open?.line ?? this.#line, "the file ends inside it");
    if (!this.#sawList) throw new JsonShapeError(1, "no list of incidents: expected [...], or {\"incidents\": [...]}");
  }

  #beginString(): void {
    if (this.#listDepth > 0 && this.#open === null && this.#depth === this.#listDepth) throw new JsonShapeError(this.#line, "a text where an incident was expected");
    this.#inString = true;
    if (this.#depth === 1 && this.#root === "object") this.#key = "";
  }

  #inside(char: string): void {
    if (this.#escaped) this.#escaped = false;
    else if (char === "\\") this.#escaped = true;
    else if (char === '"') {
      this.#inString = false;
      return;
    }
    if (this.#depth === 1 && this.#root === "object" && this.#key.length < 20) this.#key += char;
  }

  /** Whether an element begins with this bracket. */
  #begins(bracket: string): boolean {
    if (this.#depth === 0) {
      this.#root = bracket === "[" ? "list" : "object";
      if (bracket === "[") this.#beginList(1);
      return false;
    }
    if (this.#open !== null) return false;
    if (this.#listDepth > 0 && this.#depth === this.#listDepth) {
      if (bracket === "[") throw new JsonShapeError(this.#line, "a list where an incident was expected");
      return this.#beginElement(this.#listKind);
    }
    if (this.#depth !== 1 || this.#root !== "object") return false;
    if ((this.#key === "incidents" || this.#key === "months") && bracket === "[") {
      this.#listKind = this.#key === "months" ? "month" : "incident";
      this.#beginList(2);
    }
    return this.#key === "page" && bracket === "{" && this.#beginElement("page");
  }

  #beginList(depth: number): void {
    this.#listDepth = depth;
    this.#sawList = true;
  }

  #beginElement(kind: JsonElement["kind"]): true {
    this.#open = { kind, line: this.#line, depth: this.#depth, text: "" };
    return true;
  }

  #ends(tail: string): JsonElement | null {
    if (this.#open === null || this.#depth !== this.#open.depth) return null;
    const { kind, line, text } = this.#open;
    this.#open = null;
    return { kind, line, text: text + tail };
  }

  #carry(tail: string): void {
    if (this.#open === null) return;
    this.#open.text += tail;
    if (this.#open.text.length > elementCharsMax) throw new JsonShapeError(this.#open.line, "an incident without an end");
  }

  #isStray(char: string): boolean {
    return this.#listDepth > 0 && this.#open === null && this.#depth === this.#listDepth && !/[\s,]/.test(char);
  }
}
