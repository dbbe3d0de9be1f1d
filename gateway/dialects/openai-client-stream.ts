import type { Around, ChatEvent, ProviderError, Usage, WirePiece } from "../../kernel/chat.ts";
import { isContent } from "../core/content.ts";
import { membersNamed, membersOf, patched } from "../core/json-text.ts";
import { singleEvents, tokensOf } from "../core/token-runs.ts";
import { answerMetadata, metadataField } from "./answer-metadata.ts";
import { type Encodable, IntactPieces, leadingId, oneLine, sseText, withId, withMetadata } from "./intact-pieces.ts";
import { usageObject } from "./openai-client-codes.ts";

export interface StreamHead {
  readonly id: string;
  readonly model: string;
  readonly createdS: number;
  readonly includeUsage: boolean;
  readonly attempts?: () => string;
}

const emptyContent = '"content":""';

/**
 * A stream of events in OpenAI's format. The first chunk has the role. `[DONE]` stands for `end` and nothing else, so a
 * client may rely on it. Usage is sent once, before it, as the provider last reported it: some report it with every
 * chunk, and clients add up what they receive. The finish reason comes with the end as well, because a provider may
 * send content after it. Chunks of a provider of this format pass as they came, but for their id.
 */
export class CompletionStream {
  readonly #head: StreamHead;
  readonly #pieces = new IntactPieces("openai");
  /** How a chunk of this answer begins, here and at its provider: nearly all begin with their id. */
  #lead: { readonly provider: string; readonly own: string } | null = null;
  #opened = false;
  #usage: Usage | null = null;
  /** The usage chunk, as the provider wrote it, or only its `usage`. */
  #usageChunk: string | null = null;
  #usageText: string | null = null;
  #finishReason: string | null = null;
  /** A chunk with a finish reason that has not been written yet. */
  #held: { readonly data: string; readonly events: readonly ChatEvent[] } | null = null;
  /** The JSON before and after the text in each chunk but the first. */
  #around: readonly string[] | null = null;

  constructor(head: StreamHead) {
    this.#head = head;
  }

