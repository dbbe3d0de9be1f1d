import type { ChatRequest, Json } from "../../../kernel/chat.ts";

/** Names, identifiers and words of the protocol: never personal data, and the request breaks where they change. */
const fixed: ReadonlySet<string> = new Set(["model", "role", "name", "id", "type", "toolCallId", "toolChoice", "version"]);

/** The request with every text that a provider would see changed by `change`. */
export function mapTexts(request: ChatRequest, change: (text: string) => string): ChatRequest {
  return mapped(request as unknown as Json, change) as unknown as ChatRequest;
}

/** Every text that a provider would see. */
export function textsOf(request: ChatRequest): readonly string[] {
  const texts: string[] = [];
  mapTexts(request, (text) => {
    texts.push(text);
    return text;
  });
  return texts;
}

/** Here every text is the caller's own, whatever its key is called. */
const free: ReadonlySet<string> = new Set(["variables", "hints"]);

function mapped(value: Json, change: (text: string) => string, isFree = false): Json {
  if (typeof value === "string") return change(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => mapped(item, change, isFree));
  const entries = Object.entries(value as Record<string, Json>);
  const isKept = (key: string, item: Json) => !isFree && typeof item === "string" && fixed.has(key);
  return Object.fromEntries(entries.map(([key, item]) => [key, isKept(key, item) ? item : mapped(item, change, isFree || free.has(key))]));
}
