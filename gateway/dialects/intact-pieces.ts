import type { ChatEvent, WireFormat, WirePiece } from "../../kernel/chat.ts";
import { addedMember, membersNamed, membersOf, patched } from "../core/json-text.ts";

/** What a client's encoder writes next: a piece as its provider wrote it, or an event in the gateway's words. */
export type Encodable = { readonly piece: WirePiece; readonly events: readonly ChatEvent[] } | { readonly event: ChatEvent };

/**
 * Finds the pieces of a stream that nobody changed on the way: all events that they became are there, in one run. Of
 * another piece, and of another format, the events are written one by one.
 */
export class IntactPieces {
  readonly #format: WireFormat;
  #held: ChatEvent[] = [];

  constructor(format: WireFormat) {
    this.#format = format;
  }

  /**
   * The piece of an event that is all of it, where none is held: the token of a stream. Null: `take` finds what to
   * write.
   */
  alone({ wire }: ChatEvent): WirePiece | null {
    return wire?.format === this.#format && wire.count === 1 && wire.event !== "" && this.#held.length === 0 ? wire : null;
  }

  take(event: ChatEvent): readonly Encodable[] {
    const { wire } = event;
    const broken = this.#held.length > 0 && this.#held[0]!.wire !== wire ? this.#release() : [];
    if (wire?.format !== this.#format || wire.event === "") return [...broken, { event }];
    this.#held.push(event);
    if (this.#held.length < wire.count) return broken;
    const events = this.#held;
    this.#held = [];
    return [...broken, { piece: wire, events }];
  }

  #release(): readonly Encodable[] {
    const events = this.#held;
    this.#held = [];
    return events.map((event) => ({ event }));
  }
}

/**
 * One event of a stream. JSON that was written over several lines becomes one line: many clients parse each `data` line
 * by itself. Between the tokens of JSON a line break is white space, and within its strings there is none.
 */
export function sseText(data: string, event: string | null = null): string {
  const line = oneLine(data);
  return event === null ? `data: ${line}\n\n` : `event: ${event}\ndata: ${line}\n\n`;
}

/** JSON without line breaks. */
export function oneLine(data: string): string {
  return data.includes("\n") ? data.replaceAll("\n", " ") : data;
}

/** An id that begins the object, as nearly all providers write it. */
export const leadingId = /^\{"id": ?"[^"\\]*"/;

/** The answer, or its chunk, under the gateway's id. */
export function withId(data: string, id: string): string {
  if (leadingId.test(data)) return data.replace(leadingId, () => `{"id":${JSON.stringify(id)}`);
  const members = membersOf(data);
  const ids = membersNamed(members, "id");
  if (ids.length === 0) return patched(data, [addedMember(data, members, `"id":${JSON.stringify(id)}`)]);
  return patched(data, ids.map(({ value }) => ({ ...value, text: JSON.stringify(id) })));
}

/** The answer with the gateway's own metadata beside the provider's. */
export function withMetadata(data: string, metadata: Readonly<Record<string, string>>): string {
  const [own] = Object.entries(metadata).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  if (own === undefined) return data;
  const end = data.includes("metadata") || data.includes("\\u") ? null : endOfMembers(data);
  if (end !== null) return `${data.slice(0, end)},"metadata":{${own}}${data.slice(end)}`;
  const members = membersOf(data);
  const present = membersNamed(members, "metadata")[0];
  if (present === undefined) return patched(data, [addedMember(data, members, `"metadata":{${own}}`)]);
  if (data[present.value.start] !== "{") return patched(data, [{ ...present.value, text: `{${own}}` }]);
  return patched(data, [addedMember(data, membersOf(data, present.value.start), own, present.value.start)]);
}

/** Where the last member of an object ends, without a look at the others; null: it has none. */
function endOfMembers(data: string): number | null {
  let end = data.lastIndexOf("}");
  while (end > 0 && data.charCodeAt(end - 1) <= BLANK) end--;
  return data[end - 1] === "{" ? null : end;
}

/** White space of JSON has no higher code. */
const BLANK = 0x20;
