import type { ChatRequest, RequestSource } from "../../kernel/chat.ts";
import type { RequestBody } from "../core/encoded-request.ts";
import { ownerIn } from "../core/state-owner.ts";
import { addedElements, addedMember, elementsOf, type Member, membersNamed, membersOf, type Patch, patchedBytes, removedMembers, type Span, stringAt, visitScalars } from "../core/json-text.ts";
import { markedString, patchedParts } from "../core/long-text.ts";

/** How a format names what the gateway may change in a request of its own format. */
export interface OwnWords {
  /** The id of a tool call as the provider accepts it: an earlier turn may be another provider's. */
  readonly callId: (id: string) => string;
  /** Where the turns are. */
  readonly list: "messages" | "input";
  /** Names of the maximum output, the one to add first. */
  readonly limits: readonly string[];
  /** Whether a stream reports usage only where it is asked to. */
  readonly asksForUsage: boolean;
  /** The turns of a message, and a tool, as JSON, of a registered prompt. */
  readonly message: (message: ChatRequest["messages"][number]) => readonly object[];
  readonly tool: (tool: NonNullable<ChatRequest["tools"]>[number]) => object;
}

/**
 * The body for a deployment of the request's own format: the client's own text, with nothing changed but the model, and
 * what the gateway was asked to change (the closed list is in docs/answers.md). Of a long request, in parts.
 */
export function ownBody(source: RequestSource, request: ChatRequest, model: string, words: OwnWords): RequestBody {
  const { text, long } = source;
  const members = source.members ?? membersOf(text);
  const limits = limitPatches(members, request, text, words);
  const changes = [
    ...membersNamed(members, "model").map(({ value }): Patch => ({ ...value, text: JSON.stringify(model) })),
    ...limits.replaced,
    ...messagePatches(source, members, words),
    ...toolPatches(source, members, words),
    ...removals(source, members, request),
    ...idPatches(source, members, request, words),
    ...statePatches(source, members),
    ...usagePatches(members, request, text, words),
  ];
  const added = [...limits.added, ...addedTools(source, members, words), ...addedUsage(members, request, words)];
  const patches = added.length === 0 ? changes : [...changes, addedMember(text, members, added.join(","))];
  return long === undefined ? patchedBytes(text, patches) : patchedParts(text, patches, long);
}

/** A registered prompt is not the provider's to know, nor a choice among tools where there are none. */
function removals({ rendered }: RequestSource, members: readonly Member[], { tools }: ChatRequest): readonly Patch[] {
  if (rendered === undefined) return [];
  const names = tools === undefined ? ["prompt", "tool_choice", "parallel_tool_calls"] : ["prompt"];
  return removedMembers(members, (name) => names.includes(name));
}

const idNames: ReadonlySet<string> = new Set(["id", "call_id", "tool_call_id", "tool_use_id"]);

function idPatches(source: RequestSource, members: readonly Member[], { messages }: ChatRequest, { callId, list }: OwnWords): readonly Patch[] {
  if (!messages.some(({ toolCalls, toolCallId }) => toolCalls !== undefined || toolCallId !== undefined)) return [];
  const foreign = new Set(messages.flatMap(({ toolCalls = [], toolCallId }) => [...toolCalls.map(({ id }) => id), toolCallId ?? ""]).filter((id) => callId(id) !== id));
  if (foreign.size === 0) return [];
  return membersNamed(members, list).flatMap(({ value }) => {
    const patches: Patch[] = [];
    visitScalars(source.text, ({ kind, start, end, path }) => {
      if (kind !== "string" || start < value.start || end > value.end || !idNames.has(path.at(-1)!) || path.includes("input", 1)) return;
      const id = stringIn(source, { start, end });
      if (foreign.has(id)) patches.push({ start, end, text: JSON.stringify(callId(id)) });
    });
    return patches;
  });
}

function stringIn({ text, long }: RequestSource, span: Span): string {
  const value = stringAt(text, span);
  return (long === undefined ? null : markedString(value, long))?.value ?? value;
}

/** The provider's own id of what it keeps. */
function statePatches(source: RequestSource, members: readonly Member[]): readonly Patch[] {
  const { state } = source;
  if (state === undefined) return [];
  return membersNamed(members, state.parameter).flatMap(({ value }): readonly Patch[] => {
    const id = source.text[value.start] === '"' ? ownerIn(stringIn(source, value))?.id : undefined;
    return id === undefined ? [] : [{ ...value, text: JSON.stringify(id) }];
  });
}

