import type { ChatMessage } from "../../kernel/chat.ts";

/**
 * The text of a tool's result for formats that have no word for a failed one: it says so itself. OpenAI's guide asks
 * for an error's description as the result.
 */
export function resultText(content: string, isError = false): string {
  if (!isError || /^\W*error/i.test(content)) return content;
  return content === "" ? "Error" : `Error: ${content}`;
}

/** What a format lacks that has text alone for the results of tools. */
export function lackingOfResults(messages: readonly ChatMessage[]): readonly [name: string, isAsked: boolean] {
  return ["messages[].content[] (image in a tool's result)", messages.some(({ role, parts }) => role === "tool" && parts?.some(({ type }) => type === "image") === true)];
}
