import type { Around, ChatEvent, WirePiece } from "../../kernel/chat.ts";

/**
 * Tokens that came in one read, of pieces that differ in nothing else, are one event: what a token costs on its way is
 * then paid once for all of them. Whoever changes texts, or stops between two tokens, reads them one by one.
 */

/** How many tokens an event of content stands for. */
export function tokenCount(event: ChatEvent): number {
  return event.type === "text" && event.tokens !== undefined ? event.tokens.length : 1;
}

/** The texts of the tokens. */
export function tokensOf(event: ChatEvent): readonly string[] {
  return event.type === "text" ? (event.tokens ?? [event.text]) : [];
}

/** The event, or the events that it stands for, each with its own piece. */
export function singleEvents(event: ChatEvent): readonly ChatEvent[] {
  if (event.type !== "text" || event.tokens === undefined) return [event];
  const { tokens, wire } = event;
  if (wire?.around === undefined) return tokens.map((text) => ({ type: "text", text }));
  const { format, event: name, around } = wire;
  return tokens.map((text) => tokenEvent(text, { format, event: name, around }));
}

/** The event of one token, with its own piece. */
export function tokenEvent(text: string, { format, event, around: { before, after } }: Pick<WirePiece, "format" | "event"> & { readonly around: Around }): ChatEvent {
  return { type: "text", text, wire: { format, event, data: `${before}"${text}"${after}`, count: 1 } };
}
