import type { Member, Span } from "../../kernel/chat.ts";
import type { Pause } from "./pause.ts";
import { utf8Bytes, utf8Joined, utf8Length } from "../../kernel/utf8.ts";

/**
 * Spans of a JSON text that has been parsed before, so that a part of it can be replaced and all other bytes stay. The
 * functions rely on its being valid.
 */
export type { Member, Span };

export interface Patch extends Span {
  readonly text: string;
}

/** UTF-16 units. Comparing them is several times as fast as comparing characters, and every request is read so. */
const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const [TAB, LINE_FEED, CARRIAGE_RETURN, BLANK] = [0x09, 0x0a, 0x0d, 0x20];

/** The members of the object that begins at or after `from`, in their order. A name that comes twice is there twice. */
export function membersOf(text: string, from = 0): readonly Member[] {
  const members: Member[] = [];
  let at = skipSpace(text, skipSpace(text, from) + 1);
  while (text.charCodeAt(at) !== CLOSE_OBJECT) {
    const nameEnd = stringEnd(text, at);
    const start = afterColon(text, nameEnd);
    const end = valueEnd(text, start);
    members.push({ name: stringAt(text, { start: at, end: nameEnd }), start: at, end, value: { start, end } });
    at = nextItem(text, end);
  }
  return members;
}

/** The elements of the array that begins at or after `from`. */
export function elementsOf(text: string, from = 0): readonly Span[] {
  const elements: Span[] = [];
  let at = skipSpace(text, skipSpace(text, from) + 1);
  while (text.charCodeAt(at) !== CLOSE_LIST) {
    const end = valueEnd(text, at);
    elements.push({ start: at, end });
    at = nextItem(text, end);
  }
  return elements;
}

/** The members with this name: mostly one, and never is one of them passed over. */
export function membersNamed(members: readonly Member[], name: string): readonly Member[] {
  return members.some((member) => member.name === name) ? members.filter((member) => member.name === name) : noMembers;
}

/** Most names that are asked for are not there. */
const noMembers: readonly Member[] = [];

/** The text with the patches in place. They may come in any order, but must not overlap. */
export function patched(text: string, patches: readonly Patch[]): string {
  return partsOfPatched(text, patches).join("");
}

const LONG_CHARACTERS = 65_536;

/**
 * The same as UTF-8. Patches begin and end beside a structural character, so that no part ends within a character.
 */
export function patchedBytes(text: string, patches: readonly Patch[]): Uint8Array {
  const parts = partsOfPatched(text, patches);
  return text.length < LONG_CHARACTERS ? utf8Bytes(parts.join("")) : utf8Joined(parts);
}

/**
 * Where places of a text, in their order, are in its bytes. The longest stretch between two of them is not read: its
 * length is what the others leave.
 */
export function byteOffsets(text: string, byteLength: number, places: readonly number[]): readonly number[] {
  const starts = [0, ...places];
  const lengths = starts.map((start, index) => (places[index] ?? text.length) - start);
  const longest = lengths.indexOf(Math.max(...lengths));
  const bytesOf = starts.map((start, index) => (index === longest ? 0 : utf8Length(text.slice(start, places[index]))));
  bytesOf[longest] = byteLength - bytesOf.reduce((total, length) => total + length, 0);
  let at = 0;
  return places.map((_, index) => (at += bytesOf[index]!));
}

function partsOfPatched(text: string, patches: readonly Patch[]): readonly string[] {
  const parts: string[] = [];
  let at = 0;
  const inOrder = patches.length < 2 ? patches : patches.toSorted((a, b) => a.start - b.start);
  for (const { start, end, text: replacement } of inOrder) {
    parts.push(text.slice(at, start), replacement);
    at = end;
  }
  parts.push(text.slice(at));
  return parts;
}

/** The patch that adds a member at the end of an object that begins at `from` and has `members`. */
export function addedMember(text: string, members: readonly Member[], member: string, from = 0): Patch {
  const last = members.at(-1);
  const at = last?.end ?? skipSpace(text, from) + 1;
  return { start: at, end: at, text: last === undefined ? member : `,${member}` };
}

/** The patch that adds elements at the beginning of the array in `span`. */
export function addedElements(text: string, { start }: Span, elements: readonly string[]): Patch {
  const isEmpty = text[skipSpace(text, start + 1)] === "]";
  return { start: start + 1, end: start + 1, text: elements.join(",") + (isEmpty || elements.length === 0 ? "" : ",") };
}

/** The patches that remove members, each together with one of the commas beside it. */
export function removedMembers(members: readonly Member[], isRemoved: (name: string) => boolean): readonly Patch[] {
  const firstKept = members.findIndex(({ name }) => !isRemoved(name));
  return members.flatMap((member, index): readonly Patch[] => {
    if (!isRemoved(member.name)) return [];
    const isLeading = firstKept === -1 || index < firstKept;
    const [before, after] = [members[index - 1], members[index + 1]];
    return [{ start: isLeading ? member.start : before!.end, end: isLeading ? (after?.start ?? member.end) : member.end, text: "" }];
  });
}

