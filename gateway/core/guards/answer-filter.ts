import type { ChatEvent, WirePiece } from "../../../kernel/chat.ts";
import { type Batches, transformEvents } from "../batches.ts";
import { mapAnswerTexts } from "./source-texts.ts";
import type { TextFilter } from "./text-filter.ts";
import { Thoughts } from "./thoughts.ts";

/**
 * Runs an answer's text, its thinking and each tool call's arguments through filters of their own. Held text is emitted
 * before the next event of another kind, and before an error, so that nothing is lost. In what the provider says
 * besides, each string is filtered alone.
 */
export async function* filterAnswer(batches: Batches, filterOf: (isJson: boolean) => TextFilter): AsyncGenerator<readonly ChatEvent[]> {
  const filtering = new Filtering(filterOf);
  try {
    yield* transformEvents(batches, (event, emit) => filtering.take(event, emit));
  } catch (error) {
    const left = filtering.rest();
    if (left.length > 0) yield left;
    throw error;
  }
}

type Emit = (event: ChatEvent) => void;

class Filtering {
  readonly #filterOf: (isJson: boolean) => TextFilter;
  readonly #calls = new Map<number, TextFilter>();
  #text: TextFilter;
  readonly #thoughts: Thoughts;
  #piece: { readonly from: WirePiece; readonly to: WirePiece } | null = null;

  constructor(filterOf: (isJson: boolean) => TextFilter) {
    this.#filterOf = filterOf;
    this.#text = filterOf(false);
    this.#thoughts = new Thoughts(() => filterOf(false), (from, thought, changed) => this.#filteredData(from, (text) => (text === thought ? changed : null)));
  }

  /** What is still held back. */
  rest(): readonly ChatEvent[] {
    const thought = this.#thoughts.rest();
    const left: ChatEvent[] = [...(thought === null ? [] : [thought]), { type: "text", text: this.#text.end() }];
    for (const [index, filter] of this.#calls) left.push({ type: "tool_arguments", index, text: filter.end() });
    this.#text = this.#filterOf(false);
    this.#calls.clear();
    return left.filter((event) => "text" in event && event.text !== "");
  }

  take(event: ChatEvent, emit: Emit): void {
    if (event.wire?.event === "") return emit(this.#whole(event, event.wire));
    for (const next of this.#thoughts.take(event)) this.#takeOther(next, emit);
  }

  #takeOther(event: ChatEvent, emit: Emit): void {
    if (this.#thoughts.isDone(event)) return emit(event);
    switch (event.type) {
      case "text":
        return this.#changed(event, this.#text.push(event.text), emit);
      case "tool_arguments": {
        const filter = this.#calls.get(event.index) ?? this.#filterOf(true);
        this.#calls.set(event.index, filter);
        return this.#changed(event, filter.push(event.text), emit);
      }
      case "reasoning":
        return emit(this.#filtered(event));
      case "opaque":
        if (event.kind !== "aside") this.rest().forEach(emit);
        return emit(this.#filtered(event));
      default:
        if (event.type !== "usage" && event.type !== "start") this.rest().forEach(emit);
        emit(this.#filtered(event));
    }
  }

  /** A changed text is no longer what the provider's piece says. */
  #changed(event: Extract<ChatEvent, { type: "text" | "tool_arguments" }>, text: string, emit: Emit): void {
    if (text === event.text) return emit(event);
    const { wire: _, ...plain } = event;
    if (text !== "") emit({ ...plain, text });
  }

  #filtered(event: ChatEvent): ChatEvent {
    return event.wire === undefined ? event : { ...event, wire: this.#filteredPiece(event.wire) };
  }

  /** Of a whole answer every text is whole. */
  #whole(event: ChatEvent, wire: WirePiece): ChatEvent {
    const changed = { ...event, wire: this.#filteredPiece(wire) };
    if (event.type !== "text" && event.type !== "tool_arguments" && event.type !== "reasoning") return changed;
    return { ...changed, text: this.#alone(event.text, event.type === "tool_arguments") } as ChatEvent;
  }

  /** The same for all events of a piece, and the piece itself where nothing in it changes. */
  #filteredPiece(from: WirePiece): WirePiece {
    if (this.#piece?.from !== from) {
      const data = this.#filteredData(from, () => null);
      this.#piece = { from, to: data === from.data ? from : { ...from, data } };
    }
    return this.#piece.to;
  }

  /** `changed`: what a text has become already; null: it is filtered here. */
  #filteredData({ data }: WirePiece, changed: (text: string) => string | null): string {
    return mapAnswerTexts(data, (text, isJson) => changed(text) ?? this.#alone(text, isJson));
  }

  #alone(text: string, isJson: boolean): string {
    const filter = this.#filterOf(isJson);
    return filter.push(text) + filter.end();
  }
}
