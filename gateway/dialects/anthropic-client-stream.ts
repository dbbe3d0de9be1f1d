import type { ChatEvent, Usage } from "../../kernel/chat.ts";
import { metadataField } from "./answer-metadata.ts";
import { stopReason, streamErrorBody, usageObject } from "./anthropic-client-codes.ts";
import { CallsInOrder } from "./calls-in-order.ts";

/**
 * A stream of events in Anthropic's format: `message_start`, blocks of content, each opened and closed, `message_delta`
 * with the stop reason and usage, and `message_stop`, which stands for `end` and nothing else. Input tokens are known
 * only at the end, so `message_start` reports 0. Where a provider reports no usage, content events are counted, as in
 * the gateway's own accounting.
 */
export class MessageStream {
  readonly #head: { readonly id: string; readonly model: string; readonly attempts?: () => string };
  readonly #order = new CallsInOrder();
  #started = false;
  /** The type of the open block, which is the last one; null where it has been closed. */
  #open: "text" | "call" | null = null;
  #blocks = 0;
  /** The block of each call. */
  readonly #calls = new Map<number, number>();
  #finishReason = "stop";
  #usage: Usage | null = null;
  #pieces = 0;

  constructor(head: { id: string; model: string; attempts?: () => string }) {
    this.#head = head;
  }

  encode(event: ChatEvent): string {
    let text = "";
    for (const one of this.#order.take(event)) text += this.#encode(one);
    return text;
  }

  #encode(event: ChatEvent): string {
    if (event.type === "text" || event.type === "tool_arguments") this.#pieces++;
    switch (event.type) {
      case "start":
        return textOf(this.#begin());
      case "text":
        return textOf([...this.#begin(), ...this.#text(event.text)]);
      case "tool_call":
        return textOf([...this.#begin(), ...this.#call(event)]);
      case "tool_arguments":
        return textOf([delta(this.#calls.get(event.index) ?? this.#blocks, { type: "input_json_delta", partial_json: event.text })]);
      case "finish":
        this.#finishReason = event.reason;
        return "";
      case "usage":
        this.#usage = event.usage;
        return "";
      case "error":
        return textOf([streamErrorBody(event.error)]);
      case "restart":
        return textOf([{ type: "restart", reason: event.reason }, ...this.#restartedBlocks()]);
      case "end":
        return textOf([...this.#begin(), ...this.#close(), ...this.#ending()]);
      case "embedding":
      case "reasoning":
        return "";
    }
  }

  #begin(): object[] {
    if (this.#started) return [];
    this.#started = true;
    const { id, model } = this.#head;
    const message = { id, type: "message", role: "assistant", model, content: [], stop_reason: null, stop_sequence: null, usage: usageObject(null) };
    return [{ type: "message_start", message }];
  }

  /** What came before is void: the message restarts with its first block. */
  #restartedBlocks(): object[] {
    this.#started = false;
    this.#open = null;
    this.#blocks = 0;
    return this.#begin();
  }

  #text(text: string): object[] {
    const opening = this.#open === "text" ? [] : this.#opened("text", { type: "text", text: "", citations: null });
    return [...opening, delta(this.#blocks, { type: "text_delta", text })];
  }

  #call({ index, id, name }: { index: number; id: string; name: string }): object[] {
    const opening = this.#opened("call", { type: "tool_use", id, name, input: {} });
    this.#calls.set(index, this.#blocks);
    return opening;
  }

  #opened(open: "text" | "call", block: object): object[] {
    const closing = this.#close();
    this.#open = open;
    return [...closing, { type: "content_block_start", index: this.#blocks, content_block: block }];
  }

  #close(): object[] {
    if (this.#open === null) return [];
    this.#open = null;
    return [{ type: "content_block_stop", index: this.#blocks++ }];
  }

  #ending(): object[] {
    const delta = { stop_reason: stopReason(this.#finishReason, this.#calls.size > 0), stop_sequence: null };
    const usage = usageObject(this.#usage ?? { inputTokens: 0, outputTokens: this.#pieces });
    return [{ type: "message_delta", delta, usage, ...metadataField(this.#head.attempts) }, { type: "message_stop" }];
  }
}

function delta(index: number, piece: object): object {
  return { type: "content_block_delta", index, delta: piece };
}

function textOf(events: readonly object[]): string {
  return events.map((event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}
