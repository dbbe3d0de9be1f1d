import type { ChatEvent } from "../../kernel/chat.ts";
import { parseObject } from "./json.ts";

type CallEvent = Extract<ChatEvent, { type: "tool_call" | "tool_arguments" }>;

/**
 * Calls one after the other, for formats that close one before the next begins. OpenAI's lets a provider send pieces of several in turn; then a call is
 * held back until the arguments of the one before are whole, or the calls are over: one that is closed too early would be run with half of its arguments.
 */
export class CallsInOrder {
  #open: { readonly index: number; text: string } | null = null;
  #held: CallEvent[] = [];

  /** What goes on now, in the order in which it does. */
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

  get #isWhole(): boolean {
    return this.#open === null || parseObject(this.#open.text) !== null;
  }

  #isNext({ type, index }: CallEvent): boolean {
    return index === this.#open?.index || (type === "tool_call" && this.#held.length === 0 && this.#isWhole);
  }

  #track(event: CallEvent): void {
    if (event.type === "tool_call") this.#open = { index: event.index, text: "" };
    else this.#open!.text += event.text;
  }

  #releaseNext(): readonly ChatEvent[] {
    const held = this.#inOrder();
    return held.flatMap((event) => this.take(event));
  }

  /** All that is held: nothing more comes of the calls before it. */
  #releaseAll(): readonly ChatEvent[] {
    const held = this.#inOrder();
    for (const event of held) this.#track(event);
    return held;
  }

  /** Each call with its own arguments behind it. */
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
