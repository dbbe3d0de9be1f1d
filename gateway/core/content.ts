import type { ChatEvent } from "../../kernel/chat.ts";

/** Whether an event is content: the first of these is an answer's commit point, and each counts as a token. */
export function isContent(event: ChatEvent): boolean {
  switch (event.type) {
    case "text":
    case "tool_arguments":
      return event.text !== "";
    case "tool_call":
    case "embedding":
      return true;
    default:
      return false;
  }
}
