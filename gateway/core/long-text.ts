import type { ChatMessage, LongString, LongText } from "../../kernel/chat.ts";
import { joined, utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { byteOffsets, type Patch } from "./json-text.ts";
import type { Pause } from "./pause.ts";
import { jsonStringPieces, piecesOf } from "./pieces.ts";

/**
 * The marks that stand for long strings in an outline: strings of JSON that begin with a control character, which no
 * other string of the body holds.
 */

const CONTROL = "\u0001";
const ESCAPED = "\\u0001";

/** As JSON. */
export function markOf(index: number): string {
  return `"${ESCAPED}${index}."`;
}

/** Whether a string of an outline is a mark. */
export function isMark(value: string): boolean {
  return value.startsWith(CONTROL);
}

/** The long string for which a string of an outline stands. Null: it stands for itself. */
export function markedString(value: string, { strings }: LongText): LongString | null {
  return isMark(value) ? strings[Number(value.slice(CONTROL.length))]! : null;
}

/** The messages of a long body, with their texts in place of the marks. These are read when they are asked for. */
export function readOnDemand(messages: readonly ChatMessage[], long: LongText | undefined): readonly ChatMessage[] {
  if (long === undefined || long.strings.length === 0) return messages;
  for (const message of messages) {
    readTextOnDemand(message, "content", long);
    for (const part of message.parts ?? []) if (part.type === "text") readTextOnDemand(part, "text", long);
  }
  return messages;
}

const markInText = new RegExp(`${CONTROL}(\\d+)\\.`, "g");

/** Parts of a message may have been joined: a text may hold marks and other text. */
function readTextOnDemand<Name extends string>(owner: Readonly<Record<Name, string>>, name: Name, long: LongText): void {
  const marked = owner[name];
  if (!marked.includes(CONTROL)) return;
  let text: string | null = null;
  const read = () => markedString(marked, long)?.value ?? marked;
  const isOne = marked.indexOf(".") === marked.length - 1 && isMark(marked);
  const get = () => (text ??= isOne ? read() : marked.replace(markInText, (_, index: string) => long.strings[Number(index)]!.value));
  Object.defineProperty(owner, name, { get, enumerable: true });
}

const mark = /"\\u0001(\d+)\."/;

/** An outline, or a part of one, with its long strings in place of their marks. */
export function partsByMark(outline: string, { strings }: LongText): readonly (string | LongString)[] {
  return outline.split(mark).map((part, index) => (index % 2 === 0 ? part : strings[Number(part)]!));
}

/** A place in the bytes of a long text: in a gap. */
interface Place {
  readonly gap: number;
  readonly offset: number;
}

/** The patched outline's whole text as UTF-8, in parts. What stays is no copy. */
export function patchedParts(outline: string, patches: readonly Patch[], long: LongText): readonly Uint8Array[] {
  const inOrder = patches.toSorted((a, b) => a.start - b.start);
  const places = placesIn(outline, inOrder.flatMap(({ start, end }) => [start, end]), long);
  const parts: Uint8Array[] = [];
  let from: Place = { gap: 0, offset: 0 };
  for (const [index, patch] of inOrder.entries()) {
    pushBetween(parts, from, places[2 * index]!, long);
    push(parts, utf8Bytes(patch.text));
    from = places[2 * index + 1]!;
  }
  pushBetween(parts, from, { gap: long.gaps.length - 1, offset: long.gaps.at(-1)!.length }, long);
  return parts;
}

/** Of places in an outline, in their order, none of which is within a mark. */
function placesIn(outline: string, places: readonly number[], { gaps }: LongText): readonly Place[] {
  const found: Place[] = [];
  for (let gap = 0, start = 0; found.length < places.length; gap++) {
    const marked = gap === gaps.length - 1 ? "" : markOf(gap);
    const end = marked === "" ? outline.length : outline.indexOf(marked, start);
    const within: number[] = [];
    for (let next = found.length; next < places.length && places[next]! <= end; next++) within.push(places[next]! - start);
    if (within.length > 0) found.push(...byteOffsets(outline.slice(start, end), gaps[gap]!.length, within).map((offset) => ({ gap, offset })));
    start = end + marked.length;
  }
  return found;
}

function pushBetween(parts: Uint8Array[], from: Place, to: Place, { gaps, strings }: LongText): void {
  for (let gap = from.gap; gap <= to.gap; gap++) {
    if (gap > from.gap) push(parts, strings[gap - 1]!.bytes);
    push(parts, gaps[gap]!.subarray(gap === from.gap ? from.offset : 0, gap === to.gap ? to.offset : undefined));
  }
}

/** Neighbours in one buffer are one part. */
function push(parts: Uint8Array[], part: Uint8Array): void {
  const last = parts.at(-1);
  if (part.length === 0) return;
  if (last?.buffer !== part.buffer || last.byteOffset + last.length !== part.byteOffset) parts.push(part);
  else parts[parts.length - 1] = new Uint8Array(last.buffer, last.byteOffset, last.length + part.length);
}

export interface Marked {
  readonly text: string;
  readonly long: LongText;
}

/**
 * The long text with another outline, in which the same marks stand in the same order, and other values of some of its
 * strings.
 */
export async function withChanges(long: LongText, changes: { readonly outline: string; readonly strings: ReadonlyMap<LongString, string> }, pause: Pause): Promise<Marked> {
  const gaps: Uint8Array[] = [];
  const strings: LongString[] = [];
  for (const part of partsByMark(changes.outline, long)) {
    if (typeof part === "string") gaps.push(await encoded(piecesOf(part), pause));
    else {
      const value = changes.strings.get(part);
      strings.push(value === undefined ? part : { bytes: await encoded(jsonStringPieces(value), pause), value });
    }
  }
  return { text: changes.outline, long: { gaps, strings } };
}

async function encoded(pieces: Iterable<string>, pause: Pause): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const piece of pieces) {
    parts.push(utf8Bytes(piece));
    await pause();
  }
  return joined(parts);
}

/** What is decoded at once, in bytes. */
const PIECE_BYTES = 32 * 1024;

/** The whole JSON text in pieces. */
export function* textPieces(outline: string, long: LongText): Generator<string> {
  for (const part of partsByMark(outline, long)) {
    if (typeof part === "string") yield* piecesOf(part);
    else for (let start = 0; start < part.bytes.length; ) {
      let end = Math.min(start + PIECE_BYTES, part.bytes.length);
      while (end < part.bytes.length && (part.bytes[end]! & 0xc0) === 0x80) end--;
      yield utf8Text(part.bytes.subarray(start, end));
      start = end;
    }
  }
}
