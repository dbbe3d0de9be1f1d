import { expect, test } from "vitest";
import type { ChatEvent, ChatRequest } from "../../kernel/chat.ts";
import { bodyOf, TransportError, type Headers } from "../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { eventsOf } from "../core/batches.ts";
import type { DeploymentConfig } from "../core/config.ts";
import { MalformedAnswer, UnfinishedAnswer, type UpstreamDialect } from "../core/contracts.ts";
import { anthropicUpstream } from "./anthropic-upstream.ts";
import { openaiCompatibleUpstream, openaiUpstream } from "./openai-upstream.ts";

const request: ChatRequest = {
  model: "route",
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hé?" },
  ],
  stream: true,
  maxTokens: null,
  temperature: 1.5,
  includeUsage: false,
};

const deployment = (dialect: DeploymentConfig["dialect"]): DeploymentConfig => ({
  name: "d",
  dialect,
  model: "m-1",
  baseUrl: "http://127.0.0.1:1/v1",
  credential: "env:KEY",
});

interface Answer {
  readonly dialect: UpstreamDialect;
  readonly stream: boolean;
  readonly text: string;
  readonly type?: string;
}

async function answerOf({ dialect, stream, text, type = stream ? "text/event-stream; charset=utf-8" : "application/json" }: Answer): Promise<readonly ChatEvent[]> {
  const headers: Headers = type === "" ? {} : { "content-type": type };
  return eventsOf(dialect.decodeAnswer({ status: 200, headers, body: bodyOf(utf8Bytes(text)) }, stream));
}

