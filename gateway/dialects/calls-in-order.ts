import type { ChatEvent } from "../../kernel/chat.ts";
import { ArgumentsText } from "./arguments-text.ts";

type CallEvent = Extract<ChatEvent, { type: "tool_call" | "tool_arguments" }>;

/**
 * Orders tool calls for formats that close one before the next begins. OpenAI's lets a provider interleave pieces of
 * several calls. Then a call is held back until the arguments of the one before are whole, or the calls end: one that
 * is closed too early would be run with half of its arguments.
 */
export class CallsInOrder {
  #open: { readonly index: number; readonly text: ArgumentsText } | null = null;
  #held: CallEvent[] = [];

  /** The events that can be emitted now, in order. */
  take(event: ChatEvent): readonly ChatEvent[] {
    if (event.type === "restart") this.#reset();
    if (event.type !== "tool_call" && event.type !== "tool_arguments") return this.#held.length === 0 || event.type === "usage" ? [event] : [...this.#releaseAll(), event];
    if (!this.#isNext(event)) {
      this.#held.push(event);
      return [];
    }
    this.#track(event);
    return this.#held.length === 0 || !this.#isWhole ? [event] : [event, ...this.#releaseNext()];
  }

  /** An event that the provider itself put in order, and that has been emitted as it came. */
  observe(event: ChatEvent): void {
    if (event.type === "tool_call" || (event.type === "tool_arguments" && event.index === this.#open?.index)) this.#track(event);
  }

  get #isWhole(): boolean {
    return this.#open === null || this.#open.text.isWhole;
  }

  #isNext({ type, index }: CallEvent): boolean {
    return index === this.#open?.index || (type === "tool_call" && this.#held.length === 0 && this.#isWhole);
  }

  #track(event: CallEvent): void {
    if (event.type === "tool_call") this.#open = { index: event.index, text: new ArgumentsText() };
    else this.#open!.text.append(event.text);
  }

  #releaseNext(): readonly ChatEvent[] {
    const held = this.#inOrder();
    return held.flatMap((event) => this.take(event));
  }

  /** All that is held: no more pieces of the calls before it will come. */
  #releaseAll(): readonly ChatEvent[] {
    const held = this.#inOrder();
    for (const event of held) this.#track(event);
    return held;
  }

  /** Each call followed by its own arguments. */
  #inOrder(): readonly CallEvent[] {
    const held = this.#held.toSorted((a, b) => a.index - b.index);
    this.#held = [];
    return held;
  }

  #reset(): void {
    this.#open = null;
    this.#held = [];
  }
}