export interface Scalar extends Span {
  readonly kind: "string" | "number" | "name";
  /**
   * Names of the members that lead to it, outermost first. Elements of arrays add none. Of a name: to its object. Its
   * list is the next visit's too.
   */
  readonly path: readonly string[];
}

/** Visits every string, number and member's name of a text, in order. */
export function visitScalars(text: string, visit: (scalar: Scalar) => void): void {
  visitValue(text, skipSpace(text, 0), [], visit);
}

/** The value of a member of the whole object, or, where that is a list, one of its elements. */
export interface Item extends Span {
  readonly member: string;
  readonly isElement: boolean;
}

interface InPieces {
  readonly visit: (scalar: Scalar) => void;
  /** Called when the scalars of an item have been visited. */
  readonly onItem?: (item: Item) => void;
  readonly pause: Pause;
}

/** The same of an object, with a pause after each item: a long conversation has thousands of turns. */
export async function visitScalarsInPieces(text: string, { visit, onItem, pause }: InPieces): Promise<void> {
  let at = skipSpace(text, skipSpace(text, 0) + 1);
  while (text.charCodeAt(at) !== CLOSE_OBJECT) {
    const name = { kind: "name", start: at, end: stringEnd(text, at), path: [] } as const;
    visit(name);
    const member = stringAt(text, name);
    const start = afterColon(text, name.end);
    const isElement = text.charCodeAt(start) === OPEN_LIST;
    const visitItem = async (from: number) => {
      const end = visitValue(text, from, [member], visit);
      onItem?.({ member, isElement, start: from, end });
      await pause();
      return end;
    };
    at = isElement ? skipSpace(text, start + 1) : await visitItem(start);
    if (isElement) {
      while (text.charCodeAt(at) !== CLOSE_LIST) at = nextItem(text, await visitItem(at));
      at++;
    }
    at = nextItem(text, at);
  }
}

/** Visits the value that begins at `at`. Returns where it ends. */
function visitValue(text: string, at: number, path: string[], visit: (scalar: Scalar) => void): number {
  const first = text.charCodeAt(at);
  if (first === OPEN_OBJECT) return visitObject(text, at, path, visit);
  if (first === OPEN_LIST) return visitList(text, at, path, visit);
  const end = first === QUOTE ? stringEnd(text, at) : literalEnd(text, at);
  if (first === QUOTE) visit({ kind: "string", start: at, end, path });
  else if (!literalNames.has(text[at]!)) visit({ kind: "number", start: at, end, path });
  return end;
}

/** How `true`, `false` and `null` begin. */
const literalNames: ReadonlySet<string> = new Set(["t", "f", "n"]);

function visitObject(text: string, from: number, path: string[], visit: (scalar: Scalar) => void): number {
  let at = skipSpace(text, from + 1);
  while (text.charCodeAt(at) !== CLOSE_OBJECT) {
    const name = { kind: "name", start: at, end: stringEnd(text, at), path } as const;
    visit(name);
    path.push(stringAt(text, name));
    at = nextItem(text, visitValue(text, afterColon(text, name.end), path, visit));
    path.pop();
  }
  return at + 1;
}

function visitList(text: string, from: number, path: string[], visit: (scalar: Scalar) => void): number {
  let at = skipSpace(text, from + 1);
  while (text.charCodeAt(at) !== CLOSE_LIST) at = nextItem(text, visitValue(text, at, path, visit));
  return at + 1;
}

/** The value of the string that stands there. */
export function stringAt(text: string, { start, end }: Span): string {
  const inner = text.slice(start + 1, end - 1);
  return inner.includes("\\") ? (JSON.parse(text.slice(start, end)) as string) : inner;
}

/** Where the value that begins at `at` ends. */
function valueEnd(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return stringEnd(text, at);
  if (first !== OPEN_OBJECT && first !== OPEN_LIST) return literalEnd(text, at);
  let depth = 0;
  for (let next = at; next < text.length; ) {
    const unit = text.charCodeAt(next);
    if (unit === OPEN_OBJECT || unit === OPEN_LIST) depth++;
    else if ((unit === CLOSE_OBJECT || unit === CLOSE_LIST) && --depth === 0) return next + 1;
    next = unit === QUOTE ? stringEnd(text, next) : next + 1;
  }
  return text.length;
}

function literalEnd(text: string, at: number): number {
  for (let end = at; end < text.length; end++) {
    const unit = text.charCodeAt(end);
    if (unit === COMMA || unit === CLOSE_OBJECT || unit === CLOSE_LIST || isSpace(unit)) return end;
  }
  return text.length;
}

/** After the closing quote of the string that begins at `at`. */
export function stringEnd(text: string, at: number): number {
  let end = text.indexOf('"', at + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
  return slashes % 2 === 1;
}

function isSpace(unit: number): boolean {
  return unit === BLANK || unit === LINE_FEED || unit === CARRIAGE_RETURN || unit === TAB;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** The start of the value after a name that ends at `nameEnd`. */
function afterColon(text: string, nameEnd: number): number {
  return skipSpace(text, skipSpace(text, nameEnd) + 1);
}

/** The start of the next member or element, or of the closing bracket. */
function nextItem(text: string, end: number): number {
  const at = skipSpace(text, end);
  return text.charCodeAt(at) === COMMA ? skipSpace(text, at + 1) : at;
}