  encode(event: ChatEvent): string {
    const token = event.type === "text" && this.#held === null ? this.#pieces.alone(event) : null;
    if (token !== null) return this.#token(token, event);
    let text = "";
    for (const one of this.#pieces.take(event)) text += this.#encodable(one);
    return text;
  }

  #encodable(one: Encodable): string {
    const held = this.#held === null ? "" : this.#release("event" in one ? [one.event] : one.events);
    if ("event" in one) return held + this.#encode(one.event);
    if (one.events.some(({ type }) => type === "finish")) {
      this.#held = { data: one.piece.data, events: one.events };
      return held;
    }
    return held + (one.piece.around === undefined ? this.#piece(one.piece.data, one.events) : this.#token(one.piece, one.events[0]!));
  }

  /**
   * The chunk with the finish reason, which waits for what comes next. Some servers send a reason with every chunk, and
   * clients stop at the first (HIllya51/LunaTranslator pull request 2273): where the answer goes on, the reason comes
   * with its end.
   */
  #release(next: readonly ChatEvent[]): string {
    const { data, events } = this.#held!;
    this.#held = null;
    const goesOn = next.some((event) => isContent(event) || event.type === "reasoning" || event.type === "error" || event.type === "restart");
    return goesOn ? events.map((event) => this.#encode(event)).join("") : this.#piece(data, events);
  }

  /** A chunk that is one text, or several. Searching it before it is joined to anything spares a copy of it. */
  #token({ data, around }: WirePiece, event: ChatEvent): string {
    const opening = this.#opening(data);
    return opening + (around === undefined ? `data: ${this.#withId(oneLine(data))}\n\n` : this.#tokens(around, event));
  }

  /**
   * The role, where the provider's first choice has none: SDKs break without one (lemonade-sdk/lemonade issue 350,
   * langwatch/langwatch issue 6196).
   */
  #opening(data: string): string {
    if (this.#opened || /"choices": ?\[\s*\]/.test(data)) return "";
    if (!/"role": ?"/.test(data)) return this.#choice({ content: "" }, null);
    this.#opened = true;
    return "";
  }

  /** Chunks that differ in their text only: their id is in what comes before it. */
  #tokens({ before, after }: Around, event: ChatEvent): string {
    if (!leadingId.test(before)) return singleEvents(event).map(({ wire }) => `data: ${this.#withId(wire!.data)}\n\n`).join("");
    const [begin, end] = [`data: ${this.#withId(before)}"`, `"${after}\n\n`];
    return begin + tokensOf(event).join(end + begin) + end;
  }

  /** A chunk as the provider wrote it. Its usage is held until the end. */
  #piece(data: string, events: readonly ChatEvent[]): string {
    const usage = events.find((event) => event.type === "usage");
    const isFinish = events.some(({ type }) => type === "finish");
    if (isFinish) this.#finishReason = null;
    const own = this.#withId(data);
    if (usage === undefined) return this.#opening(data) + sseText(isFinish ? withMetadata(own, answerMetadata(this.#head.attempts)) : own);
    this.#usage = usage.usage;
    this.#usageChunk = events.length === 1 ? own : null;
    if (this.#usageChunk !== null) return "";
    const opening = this.#opening(data);
    const [member] = membersNamed(membersOf(own), "usage");
    this.#usageText = member === undefined ? null : own.slice(member.value.start, member.value.end);
    const rest = member === undefined ? own : patched(own, [{ ...member.value, text: "null" }]);
    return opening + sseText(isFinish ? withMetadata(rest, answerMetadata(this.#head.attempts)) : rest);
  }

  #withId(data: string): string {
    if (this.#lead !== null && data.startsWith(this.#lead.provider)) return this.#lead.own + data.slice(this.#lead.provider.length);
    const own = withId(data, this.#head.id);
    const [provider] = leadingId.exec(data) ?? [];
    if (provider !== undefined) this.#lead = { provider, own: own.slice(0, own.length - data.length + provider.length) };
    return own;
  }

  #encode(event: ChatEvent): string {
    switch (event.type) {
      case "start":
        return this.#opened ? "" : this.#choice({ content: "" }, null);
      case "text":
        return tokensOf(event).map((token) => this.#text(token)).join("");
      case "tool_call":
        return this.#choice({ tool_calls: [{ index: event.index, id: event.id, type: "function", function: { name: event.name, arguments: "" } }] }, null);
      case "tool_arguments":
        return this.#choice({ tool_calls: [{ index: event.index, function: { arguments: event.text } }] }, null);
      case "embedding":
      case "reasoning":
      case "opaque":
        return "";
      case "finish":
        this.#finishReason = event.reason;
        return "";
      case "usage":
        this.#usage = event.usage;
        this.#usageChunk = null;
        this.#usageText = null;
        return "";
      case "error":
        return eventText(streamError(event.error));
      /** A named event, so that nobody takes it for content, and a chunk all the same, so that an SDK can parse it. */
      case "restart":
        this.#finishReason = null;
        return `event: restart\ndata: ${JSON.stringify({ ...this.#chunk([], null), restart: { reason: event.reason } })}\n\n`;
      case "end":
        return `${this.#ending()}data: [DONE]\n\n`;
    }
  }

  #ending(): string {
    const finish = this.#finishReason === null ? "" : this.#choice({}, this.#finishReason, metadataField(this.#head.attempts));
    if (!this.#head.includeUsage || this.#usage === null) return finish;
    if (this.#usageChunk !== null) return finish + sseText(this.#usageChunk);
    const chunk = JSON.stringify(this.#chunk([], usageObject(this.#usage)));
    const [member] = this.#usageText === null ? [] : membersNamed(membersOf(chunk), "usage");
    return finish + sseText(member === undefined ? chunk : patched(chunk, [{ ...member.value, text: this.#usageText! }]));
  }

  #text(text: string): string {
    if (!this.#opened) return this.#choice({ content: text }, null);
    this.#around ??= this.#choice({ content: "" }, null).split(emptyContent);
    return `${this.#around[0]}"content":${JSON.stringify(text)}${this.#around[1]}`;
  }

  #choice(delta: object, finishReason: string | null, extraFields: object = {}): string {
    const role = this.#opened ? {} : { role: "assistant" };
    this.#opened = true;
    return eventText({ ...this.#chunk([{ index: 0, delta: { ...role, ...delta }, logprobs: null, finish_reason: finishReason }], null), ...extraFields });
  }

  #chunk(choices: readonly object[], used: object | null) {
    const { id, createdS, model, includeUsage } = this.#head;
    return { id, object: "chat.completion.chunk", created: createdS, model, choices, ...(includeUsage && { usage: used }) };
  }
}

function eventText(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function streamError(error: ProviderError): object {
  return { error: { message: error.message, type: "upstream_error", param: null, code: error.code } };
}
