import type { ChatEvent, FinishReason, ToolCall, Usage, WirePiece } from "../../kernel/chat.ts";

/** A whole answer, collected from its events. */
export interface Collected {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly embeddings: readonly (readonly number[])[];
  readonly finishReason: FinishReason;
  readonly usage: Usage | null;
  /** The whole of it as its provider wrote it; null: it was changed, or came in pieces. */
  readonly wire: WirePiece | null;
}

/** A tool call without arguments gets an empty object, because clients parse its arguments. */
export function collected(events: readonly ChatEvent[]): Collected {
  let text = "";
  let finishReason: FinishReason = "stop";
  let usage: Usage | null = null;
  const calls: { id: string; name: string; arguments: string }[] = [];
  const embeddings: (readonly number[])[] = [];
  for (const event of events) {
    if (event.type === "text") text += event.text;
    if (event.type === "tool_call") calls[event.index] = { id: event.id, name: event.name, arguments: "" };
    if (event.type === "tool_arguments") calls[event.index]!.arguments += event.text;
    if (event.type === "embedding") embeddings[event.index] = event.vector;
    if (event.type === "finish") finishReason = event.reason;
    if (event.type === "usage") usage = event.usage;
  }
  const toolCalls = calls.map((call) => ({ ...call, arguments: call.arguments || "{}" }));
  return { text, toolCalls, embeddings, finishReason, usage, wire: wholeIn(events) };
}

/** The body that all events but the end stand for. */
function wholeIn(events: readonly ChatEvent[]): WirePiece | null {
  const wire = events[0]?.wire;
  if (wire?.event !== "") return null;
  let count = 0;
  for (const event of events) {
    if (event.type === "end") continue;
    if (event.wire !== wire) return null;
    count++;
  }
  return count === wire.count ? wire : null;
}