const sse = (...events: readonly (object | string)[]) =>
  events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`).join("");
const chunk = (delta: object, finish_reason: string | null = null) => ({ id: "c1", model: "m-1", choices: [{ index: 0, delta, finish_reason }], usage: null });
const named = (...events: readonly { type: string }[]) => events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
const failure = (code: string, message: string): ChatEvent => ({ type: "error", error: { status: null, code, message, retryAfterMs: null } });

const whole: readonly ChatEvent[] = [
  { type: "start", id: "c1", model: "m-1" },
  { type: "text", text: "Hé" },
  { type: "text", text: "llo" },
  { type: "finish", reason: "length" },
  { type: "usage", usage: { inputTokens: 7, outputTokens: 2 } },
  { type: "end" },
];
const wholeAtOnce = [whole[0], { type: "text", text: "Héllo" }, ...whole.slice(3)];

test("openaiUpstream.encodeRequest: the deployment's model, usage asked for, own headers over forwarded ones", () => {
  const forwarded = { "x-client-request-id": "r1", traceparent: "00-a-b-01", authorization: "stolen" };
  const sent = openaiUpstream.encodeRequest(request, deployment("openai"), "secret", forwarded);
  expect(sent).toMatchObject({ method: "POST", url: "http://127.0.0.1:1/v1/chat/completions" });
  expect(sent.headers).toEqual({
    "x-client-request-id": "r1",
    traceparent: "00-a-b-01",
    authorization: "Bearer secret",
    "content-type": "application/json",
    accept: "text/event-stream",
  });
  expect(JSON.parse(utf8Text(sent.body))).toEqual({ model: "m-1", messages: request.messages, stream: true, stream_options: { include_usage: true }, temperature: 1.5 });
});

test("anthropicUpstream.encodeRequest: system hoisted, max_tokens always there, temperature ends at 1", () => {
  const sent = anthropicUpstream.encodeRequest(request, deployment("anthropic"), "secret", { "x-client-request-id": "r1" });
  expect(sent.url).toBe("http://127.0.0.1:1/v1/messages");
  expect(sent.headers).toMatchObject({ "x-api-key": "secret", "anthropic-version": "2023-06-01", "x-client-request-id": "r1" });
  expect(JSON.parse(utf8Text(sent.body))).toEqual({
    model: "m-1",
    max_tokens: 32_000,
    system: "Be brief.",
    messages: [{ role: "user", content: "Hé?" }],
    stream: true,
    temperature: 1,
  });
});

test("openaiUpstream.decodeAnswer: a stream; the role chunk is not content", async () => {
  const usage = { id: "c1", choices: [], usage: { prompt_tokens: 7, completion_tokens: 2 } };
  const text = sse(chunk({ role: "assistant", content: "" }), chunk({ content: "Hé" }), chunk({ content: "llo" }), chunk({}, "length"), usage, "[DONE]");
  expect(await answerOf({ dialect: openaiUpstream, stream: true, text })).toEqual(whole);
});

test("openaiUpstream.decodeAnswer: without [DONE] there is no end", async () => {
  const text = sse(chunk({ content: "Hé" }), chunk({}, "stop"));
  expect((await answerOf({ dialect: openaiUpstream, stream: true, text })).at(-1)).toEqual({ type: "finish", reason: "stop" });
});

test("openaiUpstream.decodeAnswer: of several choices only the first by number is the answer, in whatever order they come", async () => {
  const choice = (index: number, rest: object) => ({ index, finish_reason: null, ...rest });
  const two = (first: object, second: object) => ({ id: "c1", model: "m-1", choices: [first, second] });
  const text = sse(
    two(choice(1, { delta: { role: "assistant", content: "No" } }), choice(0, { delta: { role: "assistant", content: "Hé" } })),
    { id: "c1", model: "m-1", choices: [choice(1, { delta: { content: "body" } })] },
    two(choice(0, { delta: { content: "llo" }, finish_reason: "length" }), choice(1, { delta: {}, finish_reason: "stop" })),
    "[DONE]",
  );
  expect(await answerOf({ dialect: openaiUpstream, stream: true, text })).toEqual(whole.filter(({ type }) => type !== "usage"));
  const message = (content: string) => ({ message: { role: "assistant", content } });
  const json = JSON.stringify({ ...two(choice(1, { ...message("Nobody"), finish_reason: "stop" }), choice(0, { ...message("Héllo"), finish_reason: "length" })) });
  expect(await answerOf({ dialect: openaiUpstream, stream: false, text: json })).toContainEqual({ type: "text", text: "Héllo" });
});

test("openaiUpstream.decodeAnswer: done without a reason, a chunk is missing", async () => {
  const text = sse(chunk({ content: "x" }), "[DONE]");
  await expect(answerOf({ dialect: openaiUpstream, stream: true, text })).rejects.toMatchObject({ path: "choices[0].finish_reason" });
  await expect(answerOf({ dialect: openaiCompatibleUpstream, stream: true, text })).rejects.toThrow(UnfinishedAnswer);
});

test("openaiUpstream.decodeAnswer: an error inside a stream, first or later, ends it", async () => {
  const error = { error: { message: "Overloaded", type: "server_error", code: null } };
  expect(await answerOf({ dialect: openaiUpstream, stream: true, text: sse(error, "[DONE]") })).toEqual([failure("server_error", "Overloaded")]);
  expect((await answerOf({ dialect: openaiUpstream, stream: true, text: sse(chunk({ content: "x" }), error, "[DONE]") })).at(-1)).toEqual(failure("server_error", "Overloaded"));
});

test("openaiUpstream.decodeAnswer: a JSON answer gives the same events at once", async () => {
  const body = { id: "c1", model: "m-1", choices: [{ message: { role: "assistant", content: "Héllo" }, finish_reason: "length" }], usage: { prompt_tokens: 7, completion_tokens: 2 } };
  expect(await answerOf({ dialect: openaiUpstream, stream: false, text: JSON.stringify(body) })).toEqual(wholeAtOnce);
});

test("openaiUpstream.decodeAnswer: an error with status 200 is an error", async () => {
  const text = JSON.stringify({ error: { message: "no", code: 502 } });
  for (const stream of [true, false]) expect(await answerOf({ dialect: openaiUpstream, stream, text, type: "application/json" })).toEqual([failure("502", "no")]);
});

const malformedOpenai: readonly (Omit<Answer, "dialect"> & { readonly what: string })[] = [
  { what: "HTML for JSON", stream: false, text: "<html></html>", type: "text/html" },
  { what: "HTML for a stream", stream: true, text: "<html></html>", type: "text/html" },
  { what: "HTML that says nothing", stream: false, text: "<html></html>", type: "" },
  { what: "broken JSON", stream: false, text: '{"choices":[' },
  { what: "empty body", stream: false, text: "" },
  { what: "a JSON array", stream: false, text: "[]" },
  { what: "no choices", stream: false, text: '{"id":"x"}' },
  { what: "empty choices", stream: false, text: '{"id":"x","choices":[]}' },
  { what: "no message", stream: false, text: '{"choices":[{"finish_reason":"stop"}]}' },
  { what: "broken chunk", stream: true, text: "data: {oops\n\n" },
  { what: "done without a choice", stream: true, text: sse("[DONE]") },
  { what: "JSON for a stream", stream: true, text: '{"choices":[]}', type: "application/json" },
];

test.each(malformedOpenai)("openaiUpstream.decodeAnswer: $what is malformed", async (answer) => {
  await expect(answerOf({ dialect: openaiUpstream, ...answer })).rejects.toThrow(MalformedAnswer);
});

const opening = { type: "message_start", message: { id: "c1", model: "m-1", usage: { input_tokens: 4, cache_read_input_tokens: 3, output_tokens: 1 } } };
const delta = (text: string) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } });
const closing = { type: "message_delta", delta: { stop_reason: "max_tokens" }, usage: { output_tokens: 2 } };

test("anthropicUpstream.decodeAnswer: a stream; pings, block edges, unknown events are skipped; thinking is no content", async () => {
  const thinking = { type: "content_block_delta", delta: { type: "thinking_delta", thinking: "hm" } };
  const text = named(opening, { type: "ping" }, { type: "content_block_start" }, thinking, delta("Hé"), { type: "novelty" }, delta("llo"), closing, { type: "message_stop" });
  const usage = { type: "usage", usage: { inputTokens: 7, outputTokens: 2, cachedInputTokens: 3 } };
  expect(await answerOf({ dialect: anthropicUpstream, stream: true, text })).toEqual([{ ...whole[0], input: { inputTokens: 7, cachedInputTokens: 3 } }, { type: "reasoning", text: "hm" }, ...whole.slice(1).map((event) => (event.type === "usage" ? usage : event))]);
});

test("anthropicUpstream.decodeAnswer: without message_stop there is no end", async () => {
  const events = await answerOf({ dialect: anthropicUpstream, stream: true, text: named(opening, delta("x"), closing) });
  expect(events.map((event) => event.type)).toEqual(["start", "text", "finish", "usage"]);
});

test("anthropicUpstream.decodeAnswer: stopped without a reason, an event is missing", async () => {
  await expect(answerOf({ dialect: anthropicUpstream, stream: true, text: named(opening, delta("x"), { type: "message_stop" }) })).rejects.toMatchObject({ path: "delta.stop_reason" });
});

test("anthropicUpstream.decodeAnswer: input tokens count where they are reported, at the start or at the end, and once", async () => {
  const saying = (start: object, end: object) => named({ ...opening, message: { ...opening.message, usage: start } } as { type: string }, delta("x"), { ...closing, usage: { output_tokens: 2, ...end } } as { type: string });
  const cached = { input_tokens: 4, cache_read_input_tokens: 3 };
  for (const [start, end] of [[{ input_tokens: 0, cache_read_input_tokens: 0 }, cached], [cached, {}], [cached, cached], [cached, { input_tokens: 0, cache_read_input_tokens: null }]] as const) {
    expect((await answerOf({ dialect: anthropicUpstream, stream: true, text: saying(start, end) })).at(-1)).toEqual({ type: "usage", usage: { inputTokens: 7, outputTokens: 2, cachedInputTokens: 3 } });
  }
  const whole = await answerOf({ dialect: anthropicUpstream, stream: true, text: saying({ input_tokens: 8_834 }, { input_tokens: 18, cache_read_input_tokens: 8_831 }) });
  expect(whole.at(-1)).toEqual({ type: "usage", usage: { inputTokens: 8_849, outputTokens: 2, cachedInputTokens: 8_831 } });
  const written = await answerOf({ dialect: anthropicUpstream, stream: true, text: saying({ input_tokens: 10 }, { input_tokens: 10, cache_creation_input_tokens: 5_000 }) });
  expect(written.at(-1)).toEqual({ type: "usage", usage: { inputTokens: 5_010, outputTokens: 2, cacheWriteTokens: 5_000 } });
});

test("anthropicUpstream.decodeAnswer: an empty stop reason is none yet", async () => {
  const events = await answerOf({ dialect: anthropicUpstream, stream: true, text: named(opening, delta("x"), { ...closing, delta: { stop_reason: "" } } as { type: string }, closing, { type: "message_stop" }) });
  expect(events.filter(({ type }) => type === "finish")).toEqual([{ type: "finish", reason: "length" }]);
});

test("anthropicUpstream.decodeAnswer: a refusal and a limit may come without content, as JSON as in a stream", async () => {
  for (const [stop_reason, reason] of [["refusal", "content_filter"], ["max_tokens", "length"]] as const) {
    const text = JSON.stringify({ ...opening.message, content: [], stop_reason });
    expect(await answerOf({ dialect: anthropicUpstream, stream: false, text })).toContainEqual({ type: "finish", reason });
  }
});

test("anthropicUpstream.decodeAnswer: an error event ends the stream", async () => {
  const text = named(opening, delta("x")) + `event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n` + named({ type: "message_stop" });
  expect((await answerOf({ dialect: anthropicUpstream, stream: true, text })).at(-1)).toEqual(failure("overloaded_error", "Overloaded"));
});

test("anthropicUpstream.decodeAnswer: a JSON answer gives the same events at once", async () => {
  const body = { ...opening.message, content: [{ type: "text", text: "Hé" }, { type: "text", text: "llo" }], stop_reason: "max_tokens", usage: { input_tokens: 7, output_tokens: 2 } };
  expect(await answerOf({ dialect: anthropicUpstream, stream: false, text: JSON.stringify(body) })).toEqual(wholeAtOnce);
});

test("openaiCompatibleUpstream.decodeAnswer: a server that gave up failed, one that ran out of room gave less than all, any other reason is a stop", async () => {
  const endOf = async (dialect: UpstreamDialect, reason: string) => (await answerOf({ dialect, stream: true, text: sse(chunk({ content: "x" }), chunk({}, reason), "[DONE]") })).slice(2);
  for (const reason of ["error", "abort", "insufficient_system_resource"]) {
    expect(await endOf(openaiCompatibleUpstream, reason)).toEqual([failure(`finish_reason_${reason}`, "")]);
  }
  for (const reason of ["model_length", "max_tokens", "MAX_TOKENS"]) {
    expect(await endOf(openaiCompatibleUpstream, reason)).toEqual([{ type: "finish", reason: "length" }, { type: "end" }]);
    await expect(endOf(openaiUpstream, reason)).rejects.toMatchObject({ path: "choices[0].finish_reason" });
  }
  expect(await endOf(openaiCompatibleUpstream, "eos_token")).toEqual([{ type: "finish", reason: "stop" }, { type: "end" }]);
});

test.each([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["tool_use", "tool_calls"],
  ["refusal", "content_filter"],
])("anthropicUpstream.decodeAnswer: stop reason %s is %s", async (stop_reason, reason) => {
  const text = JSON.stringify({ id: "x", content: [{ type: "text", text: "x" }], stop_reason });
  expect(await answerOf({ dialect: anthropicUpstream, stream: false, text })).toContainEqual({ type: "finish", reason });
});

test.each([
  ["no content", false, '{"id":"x","content":[]}'],
  ["HTML", false, "<html></html>"],
  ["a delta before the start", true, named(delta("x"))],
  ["an end before the start", true, named({ type: "message_stop" })],
  ["a start without message", true, named({ type: "message_start" })],
  ["a broken event", true, "event: message_delta\ndata: {\n\n"],
])("anthropicUpstream.decodeAnswer: %s is malformed", async (_, stream, text) => {
  await expect(answerOf({ dialect: anthropicUpstream, stream, text })).rejects.toThrow(MalformedAnswer);
});

test("decodeAnswer: what the transport throws goes through, after what had come", async () => {
  async function* body() {
    yield utf8Bytes(sse(chunk({ content: "x" })));
    throw new TransportError("reset");
  }
  const seen: string[] = [];
  const read = async () => {
    for await (const batch of openaiUpstream.decodeAnswer({ status: 200, headers: {}, body: body() }, true)) seen.push(...batch.map(({ type }) => type));
  };
  await expect(read()).rejects.toMatchObject({ kind: "reset" });
  expect(seen).toEqual(["start", "text"]);
});

test("decodeAnswer: what one read brought comes together, and before what is malformed in it", async () => {
  const text = sse(chunk({ content: "x" }), chunk({ content: "y" }), "nonsense");
  const batches: string[][] = [];
  const read = async () => {
    for await (const batch of openaiUpstream.decodeAnswer({ status: 200, headers: {}, body: bodyOf(utf8Bytes(text)) }, true)) batches.push(batch.map(({ type }) => type));
  };
  await expect(read()).rejects.toThrow(MalformedAnswer);
  expect(batches).toEqual([["start", "text", "text"]]);
});

test("decodeAnswer: an encoding that the transport left is no answer, though it names a stream", async () => {
  const headers = (encoding: string): Headers => ({ "content-type": "text/event-stream", "content-encoding": encoding });
  const read = (encoding: string) => eventsOf(openaiUpstream.decodeAnswer({ status: 200, headers: headers(encoding), body: bodyOf(utf8Bytes(sse(chunk({ content: "x" }), chunk({}, "stop"), "[DONE]"))) }, true));
  await expect(read("compress")).rejects.toThrow(MalformedAnswer);
  for (const none of ["identity", "", " "]) expect((await read(none)).map(({ type }) => type)).toEqual(["start", "text", "finish", "end"]);
});

test("decodeAnswer: reading on after the end reads the body out and gives nothing more", async () => {
  let rest = "unread";
  async function* body() {
    yield utf8Bytes(sse(chunk({ content: "x" }, "stop"), "[DONE]", chunk({ content: "late" })));
    yield utf8Bytes(sse({ nonsense: true }));
    rest = "read";
  }
  const seen: string[] = [];
  for await (const batch of openaiUpstream.decodeAnswer({ status: 200, headers: {}, body: body() }, true)) seen.push(...batch.map(({ type }) => type));
  expect(seen).toEqual(["start", "text", "finish", "end"]);
  expect(rest).toBe("read");
});

test("decodeAnswer: leaving early closes the body", async () => {
  let closed = false;
  async function* body() {
    try {
      for (let index = 0; index < 10; index++) yield utf8Bytes(sse(chunk({ content: "x" })));
    } finally {
      closed = true;
    }
  }
  for await (const batch of openaiUpstream.decodeAnswer({ status: 200, headers: {}, body: body() }, true)) if (batch.at(-1)!.type === "text") break;
  expect(closed).toBe(true);
});

test("decodeError: code, message and the wait; HTML and empty bodies do no harm", () => {
  const decode = (text: string, headers: Headers = {}) => openaiUpstream.decodeError(429, headers, utf8Bytes(text), 0);
  expect(decode('{"error":{"message":"Slow down","type":"requests","code":"rate_limit_exceeded"}}', { "retry-after": "2" })).toEqual({
    status: 429,
    code: "rate_limit_exceeded",
    message: "Slow down",
    retryAfterMs: 2000,
  });
  expect(decode('{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}')).toMatchObject({ code: "overloaded_error", message: "Overloaded" });
  for (const text of ["<html>502</html>", "", "[]", "null", '{"detail":"x"}']) expect(decode(text)).toMatchObject({ status: 429, code: "http_429", retryAfterMs: null });
});

const openaiStream = sse(chunk({ content: "x" }), chunk({}, "stop"), "[DONE]");
const openaiWhole = JSON.stringify({ id: "c1", model: "m-1", choices: [{ message: { content: "x" }, finish_reason: "stop" }] });

test.each([
  ["a stream for JSON", false, openaiStream, "text/event-stream"],
  ["JSON for a stream", true, openaiWhole, "application/json"],
  ["JSON that comes as text", false, openaiWhole, "text/plain; charset=utf-8"],
  ["a stream that comes as text", true, openaiStream, "text/plain"],
  ["a stream that comes as bytes", true, openaiStream, "application/octet-stream"],
  ["a type that comes twice", false, openaiWhole, "application/json, application/json"],
])("decodeAnswer: %s is read", async (_, stream, text, type) => {
  const events = await answerOf({ dialect: openaiUpstream, stream, text, type });
  expect(events).toMatchObject([{ type: "start" }, { type: "text", text: "x" }, { type: "finish", reason: "stop" }, { type: "end" }]);
});

test("openaiCompatibleUpstream.decodeAnswer: content in parts is text, and thoughts apart from it", async () => {
  const parts = [{ type: "thinking", thinking: [{ type: "text", text: "h" }] }, { type: "reasoning", summary: [{ type: "summary_text", text: "m" }] }, { type: "text", text: "4" }, { type: "reference", reference_ids: [1] }, { type: "text", text: "2" }];
  const expected = [{ type: "start" }, { type: "reasoning", text: "hm" }, { type: "text", text: "42" }, { type: "finish" }, { type: "end" }];
  expect(await answerOf({ dialect: openaiCompatibleUpstream, stream: false, text: openaiWhole.replace('"x"', JSON.stringify(parts)) })).toMatchObject(expected);
  expect(await answerOf({ dialect: openaiCompatibleUpstream, stream: true, text: sse(chunk({ content: parts }), chunk({}, "stop"), "[DONE]") })).toMatchObject(expected);
});

test("openaiUpstream.decodeAnswer: calls of other kinds than functions keep their number", async () => {
  const custom = { id: "c", type: "custom", custom: { name: "x", input: "y" } };
  const called = { id: "f", type: "function", function: { name: "look", arguments: "{}" } };
  const body = JSON.stringify({ id: "c1", model: "m-1", choices: [{ message: { content: null, tool_calls: [custom, called] }, finish_reason: "tool_calls" }] });
  expect(await answerOf({ dialect: openaiUpstream, stream: false, text: body })).toMatchObject([{ type: "start" }, { type: "tool_call", index: 1, id: "f" }, { type: "tool_arguments", index: 1 }, { type: "finish", reason: "tool_calls" }, { type: "end" }]);
  const pieces = [chunk({ tool_calls: [{ index: 0, ...custom }] }), chunk({ tool_calls: [{ index: 0, custom: { input: "z" } }] }), chunk({}, "tool_calls"), "[DONE]"];
  expect((await answerOf({ dialect: openaiUpstream, stream: true, text: sse(...pieces) })).map(({ type }) => type)).toEqual(["start", "finish", "end"]);
});

test("openaiUpstream.encodeRequest: a stream asks for usage, unless its server refuses that and the client does not ask", () => {
  const chat: ChatRequest = { model: "r", messages: [{ role: "user", content: "x" }], stream: true, includeUsage: false, maxTokens: null, temperature: null };
  const sent = (request: ChatRequest, streamUsage?: boolean) => {
    const deployment = { name: "d", dialect: "openai", model: "m", baseUrl: "http://d/v1", credential: "env:K", ...(streamUsage !== undefined && { streamUsage }) } as const;
    return (JSON.parse(utf8Text(openaiUpstream.encodeRequest(request, deployment, "k", {}).body)) as { stream_options?: object }).stream_options;
  };
  const own = (text: string): ChatRequest => ({ ...chat, source: { format: "openai", text, headers: {}, untranslatable: [] } });
  const [plain, asking] = ['{"model":"r","stream":true}', '{"model":"r","stream":true,"stream_options":{"include_usage":true}}'];
  expect([sent(chat), sent(chat, false), sent({ ...chat, includeUsage: true }, false)]).toEqual([{ include_usage: true }, undefined, { include_usage: true }]);
  expect([sent(own(plain)), sent(own(plain), false), sent(own(asking), false)]).toEqual([{ include_usage: true }, undefined, { include_usage: true }]);
});