/** The gateway limits an answer where the client does not, or what is left of one that is continued. */
function limitPatches(members: readonly Member[], { maxTokens, embedding }: ChatRequest, text: string, { limits }: OwnWords) {
  const present = members.filter(({ name, value }) => limits.includes(name) && text.slice(value.start, value.end) !== "null");
  if (maxTokens === null || embedding !== undefined) return { replaced: [], added: [] };
  const replaced = present.filter(({ value }) => Number(text.slice(value.start, value.end)) > maxTokens).map(({ value }): Patch => ({ ...value, text: String(maxTokens) }));
  return { replaced, added: present.length === 0 ? [`"${limits[0]}":${maxTokens}`] : [] };
}

function messagePatches(source: RequestSource, members: readonly Member[], words: OwnWords): readonly Patch[] {
  const { text, rendered, continued } = source;
  if (rendered === undefined && continued === undefined) return [];
  const turns = membersNamed(members, words.list)[0];
  if (turns === undefined) return [];
  if (text[turns.value.start] !== "[") return asList(source, turns, words);
  const before = rendered === undefined || rendered.messages.length === 0 ? [] : [addedElements(text, turns.value, turnsOf(rendered.messages, words))];
  if (continued === undefined) return before;
  const last = elementsOf(text, turns.value.start).at(-1);
  const answer = JSON.stringify({ role: "assistant", content: continued.text });
  if (last === undefined) return [...before, { start: turns.value.end - 1, end: turns.value.end - 1, text: before.length === 0 ? answer : `,${answer}` }];
  if (!continued.replacesLast) return [...before, { start: last.end, end: last.end, text: `,${answer}` }];
  return [...before, ...membersNamed(membersOf(text, last.start), "content").map(({ value }): Patch => ({ ...value, text: JSON.stringify(continued.text) }))];
}

function turnsOf(messages: ChatRequest["messages"], { message }: OwnWords): readonly string[] {
  return messages.flatMap((one) => message(one)).map((turn) => JSON.stringify(turn));
}

/** One text stands for the user's turn. It becomes a list only where other turns stand beside it. */
function asList({ rendered, continued }: RequestSource, { value }: Member, words: OwnWords): readonly Patch[] {
  const before = turnsOf(rendered?.messages ?? [], words).map((turn) => `${turn},`).join("");
  const after = continued === undefined ? "" : `,${JSON.stringify({ role: "assistant", content: continued.text })}`;
  if (before === "" && after === "") return [];
  const { start, end } = value;
  return [{ start, end: start, text: `[${before}{"role":"user","content":` }, { start: end, end, text: `}${after}]` }];
}

function toolPatches({ text, rendered }: RequestSource, members: readonly Member[], { tool }: OwnWords): readonly Patch[] {
  const tools = membersNamed(members, "tools")[0];
  if (tools === undefined || rendered === undefined || rendered.tools.length === 0) return [];
  const objects = rendered.tools.map((one) => JSON.stringify(tool(one)));
  return text[tools.value.start] === "[" ? [addedElements(text, tools.value, objects)] : [{ ...tools.value, text: `[${objects.join(",")}]` }];
}

function addedTools({ rendered }: RequestSource, members: readonly Member[], { tool }: OwnWords): readonly string[] {
  const isNeeded = rendered !== undefined && rendered.tools.length > 0 && membersNamed(members, "tools").length === 0;
  return isNeeded ? [`"tools":${JSON.stringify(rendered.tools.map(tool))}`] : [];
}

const includeUsage = '"include_usage":true';

/** A stream always asks for usage: the gateway accounts for it. */
function usagePatches(members: readonly Member[], { stream }: ChatRequest, text: string, { asksForUsage }: OwnWords): readonly Patch[] {
  if (!stream || !asksForUsage) return [];
  return membersNamed(members, "stream_options").flatMap(({ value }): readonly Patch[] => {
    if (text[value.start] !== "{") return [{ ...value, text: `{${includeUsage}}` }];
    const options = membersOf(text, value.start);
    const asked = membersNamed(options, "include_usage");
    if (asked.length === 0) return [addedMember(text, options, includeUsage, value.start)];
    return asked.flatMap((member) => (text.slice(member.value.start, member.value.end) === "true" ? [] : [{ ...member.value, text: "true" }]));
  });
}

function addedUsage(members: readonly Member[], { stream }: ChatRequest, { asksForUsage }: OwnWords): readonly string[] {
  return stream && asksForUsage && membersNamed(members, "stream_options").length === 0 ? [`"stream_options":{${includeUsage}}`] : [];
}
