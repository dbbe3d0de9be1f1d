import type { LongString, LongText } from "../../kernel/chat.ts";

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
