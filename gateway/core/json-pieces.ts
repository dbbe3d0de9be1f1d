import type { Json, JsonObject } from "../../kernel/chat.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { isExactNumber } from "./exact-json.ts";
import type { Pause } from "./pause.ts";
import { jsonStringPieces, PIECE } from "./pieces.ts";

/** The bytes of `JSON.stringify`, in parts, with a pause after each: a request of 4 MB takes 7 to 25 ms at once. */
export async function jsonParts(value: Json, pause: Pause, characters = PIECE): Promise<readonly Uint8Array[]> {
  const parts: Uint8Array[] = [];
  let text = "";
  for (const piece of jsonPieces(value, characters)) {
    text += piece;
    if (text.length < characters) continue;
    parts.push(utf8Bytes(text));
    text = "";
    await pause();
  }
  return [...parts, utf8Bytes(text)];
}

/** The text of `JSON.stringify`. What is small is written at once. */
function* jsonPieces(value: Json, characters: number): Generator<string> {
  if (typeof value === "string" && value.length > characters) {
    yield* jsonStringPieces(value, characters);
  } else if (!isList(value) || leftOf(characters, value) >= 0) {
    yield JSON.stringify(value);
  } else {
    const [open, close] = Array.isArray(value) ? "[]" : "{}";
    let before = open!;
    for (const [name, item] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
      if (item === undefined) continue;
      yield Array.isArray(value) ? before : `${before}${JSON.stringify(name)}:`;
      yield* jsonPieces(item, characters);
      before = ",";
    }
    yield before === open ? open + close! : close!;
  }
}

/** Whether it has items or members. */
function isList(value: Json): value is readonly Json[] | JsonObject {
  return typeof value === "object" && value !== null && !isExactNumber(value);
}

/** What is left of so many characters after a value. Below 0: it is longer, and was not read to its end. */
function leftOf(characters: number, value: Json): number {
  if (typeof value === "string") return characters - value.length - 2;
  if (!isList(value)) return characters - 8;
  let left = characters - 2;
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    if (left < 0) return left;
    left = leftOf(left - 8, item);
  }
  return left;
}
