import type { LongString, LongText } from "../../kernel/chat.ts";
import { joined, utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { type Member, membersOf } from "./json-text.ts";
import type { Pause } from "./pause.ts";
import { piecesOf } from "./pieces.ts";

/** The marks that stand for long strings in an outline: strings of JSON that begin with a control character. */

const CONTROL = "\u0001";
const ESCAPED = "\\u0001";

/** As JSON. */
export function markOf(index: number): string {
  return `"${ESCAPED}${index}"`;
}

/** How often marks begin in a text. The control character can be written in no other way. */
export function marksIn(text: string): number {
  return text.split(ESCAPED).length - 1;
}

/** Whether a string of an outline is a mark. */
export function isMark(value: string): boolean {
  return value.startsWith(CONTROL);
}

/** The long string for which a string of an outline stands. Null: it stands for itself. */
export function markedString(value: string, { strings }: LongText): LongString | null {
  return isMark(value) ? strings[Number(value.slice(CONTROL.length))]! : null;
}

/** The members of the whole text, by its outline. */
export function membersOfLong({ outline, strings }: LongText): readonly Member[] {
  const markEnds = [...outline.matchAll(everyMark)].map(({ index, 0: found }) => index + found.length);
  let before = 0;
  /** Asked for places in their order. */
  const wholePlace = (place: number) => {
    while (before < markEnds.length && markEnds[before]! <= place) before++;
    return before === 0 ? place : strings[before - 1]!.end + place - markEnds[before - 1]!;
  };
  return membersOf(outline).map(({ name, start, value }) => {
    const places = [start, value.start, value.end].map(wholePlace);
    return { name, start: places[0]!, end: places[2]!, value: { start: places[1]!, end: places[2]! } };
  });
}

export interface Marked {
  readonly text: string;
  readonly long: LongText;
}

const mark = /"\\u0001(\d+)"/;
const everyMark = new RegExp(mark, "g");

/** An outline, or a part of one, with its long strings in place of their marks. */
export function partsByMark(outline: string, { strings }: LongText): readonly (string | LongString)[] {
  return outline.split(mark).map((part, index) => (index % 2 === 0 ? part : strings[Number(part)]!));
}

/**
 * The text with another outline, in which the same marks stand in the same order, and other values of some of its long
 * strings.
 */
export async function withChanges({ text, long }: Marked, changes: { readonly outline: string; readonly strings: ReadonlyMap<LongString, string> }, pause: Pause): Promise<Marked> {
  const parts: Uint8Array[] = [];
  const strings: LongString[] = [];
  let at = 0;
  for (const part of partsByMark(changes.outline, long)) {
    const start = at;
    const value = typeof part === "string" ? undefined : changes.strings.get(part);
    const pieces = value !== undefined ? jsonPieces(value) : piecesOf(typeof part === "string" ? part : text.slice(part.start, part.end));
    for (const piece of pieces) {
      parts.push(utf8Bytes(piece));
      at += piece.length;
      await pause();
    }
    if (typeof part !== "string") strings.push({ start, end: at, value: value ?? part.value });
  }
  const bytes = joined(parts);
  /** Joining the text's own pieces takes longer. */
  return { text: utf8Text(bytes), long: { outline: changes.outline, strings, bytes } };
}

/** A string as JSON. */
function* jsonPieces(value: string): Generator<string> {
  yield '"';
  for (const piece of piecesOf(value)) yield JSON.stringify(piece).slice(1, -1);
  yield '"';
}
