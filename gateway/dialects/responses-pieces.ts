import { addedMember, type Member, membersNamed, membersOf, type Patch, patched } from "../core/json-text.ts";
import { ownedId, ownerIn } from "../core/state-owner.ts";
import { asNumber, asObject, asString, parseObject } from "./json.ts";

/**
 * A response as its provider wrote it, whose ids name their owner: the client can refer to it later, and the request
 * goes to a deployment that has it. `metadata` is added.
 */
export function ownedResponse(data: string, owner: string | undefined, metadata: Readonly<Record<string, string>> = {}): string {
  return patched(data, responsePatches(data, membersOf(data), { owner, metadata, from: 0 }));
}

/** The same of an event that holds a response. */
export function ownedEvent(data: string, owner: string | undefined, metadata: Readonly<Record<string, string>> = {}): string {
  const response = membersNamed(membersOf(data), "response").filter(({ value }) => data[value.start] === "{");
  return patched(data, response.flatMap(({ value }) => responsePatches(data, membersOf(data, value.start), { owner, metadata, from: value.start })));
}

/**
 * The last event with the response's output in it: some servers leave it out, having sent its items before, in the
 * events `done`. SDKs break on that (openai/openai-python issue 3312).
 */
export function withOutput(data: string, done: readonly string[]): string {
  const [response] = membersNamed(membersOf(data), "response");
  if (response === undefined || data[response.value.start] !== "{") return data;
  const members = membersOf(data, response.value.start);
  const [output] = membersNamed(members, "output");
  if (output !== undefined && data[output.value.start] === "[") return data;
  const items = `[${done.flatMap((event) => membersNamed(membersOf(event), "item").map(({ value }) => event.slice(value.start, value.end))).join(",")}]`;
  return patched(data, [output === undefined ? addedMember(data, members, `"output":${items}`, response.value.start) : { ...output.value, text: items }]);
}

function responsePatches(data: string, members: readonly Member[], { owner, metadata, from }: { owner: string | undefined; metadata: Readonly<Record<string, string>>; from: number }): readonly Patch[] {
  const ids = owner === undefined ? [] : ["id", "previous_response_id"].flatMap((name) => membersNamed(members, name)).flatMap(({ value }) => ownedPatch(data, value, owner));
  return [...ids, ...metadataPatches(data, members, metadata, from)];
}

/** An id that has an owner keeps it: the answer may come from a gateway of the same kind. */
function ownedPatch(data: string, { start, end }: { start: number; end: number }, owner: string): readonly Patch[] {
  if (data[start] !== '"') return [];
  const id = JSON.parse(data.slice(start, end)) as string;
  return ownerIn(id)?.owner === owner ? [] : [{ start, end, text: JSON.stringify(ownedId(id, owner)) }];
}

function metadataPatches(data: string, members: readonly Member[], metadata: Readonly<Record<string, string>>, from: number): readonly Patch[] {
  const [own] = Object.entries(metadata).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  if (own === undefined) return [];
  const present = membersNamed(members, "metadata")[0];
  if (present === undefined) return [addedMember(data, members, `"metadata":{${own}}`, from)];
  if (data[present.value.start] !== "{") return [{ ...present.value, text: `{${own}}` }];
  return [addedMember(data, membersOf(data, present.value.start), own, present.value.start)];
}

/** An event under another number. */
export function numbered(data: string, number: number): string {
  return patched(data, membersNamed(membersOf(data), "sequence_number").flatMap(({ value }) => (Number(data.slice(value.start, value.end)) === number ? [] : [{ ...value, text: String(number) }])));
}

export function numberIn(data: string): number | null {
  return asNumber(parseObject(data)?.["sequence_number"]);
}

/** Where a piece of an item stands. */
export interface Place {
  readonly item_id: string;
  readonly output_index: number;
}

/** The item that an event announces, or whose part it opens. */
export function placeIn(data: string): Place & { readonly content_index: number; readonly isRefusal: boolean } {
  const body = parseObject(data);
  return {
    item_id: asString(body?.["item_id"]) ?? asString(asObject(body?.["item"])?.["id"]) ?? "",
    output_index: asNumber(body?.["output_index"]) ?? 0,
    content_index: asNumber(body?.["content_index"]) ?? 0,
    isRefusal: asObject(body?.["part"])?.["type"] === "refusal",
  };
}
