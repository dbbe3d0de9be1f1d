import type { ChatMessage, ChatRequest, Json, JsonObject } from "../../../kernel/chat.ts";
import { isExactNumber } from "../exact-json.ts";
import type { Pause } from "../pause.ts";
import { isLongSource, mapLongSource, mapSource, textsOfSource } from "./source-texts.ts";

/** Names, identifiers and protocol constants: never personal data, and changing them breaks the request. */
const fixed: ReadonlySet<string> = new Set(["model", "role", "name", "id", "type", "toolCallId", "toolChoice", "version", "data", "mediaType", "kind", "detail"]);

/** `isJson`: the text is the arguments of a call, which the model wrote. */
type Change = (text: string, isJson: boolean) => string;

/** The request with every text that a provider would see replaced by `change`, in its own words too. */
export async function mapTexts({ source, messages, ...request }: ChatRequest, change: Change, pause: Pause): Promise<ChatRequest> {
  const own = source === undefined ? {} : { source: isLongSource(source) ? await mapLongSource(source, change, pause) : mapSource(source, change) };
  const mappedMessages: ChatMessage[] = [];
  for (const message of messages) {
    mappedMessages.push(mapped(message as unknown as Json, change) as unknown as ChatMessage);
    await pause();
  }
  return { ...(mapped(request as unknown as Json, change) as unknown as ChatRequest), messages: mappedMessages, ...own };
}

/** Every text that a provider would see. What the request says in its own words is all of it. */
export function textsOf({ source, ...request }: ChatRequest): readonly string[] {
  if (source !== undefined) return textsOfSource(source);
  const texts: string[] = [];
  collectTexts(request as unknown as Json, texts, false);
  return texts;
}

/** All texts in here are the caller's own, whatever their keys. */
const free: ReadonlySet<string> = new Set(["variables", "hints"]);

function isText(name: string, item: Json | undefined, isFree: boolean): boolean {
  return isFree || typeof item !== "string" || !fixed.has(name);
}

function collectTexts(value: Json, texts: string[], isFree: boolean): void {
  if (typeof value === "string") texts.push(value);
  else if (Array.isArray(value)) for (const item of value as readonly Json[]) collectTexts(item, texts, isFree);
  else if (typeof value === "object" && value !== null && !isExactNumber(value)) {
    for (const name of Object.keys(value)) {
      const item = (value as JsonObject)[name];
      if (item !== undefined && isText(name, item, isFree)) collectTexts(item, texts, isFree || free.has(name));
    }
  }
}

function mapped(value: Json, change: Change, isFree = false, isJson = false): Json {
  if (typeof value === "string") return change(value, isJson);
  if (typeof value !== "object" || value === null || isExactNumber(value)) return value;
  if (Array.isArray(value)) return value.map((item: Json) => mapped(item, change, isFree));
  const entries = Object.entries(value as Record<string, Json>);
  const mappedItem = (name: string, item: Json) => mapped(item, change, isFree || free.has(name), !isFree && name === "arguments");
  return Object.fromEntries(entries.map(([name, item]) => [name, isText(name, item, isFree) ? mappedItem(name, item) : item]));
}
