import type { ChatEvent, ProviderError, ToolCall, Usage, WirePiece } from "../../kernel/chat.ts";
import { singleEvents } from "../core/token-runs.ts";
import { answerMetadata } from "./answer-metadata.ts";
import { CallsInOrder } from "./calls-in-order.ts";
import { IntactPieces, sseText } from "./intact-pieces.ts";
import { asObject, asString, parseObject } from "./json.ts";
import { numbered, numberIn, ownedEvent, type Place, placeIn, withOutput } from "./responses-pieces.ts";
import { callItem, type ItemStatus, messageItem, type ResponseHead, responseObject, type ResponseState, statusOf, textPart } from "./responses-object.ts";

/** An item of the output so far. */
type Item = ({ readonly kind: "message"; text: string } | { readonly kind: "call"; call: ToolCall }) & { readonly id: string; readonly place: number; status: ItemStatus };
type CallItem = Item & { readonly kind: "call" };

/**
 * A stream of events in the format of OpenAI's responses: numbered, each item announced, filled and closed, and the
 * whole response repeated at the end. `response.completed` and `response.incomplete` stand for `end` and nothing else.
 * Events of a provider of this format pass as they came, but for the ids of responses and, where an event was written
 * anew before them, their numbers.
 */
export class ResponseStream {
  readonly #head: ResponseHead;
  #number = 0;
  #items: Item[] = [];
  /** The items of calls, by the number of the call: an answer may have thousands. */
  readonly #calls = new Map<number, CallItem>();
  /** Number of closed items. The one after them is open. */
  #closed = 0;
  readonly #order = new CallsInOrder();
  #started = false;
  #finishReason = "stop";
  #usage: Usage | null = null;
  readonly #intact = new IntactPieces("openai_responses");
  /** The events are the provider's. */
  #isProviders = false;
  /** Its `response.created`. */
  #begunByProvider: string | null = null;
  /** Another event than the provider's has been written among them. */
  #isMixed = false;
  /** The provider's open part, and the item of each of its calls. */
  #place: ReturnType<typeof placeIn> | null = null;
  readonly #places = new Map<number, Place>();
  /** The events that end the provider's items. */
  readonly #done: string[] = [];

  constructor(head: ResponseHead) {
    this.#head = head;
  }

  encode(event: ChatEvent): string {
    return singleEvents(event).map((single) => this.#single(single)).join("");
  }

  #single(event: ChatEvent): string {
    let text = "";
    for (const one of this.#intact.take(event)) {
      if ("piece" in one) text += this.#piece(one.piece, one.events);
      else if (this.#isProviders) text += this.#among(one.event);
      else for (const ordered of this.#order.take(one.event)) text += this.#encode(ordered);
    }
    return text;
  }

  /** An event as the provider wrote it. */
  #piece({ event, data }: WirePiece, events: readonly ChatEvent[]): string {
    const type = event === "message" ? (asString(parseObject(data)?.["type"]) ?? event) : event;
    this.#isProviders = true;
    if (type === "response.output_item.added" || type === "response.content_part.added") this.#place = placeIn(data);
    for (const one of events) if (one.type === "tool_call") this.#places.set(one.index, placeIn(data));
    const isLast = events.some((one) => one.type === "end");
    if (type === "response.output_item.done") this.#done.push(data);
    const whole = isLast ? withOutput(data, this.#done) : data;
    const owned = type in lifecycle ? ownedEvent(whole, this.#head.stateOwner, isLast ? answerMetadata(this.#head.attempts) : {}) : whole;
    if (type === "response.created") this.#begunByProvider = owned;
    const numberedData = this.#isMixed ? numbered(owned, this.#number) : owned;
    this.#number = this.#isMixed ? this.#number + 1 : (numberIn(data) ?? this.#number) + 1;
    return sseText(numberedData, type);
  }

  /** What became of a piece of the provider's that was changed, among its other events. */
  #among(event: ChatEvent): string {
    const place = this.#place ?? { item_id: "", output_index: 0, content_index: 0, isRefusal: false };
    this.#isMixed = true;
    switch (event.type) {
      case "text": {
        const { isRefusal, ...part } = place;
        return this.#textOf([isRefusal ? { type: "response.refusal.delta", ...part, delta: event.text } : { type: "response.output_text.delta", ...part, delta: event.text, logprobs: [] }]);
      }
      case "tool_arguments":
        return this.#textOf([{ type: "response.function_call_arguments.delta", ...this.#placeOfCall(event.index), delta: event.text }]);
      case "error":
        return this.#encode(event);
      default:
        return "";
    }
  }

  #placeOfCall(index: number): Place {
    const { item_id, output_index } = this.#places.get(index) ?? { item_id: "", output_index: 0 };
    return { item_id, output_index };
  }

  #encode(event: ChatEvent): string {
    switch (event.type) {
      case "start":
        return this.#textOf(this.#begin());
      case "text":
        return this.#textOf([...this.#begin(), ...this.#text(event.text)]);
      case "tool_call":
        return this.#textOf([...this.#begin(), ...this.#call(event)]);
      case "tool_arguments":
        return this.#textOf(this.#arguments(event));
      case "finish":
        this.#finishReason = event.reason;
        return "";
      case "usage":
        this.#usage = event.usage;
        return "";
      case "error":
        return this.#textOf([...(this.#isProviders ? [] : this.#begin()), ...this.#failure(event.error)]);
      case "restart":
        return this.#textOf([{ type: "restart", reason: event.reason }, ...this.#restartedBlocks()]);
      case "end":
        return this.#textOf([...this.#begin(), ...this.#close(), ...this.#ending()]);
      case "embedding":
      case "reasoning":
      case "opaque":
        return "";
    }
  }

