import type { GatewayDialect } from "../../../kernel/chat.ts";
import type { Headers, TransportFailure } from "../../../kernel/transport.ts";

/** What a scripted provider does, step by step, in bytes. `hang`: nothing more, until the caller leaves. */
export type Step = { readonly waitMs: number } | { readonly text: string } | { readonly fail: TransportFailure } | "hang";

export interface Script {
  /** Before the head of the answer. A `fail` or `hang` here means that there is no head. */
  readonly before: readonly Step[];
  readonly status: number;
  readonly headers: Headers;
  readonly body: readonly Step[];
}

const eventStream = { "content-type": "text/event-stream" };
const json = { "content-type": "application/json" };

const data = (value: object) => ({ text: `data: ${JSON.stringify(value)}\n\n` });
const named = (type: string, value: object) => ({ text: `event: ${type}\ndata: ${JSON.stringify({ type, ...value })}\n\n` });

/** Words of an answer: the spaces between lead the next word. */
export function wordsOf(answer: string): readonly string[] {
  return answer.split(" ").map((word, index) => (index === 0 ? word : ` ${word}`));
}

/** The events of a whole stream, one step each, without waits. */
export function streamSteps(dialect: GatewayDialect, model: string, answer: string): readonly { readonly text: string }[] {
  const words = wordsOf(answer);
  if (dialect === "openai") {
    const chunk = (delta: object, finish: string | null) => data({ id: "c1", model, choices: [{ index: 0, delta, finish_reason: finish }] });
    return [
      chunk({ role: "assistant", content: "" }, null),
      ...words.map((word) => chunk({ content: word }, null)),
      chunk({}, "stop"),
      data({ id: "c1", model, choices: [], usage: { prompt_tokens: 7, completion_tokens: words.length } }),
      { text: "data: [DONE]\n\n" },
    ];
  }
  if (dialect === "openai_compatible") {
    /** As self-hosted servers do: comments while they wait, no index, usage in the chunk with the finish reason. */
    const chunk = (delta: object, finish: string, rest: object = {}) => data({ model, choices: [{ delta, finish_reason: finish }], ...rest });
    return [
      { text: ": keep-alive\n\n" },
      chunk({ role: "assistant", content: null }, ""),
      ...words.map((word) => chunk({ content: word }, "")),
      chunk({ content: "" }, "eos_token", { usage: { prompt_tokens: 7, completion_tokens: words.length } }),
      { text: "data: [DONE]\n\n" },
    ];
  }
  if (dialect === "gemini") {
    /** Usage so far comes with every piece. */
    const used = (count: number) => ({ promptTokenCount: 7, candidatesTokenCount: count, totalTokenCount: 7 + count });
    const piece = (text: string, count: number, rest: object = {}) =>
      data({ responseId: "g1", modelVersion: model, candidates: [{ index: 0, content: { role: "model", parts: [{ text }] }, ...rest }], usageMetadata: used(count) });
    return [...words.map((word, index) => piece(word, index + 1)), piece("", words.length, { finishReason: "STOP" })];
  }
  return [
    named("message_start", { message: { id: "m1", model, usage: { input_tokens: 7, output_tokens: 1 } } }),
    named("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
    ...words.map((text) => named("content_block_delta", { index: 0, delta: { type: "text_delta", text } })),
    named("content_block_stop", { index: 0 }),
    named("message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: words.length } }),
    named("message_stop", {}),
  ];
}

/** A healthy stream: the first event after `firstMs`, the others `gapMs` apart. */
export function streamed(dialect: GatewayDialect, model: string, answer: string, { firstMs = 100, gapMs = 15 } = {}): Script {
  const steps = streamSteps(dialect, model, answer).flatMap((step, index): Step[] => [{ waitMs: index === 0 ? firstMs : gapMs }, step]);
  return { before: [], status: 200, headers: eventStream, body: steps };
}

/** A healthy JSON answer, whole after `afterMs`. */
export function whole(dialect: GatewayDialect, model: string, answer: string, { afterMs = 300 } = {}): Script {
  const outputTokens = wordsOf(answer).length;
  const body =
    dialect === "openai"
      ? {
          id: "c1",
          model,
          choices: [{ index: 0, message: { role: "assistant", content: answer }, finish_reason: "stop" }],
          usage: { prompt_tokens: 7, completion_tokens: outputTokens },
        }
      : {
          id: "m1",
          model,
          content: [{ type: "text", text: answer }],
          stop_reason: "end_turn",
          usage: { input_tokens: 7, output_tokens: outputTokens },
        };
  return { before: [{ waitMs: afterMs }], status: 200, headers: json, body: [{ text: JSON.stringify(body) }] };
}

/** A stream that sends only its first `events` events, and then this. */
export function cutAfter(script: Script, events: number, ...then: readonly Step[]): Script {
  let seen = 0;
  const upTo = script.body.findIndex((step) => typeof step === "object" && "text" in step && seen++ === events);
  return { ...script, body: [...script.body.slice(0, upTo === -1 ? script.body.length : upTo), ...then] };
}

/** An error in OpenAI's form, which both dialects read. */
export function refusal(status: number, code: string, headers: Headers = {}): Script {
  const body = { error: { message: `Refused: ${code}`, type: code, code } };
  return { before: [{ waitMs: 20 }], status, headers: { ...json, ...headers }, body: [{ text: JSON.stringify(body) }] };
}

/** Accepts the request and never answers. */
export const silent: Script = { before: ["hang"], status: 200, headers: {}, body: [] };

/** The connection fails before any byte of an answer. */
export function broken(fail: TransportFailure, afterMs = 5): Script {
  return { before: [{ waitMs: afterMs }, { fail }], status: 200, headers: {}, body: [] };
}
