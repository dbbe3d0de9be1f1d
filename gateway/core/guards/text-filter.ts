import type { ChatEvent } from "../../../kernel/chat.ts";
import { type Batches, transformEvents } from "../batches.ts";

/** Changes a text that comes in pieces, wherever it is cut: what may still become part of a match is held back. */
export interface TextFilter {
  push(text: string): string;
  /** What is still held back, at the end. */
  end(): string;
}

/**
 * Runs an answer's text, and each tool call's arguments, through a filter of its own. Held text is emitted before the
 * next event of another kind, and before an error, so that nothing is lost.
 */
export async function* filterAnswer(batches: Batches, filterOf: (isJson: boolean) => TextFilter): AsyncGenerator<readonly ChatEvent[]> {
  let text = filterOf(false);
  const calls = new Map<number, TextFilter>();
  const rest = (): ChatEvent[] => {
    const left: ChatEvent[] = [{ type: "text", text: text.end() }];
    for (const [index, filter] of calls) left.push({ type: "tool_arguments", index, text: filter.end() });
    text = filterOf(false);
    calls.clear();
    return left.filter((event) => "text" in event && event.text !== "");
  };
  const filterEvent = (event: ChatEvent, emit: (event: ChatEvent) => void) => {
    if (event.type === "text") {
      const changed = text.push(event.text);
      if (changed !== "") emit({ ...event, text: changed });
    } else if (event.type === "tool_arguments") {
      const filter = calls.get(event.index) ?? filterOf(true);
      calls.set(event.index, filter);
      const changed = filter.push(event.text);
      if (changed !== "") emit({ ...event, text: changed });
    } else {
      if (event.type !== "usage" && event.type !== "start" && event.type !== "reasoning") rest().forEach(emit);
      emit(event);
    }
  };
  try {
    yield* transformEvents(batches, filterEvent);
  } catch (error) {
    const left = rest();
    if (left.length > 0) yield left;
    throw error;
  }
}