  #begin(): object[] {
    if (this.#started) return [];
    this.#started = true;
    const response = this.#response("in_progress");
    return [{ type: "response.created", response }, { type: "response.in_progress", response }];
  }

  /** What came before is void. */
  #restartedBlocks(): object[] {
    this.#started = false;
    this.#items = [];
    this.#calls.clear();
    this.#closed = 0;
    return this.#begin();
  }

  #text(text: string): object[] {
    const opening: object[] = [];
    let item = this.#items.at(-1);
    if (item?.kind !== "message" || this.#closed === this.#items.length) {
      item = { kind: "message", place: this.#items.length, id: `msg_${this.#head.id}${this.#items.length === 0 ? "" : `_${this.#items.length}`}`, text: "", status: "in_progress" };
      opening.push(...this.#open(item), { ...this.#placeOf(item), type: "response.content_part.added", content_index: 0, part: textPart("") });
    }
    item.text += text;
    return [...opening, { ...this.#placeOf(item), type: "response.output_text.delta", content_index: 0, delta: text, logprobs: [] }];
  }

  #call({ index, id, name }: { index: number; id: string; name: string }): object[] {
    const item: CallItem = { kind: "call", place: this.#items.length, id: `fc_${this.#head.id}_${index}`, call: { id, name, arguments: "" }, status: "in_progress" };
    this.#calls.set(index, item);
    return this.#open(item);
  }

  #arguments({ index, text }: { index: number; text: string }): object[] {
    const item = this.#calls.get(index);
    if (item === undefined) return [];
    item.call = { ...item.call, arguments: item.call.arguments + text };
    return [{ ...this.#placeOf(item), type: "response.function_call_arguments.delta", delta: text }];
  }

  #open(item: Item): object[] {
    const closing = this.#close();
    this.#items.push(item);
    return [...closing, { type: "response.output_item.added", output_index: this.#items.length - 1, item: itemObject(item) }];
  }

  #close(): object[] {
    const item = this.#items[this.#closed];
    if (item === undefined) return [];
    const place = this.#placeOf(item);
    item.status = statusOf(this.#finishReason);
    const done = { type: "response.output_item.done", output_index: this.#closed, item: itemObject(item) };
    this.#closed++;
    if (item.kind === "call") return [{ ...place, type: "response.function_call_arguments.done", name: item.call.name, arguments: item.call.arguments }, done];
    const { text } = item;
    return [
      { ...place, type: "response.output_text.done", content_index: 0, text, logprobs: [] },
      { ...place, type: "response.content_part.done", content_index: 0, part: textPart(text) },
      done,
    ];
  }

  #ending(): object[] {
    const status = statusOf(this.#finishReason);
    return [{ type: `response.${status}`, response: this.#response(status) }];
  }

  /**
   * An error in both forms: SDKs throw at `error`, and Codex reads only how the response itself ended
   * (zyycn/codex-proxy-rs pull request 90).
   */
  #failure({ code, message }: ProviderError): object[] {
    const error = { code, message };
    for (const item of this.#items.slice(this.#closed)) item.status = "incomplete";
    const begun = this.#begunByProvider === null ? null : asObject(parseObject(this.#begunByProvider)?.["response"]);
    const response = begun === null ? this.#response("failed", error) : { ...begun, status: "failed", error };
    return [{ type: "error", ...error, param: null }, { type: "response.failed", response }];
  }

  #placeOf({ id, place }: Item): object {
    return { item_id: id, output_index: place };
  }

  #response(status: ResponseState["status"], error: ResponseState["error"] = null): object {
    return responseObject(this.#head, { status, output: this.#items.map(itemObject), usage: this.#usage, finishReason: this.#finishReason, error });
  }

  #textOf(events: readonly object[]): string {
    return events.map((event) => this.#line(event as { type: string })).join("");
  }

  #line({ type, ...rest }: { type: string }): string {
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.#number++, ...rest })}\n\n`;
  }
}

/** Events that hold the response. */
const lifecycle: Readonly<Record<string, true>> = { "response.created": true, "response.in_progress": true, "response.queued": true, "response.completed": true, "response.incomplete": true };

function itemObject(item: Item): object {
  const { id, status } = item;
  return item.kind === "call" ? callItem(id, item.call, status) : messageItem(id, status === "in_progress" ? null : item.text, status);
}
