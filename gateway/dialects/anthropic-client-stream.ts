import type { ChatEvent, Usage, WirePiece } from "../../kernel/chat.ts";
import { isContent } from "../core/content.ts";
import { membersNamed, membersOf, patched } from "../core/json-text.ts";
import { singleEvents } from "../core/token-runs.ts";
import { answerMetadata, metadataField } from "./answer-metadata.ts";
import { stopReason, streamErrorBody, usageObject } from "./anthropic-client-codes.ts";
import { withCounts } from "./anthropic-counts.ts";
import { CallsInOrder } from "./calls-in-order.ts";
import { IntactPieces, sseText, withMetadata } from "./intact-pieces.ts";
import { asNumber, asObject, asString, parseObject } from "./json.ts";

/**
 * A stream of events in Anthropic's format: `message_start`, blocks of content, each opened and closed, `message_delta`
 * with the stop reason and usage, and `message_stop`, which stands for `end` and nothing else. Input tokens are known
 * only at the end, so `message_start` reports 0. Where a provider reports no usage, content events are counted, as in
 * the gateway's own accounting. Events of a provider of this format pass as they came, but for the message's id and,
 * where a block was written anew before them, the block's number.
 */
export class MessageStream {
  readonly #head: { readonly id: string; readonly model: string; readonly attempts?: () => string };
  readonly #order = new CallsInOrder();
  readonly #intact = new IntactPieces("anthropic");
  #started = false;
  /** The type of the open block, which is the last one; null where it has been closed. */
  #open: "text" | "call" | "other" | null = null;
  #blocks = 0;
  /** The block of each call. */
  readonly #calls = new Map<number, number>();
  /** The numbers of the provider's blocks here. */
  readonly #numbers = new Map<number, number>();
  /** The provider's own `message_delta` has passed. */
  #isEnding = false;
  /** Text that came within the provider's block of a call, and waits for its end. Null: no such block is open. */
  #textBehind: string | null = null;
  #finishReason = "stop";
  #usage: Usage | null = null;
  #pieces = 0;

  constructor(head: { id: string; model: string; attempts?: () => string }) {
    this.#head = head;
  }

  encode(event: ChatEvent): string {
    return singleEvents(event).map((single) => this.#single(single)).join("");
  }

  #single(event: ChatEvent): string {
    let text = "";
    for (const one of this.#intact.take(event)) {
      if ("piece" in one) text += this.#piece(one.piece, one.events);
      else for (const ordered of this.#order.take(one.event)) text += this.#encode(ordered);
    }
    return text;
  }

  /** An event as the provider wrote it. */
  #piece({ event, data }: WirePiece, events: readonly ChatEvent[]): string {
    const type = event === "message" ? (asString(parseObject(data)?.["type"]) ?? event) : event;
    if (events.some(isContent)) this.#pieces++;
    for (const one of events) this.#order.observe(one);
    switch (type) {
      case "message_start":
        if (this.#started) return "";
        this.#started = true;
        return sseText(withMessageId(withCounts(data, ["message"], { input_tokens: 0, output_tokens: 0 }), this.#head.id), type);
      case "content_block_start":
        return textOf([...this.#begin(), ...this.#close()]) + this.#blockStart(data, events);
      case "content_block_delta":
      case "content_block_stop":
        return this.#numbers.has(numberIn(data)) ? this.#blockRest(type, data) : events.map((one) => this.#encode(one)).join("");
      case "message_delta": {
        const before = textOf([...this.#begin(), ...this.#close()]);
        this.#isEnding = true;
        for (const one of events) if (one.type === "usage") this.#usage = one.usage;
        return before + sseText(withMetadata(withCounts(data, [], { output_tokens: this.#usage?.outputTokens ?? this.#pieces }), answerMetadata(this.#head.attempts)), type);
      }
      default:
        return sseText(data, type);
    }
  }

  #blockStart(data: string, events: readonly ChatEvent[]): string {
    const body = parseObject(data);
    const type = asString(asObject(body?.["content_block"])?.["type"]);
    this.#open = type === "text" ? "text" : type === "tool_use" ? "call" : "other";
    this.#textBehind = this.#open === "call" ? "" : null;
    this.#numbers.set(asNumber(body?.["index"]) ?? 0, this.#blocks);
    for (const event of events) if (event.type === "tool_call") this.#calls.set(event.index, this.#blocks);
    return sseText(withNumber(data, this.#blocks), "content_block_start");
  }

  /** A part of the open block, or its end. What belongs to a block that was closed before has nowhere to stand. */
  #blockRest(type: "content_block_delta" | "content_block_stop", data: string): string {
    const given = numberIn(data);
    const number = this.#numbers.get(given);
    if (number !== this.#blocks || this.#open === null) return "";
    const own = sseText(given === number ? data : withNumber(data, number), type);
    if (type === "content_block_delta") return own;
    this.#open = null;
    this.#blocks++;
    const text = this.#textBehind ?? "";
    this.#textBehind = null;
    return own + (text === "" ? "" : textOf(this.#text(text)));
  }

  #encode(event: ChatEvent): string {
    if (event.type === "text" || event.type === "tool_arguments") this.#pieces++;
    switch (event.type) {
      case "start":
        return textOf(this.#begin());
      case "text":
        if (this.#textBehind === null) return textOf([...this.#begin(), ...this.#text(event.text)]);
        this.#textBehind += event.text;
        return "";
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
      case "opaque":
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
    this.#numbers.clear();
    this.#isEnding = false;
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
    if (this.#isEnding) return [{ type: "message_stop" }];
    const delta = { stop_reason: stopReason(this.#finishReason, this.#calls.size > 0), stop_sequence: null };
    const usage = usageObject(this.#usage ?? { inputTokens: 0, outputTokens: this.#pieces });
    return [{ type: "message_delta", delta, usage, ...metadataField(this.#head.attempts) }, { type: "message_stop" }];
  }
}

function withMessageId(data: string, id: string): string {
  const message = membersNamed(membersOf(data), "message");
  return patched(data, message.flatMap(({ value }) => membersNamed(membersOf(data, value.start), "id").map((member) => ({ ...member.value, text: JSON.stringify(id) }))));
}

/** The block to which a part of one belongs. */
function numberIn(data: string): number {
  return Number(/"index": ?(\d+)/.exec(data)?.[1] ?? 0);
}

function withNumber(data: string, index: number): string {
  return patched(data, membersNamed(membersOf(data), "index").flatMap(({ value }) => (Number(data.slice(value.start, value.end)) === index ? [] : [{ ...value, text: String(index) }])));
}

function delta(index: number, piece: object): object {
  return { type: "content_block_delta", index, delta: piece };
}

function textOf(events: readonly object[]): string {
  return events.map((event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}
