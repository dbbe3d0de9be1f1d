import type { LongString, LongText } from "../../kernel/chat.ts";
import { joined, utf8Bytes } from "../../kernel/utf8.ts";
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

export interface Marked {
  readonly text: string;
  readonly long: LongText;
}

const mark = /"\\u0001\d+"/;

/** The text with another outline, in which the same marks stand in the same order, and other values of some of its long strings. */
export async function withChanges({ text, long }: Marked, changes: { readonly outline: string; readonly strings: ReadonlyMap<LongString, string> }, pause: Pause): Promise<Marked> {
  const around = changes.outline.split(mark);
  const parts = [around[0]!];
  const strings: LongString[] = [];
  let at = around[0]!.length;
  for (const [index, longString] of long.strings.entries()) {
    const value = changes.strings.get(longString) ?? longString.value;
    const raw = value === longString.value ? text.slice(longString.start, longString.end) : await stringified(value, pause);
    strings.push({ start: at, end: at + raw.length, value });
    parts.push(raw, around[index + 1]!);
    at += raw.length + around[index + 1]!.length;
  }
  const changed = parts.join("");
  await pause();
  return { text: changed, long: { outline: changes.outline, strings, bytes: await encoded(changed, pause) } };
}

async function stringified(value: string, pause: Pause): Promise<string> {
  const parts = ['"'];
  for (const piece of piecesOf(value)) {
    parts.push(JSON.stringify(piece).slice(1, -1));
    await pause();
  }
  return `${parts.join("")}"`;
}

async function encoded(text: string, pause: Pause): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const piece of piecesOf(text)) {
    parts.push(utf8Bytes(piece));
    await pause();
  }
  return joined(parts);
}
