import { expect, test } from "vitest";
import { startGatewayTo } from "./support/gateway.ts";
import { type Answer, sendEvents, sendJson } from "./support/provider.ts";

/** Answers of compatible servers and aggregators, as the users of gateways and SDKs report them. */

const ask = { model: "chat", messages: [{ role: "user" as const, content: "Say it." }] };
const head = { id: "c", created: 1, model: "m-1" };
const completion = (choice: object, usage?: object) => ({ ...head, object: "chat.completion", choices: [{ index: 0, finish_reason: "stop", ...choice }], ...(usage !== undefined && { usage }) });
const chunk = (delta: object, finish_reason: string | null = null, rest: object = {}) => ({ ...head, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason, ...rest }] });
const streamOf = (...chunks: readonly object[]) => `${chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`).join("")}data: [DONE]\n\n`;

/** The same answer as JSON and as a stream. */
const both = (json: object, ...chunks: readonly object[]): Answer => (response, { body }) => (body["stream"] === true ? sendEvents(response, streamOf(...chunks)) : sendJson(response, json));

const fallback = both(completion({ message: { role: "assistant", content: "fallback" } }), chunk({ role: "assistant", content: "fallback" }), chunk({}, "stop"));

/** What clients get of an answer whose route has a fallback: whole, and as a stream. */
async function answersOf(answer: Answer) {
  const { openai, providers } = await startGatewayTo([["openai_compatible", answer], ["openai_compatible", fallback]], { policy: { retry: { attemptsPerDeploymentMax: 1 } } });
  const whole = await openai.chat.completions.create(ask).then(({ choices }) => [choices[0]!.message.content, choices[0]!.finish_reason], ({ status, code }: { status: number; code: string }) => [status, code]);
  const streamed = await openai.chat.completions.stream(ask).finalChatCompletion().then(({ choices }) => [choices[0]!.message.content, choices[0]!.finish_reason], ({ status, code }: { status: number; code: string }) => [status, code]);
  return { whole, streamed, asked: providers.map(({ seen }) => seen.length) };
}

const ending = (reason: string, content = "A part") => both(completion({ message: { role: "assistant", content }, finish_reason: reason }), chunk({ role: "assistant", content }), chunk({}, reason));

test.each([
  ["sensitive", "content_filter"],
  ["SAFETY", "content_filter"],
  ["content_filter: PROHIBITED_CONTENT", "content_filter"],
  ["ERROR_TOXIC", "content_filter"],
  ["refusal", "content_filter"],
  ["model_context_window_exceeded", "length"],
  ["max_output_tokens", "length"],
  ["repetition", "length"],
  ["eos_token", "stop"],
  ["end_turn", "stop"],
  ["COMPLETE", "stop"],
  ["no word that anybody knows", "stop"],
])("finish: a compatible server's reason %s is %s", async (reason, finish) => {
  const { whole, streamed, asked } = await answersOf(ending(reason));
  expect([whole, streamed, asked]).toEqual([["A part", finish], ["A part", finish], [2, 0]]);
});

test.each(["network_error", "ERROR", "abort", "timeout", "function_call_filter: MALFORMED_FUNCTION_CALL", "insufficient_system_resource"])("finish: a server that gave up (%s) has not answered: the next one does", async (reason) => {
  const { whole, streamed } = await answersOf(ending(reason));
  expect([whole, streamed]).toEqual([["fallback", "stop"], ["fallback", "stop"]]);
});

test("finish: what a filter withheld, under any name of a filter, is not asked elsewhere", async () => {
  expect(await answersOf(ending("sensitive", ""))).toEqual({ whole: [400, "content_filter"], streamed: [400, "content_filter"], asked: [2, 0] });
});

const failing = (code: number, message: string) => {
  const error = { code, message };
  return both(completion({ message: { role: "assistant", content: "" }, finish_reason: "error", error }), chunk({ content: "" }, "error", { error }));
};

test("choice: an error beside a choice is that error: a limit goes on to the next deployment, a moderated input to none", async () => {
  expect(await answersOf(failing(429, "Provider returned error"))).toEqual({ whole: ["fallback", "stop"], streamed: ["fallback", "stop"], asked: [2, 2] });
  expect(await answersOf(failing(403, "m requires moderation on P. Your input was flagged"))).toEqual({ whole: [400, "content_filter"], streamed: [400, "content_filter"], asked: [2, 0] });
  const half = both(completion({ message: { role: "assistant", content: "half" }, error: { code: 502, message: "died" } }), chunk({ content: "half" }), chunk({}, "stop", { error: { code: 502, message: "died" } }));
  expect(await answersOf(half)).toMatchObject({ whole: ["fallback", "stop"], streamed: ["fallback", "stop"] });
});

const call = (piece: object) => ({ tool_calls: [{ index: 0, ...piece }] });
const begun = call({ id: "call_1", type: "function", function: { name: "look", arguments: '{"a":1}' } });

test.each([
  ["a name behind its id", [call({ id: "call_1", type: "function", function: { arguments: "" } }), call({ id: "call_1", type: "function", function: { name: "look", arguments: '{"a":1}' } })]],
  ["an empty name first", [call({ id: "call_1", type: "function", function: { name: "", arguments: "" } }), call({ id: "call_1", type: "function", function: { name: "look", arguments: '{"a":1}' } })]],
  ["arguments before the name", [call({ id: "call_1", function: { arguments: '{"a"' } }), call({ function: { name: "look", arguments: ":1}" } })]],
  ["arguments that are null first", [call({ id: "call_1", type: "function", function: { name: "look", arguments: null } }), call({ function: { arguments: '{"a":1}' } })]],
  ["an index that is text", [call({ index: "0", id: "call_1", type: "function", function: { name: "look", arguments: '{"a":1}' } })]],
  ["no index, and nothing in the first piece", [{ content: "", ...call({ index: -1, type: "function", function: { arguments: "" } }) }, begun]],
])("tool calls: %s", async (_, deltas) => {
  const { openai } = await startGatewayTo([["openai_compatible", both({}, ...deltas.map((delta) => chunk(delta)), chunk({}, "tool_calls"))]]);
  const pieces = await Array.fromAsync(await openai.chat.completions.create({ ...ask, stream: true }));
  const calls = pieces.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
  expect(calls[0]).toMatchObject({ index: 0, id: "call_1", function: { name: "look" } });
  expect(calls.map((piece) => piece.function?.arguments ?? "").join("")).toBe('{"a":1}');
  expect(new Set(calls.map(({ index }) => index))).toEqual(new Set([0]));
});

test("finish: a stop behind tool_calls is left out: a client that goes by the last reason runs the calls", async () => {
  const { openai } = await startGatewayTo([["openai_compatible", both({}, chunk(begun), chunk({}, "tool_calls"), chunk({}, "stop"))]]);
  const pieces = await Array.fromAsync(await openai.chat.completions.create({ ...ask, stream: true }));
  expect(pieces.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual(["tool_calls"]);
});

test.each([
  ["only details", { prompt_tokens_details: { cached_tokens: 0 } }, undefined],
  ["no output", { prompt_tokens: 5, completion_tokens: null, total_tokens: null }, undefined],
  ["nothing but nulls and a total of 0", { prompt_tokens: null, completion_tokens: null, total_tokens: 0 }, undefined],
  ["the output in the total alone", { prompt_tokens: 5, total_tokens: 7 }, { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 }],
  ["text for numbers", { prompt_tokens: "5", completion_tokens: "2", total_tokens: "7" }, { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 }],
])("usage: %s: the answer is delivered, and its client gets counts or none", async (_, usage, counts) => {
  const { openai } = await startGatewayTo([["openai_compatible", both(completion({ message: { role: "assistant", content: "hi" } }, usage), chunk({ content: "hi" }), { ...chunk({}, "stop"), usage })]]);
  const whole = await openai.chat.completions.create(ask);
  expect([whole.choices[0]!.message.content, whole.usage]).toEqual(["hi", counts]);
  const pieces = await Array.fromAsync(await openai.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } }));
  expect(pieces.flatMap((piece) => piece.usage ?? [])).toEqual(counts === undefined ? [] : [counts]);
});

test("finish: a server that gives its reason with every chunk is heard to the end, and its client gets the reason once, at the end", async () => {
  const chunks = [chunk({ role: "assistant", content: "" }, "stop"), chunk({ content: "a" }, "stop"), chunk({ content: "b" }, "stop"), { ...chunk({ content: "c" }, "length"), usage: { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 } }];
  const { openai } = await startGatewayTo([["openai_compatible", both({}, ...chunks)]]);
  const pieces = await Array.fromAsync(await openai.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } }));
  const reasons = pieces.map(({ choices }) => choices[0]?.finish_reason ?? null);
  expect(pieces.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe("abc");
  expect([reasons.filter((reason) => reason !== null), reasons.findIndex((reason) => reason !== null)]).toEqual([["length"], pieces.findLastIndex(({ choices }) => choices.length > 0)]);
  expect(pieces.flatMap(({ usage }) => usage ?? [])).toEqual([{ prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 }]);
});

test("finish: tool_calls without a call is the text's own end at a compatible server, and a breach where there is no text", async () => {
  expect(await answersOf(ending("tool_calls", "I would look"))).toEqual({ whole: ["I would look", "stop"], streamed: ["I would look", "stop"], asked: [2, 0] });
  expect(await answersOf(ending("tool_calls", ""))).toMatchObject({ whole: ["fallback", "stop"], streamed: ["fallback", "stop"] });
});

test.each([[{ content: "hi" }], [{ role: null, content: "hi" }]])("chunks: the first has the role that its server left out: %j", async (delta) => {
  const filtered = { ...chunk({}), choices: [], prompt_filter_results: [] };
  const { openai } = await startGatewayTo([["openai_compatible", both({}, filtered, chunk(delta), chunk({ content: " you" }), chunk({}, "stop"))]]);
  const pieces = await Array.fromAsync(await openai.chat.completions.create({ ...ask, stream: true }));
  expect(pieces.flatMap(({ choices }) => choices[0]?.delta.role ?? [])).toEqual(["assistant"]);
  expect(await openai.chat.completions.stream(ask).finalContent()).toBe("hi you");
});

test("chunks: one whose choices are null does not reach a client of the format, and its usage does", async () => {
  const nothing = { ...chunk({}), choices: null };
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  const { openai } = await startGatewayTo([["openai_compatible", both({}, nothing, chunk({ content: "hi" }), chunk({}, "stop"), { ...nothing, usage })]]);
  const pieces = await Array.fromAsync(await openai.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } }));
  expect(pieces.every(({ choices }) => Array.isArray(choices))).toBe(true);
  expect(pieces.at(-1)!.usage).toEqual(usage);
});

const tooLong = { code: 400, message: "the request exceeds the available context size. try increasing the context size", type: "invalid_request_error" };

test.each([
  ["in a field of its own (llama.cpp in 2025)", `error: ${JSON.stringify(tooLong)}\n\ndata: [DONE]\n\n`],
  ["as JSON without a field", JSON.stringify({ error: tooLong })],
  ["as JSON over several lines, before the last word", `${JSON.stringify({ error: tooLong }, null, 2)}\n\ndata: [DONE]\n\n`],
])("stream: an error that comes %s is that error", async (_, text) => {
  const { openai, providers } = await startGatewayTo([["openai_compatible", (response) => sendEvents(response, text)], ["openai_compatible", fallback]]);
  await expect(openai.chat.completions.stream(ask).finalContent()).rejects.toMatchObject({ status: 400, code: "context_length_exceeded" });
  expect(providers.map(({ seen }) => seen.length)).toEqual([1, 0]);
});

test.each(["application/json", "application/json; charset=utf-8"])("stream: one that calls itself %s is read as what it is", async (type) => {
  const text = streamOf(chunk({ content: "hi" }), chunk({}, "stop"));
  const { openai, lines } = await startGatewayTo([["openai_compatible", (response) => void response.writeHead(200, { "content-type": type }).end(text)], ["openai_compatible", fallback]]);
  expect(await openai.chat.completions.stream(ask).finalContent()).toBe("hi");
  expect(lines[0]).toMatchObject({ attempts: [expect.stringMatching(/^d0:ok/)] });
});

test("stream: a whole answer under the type of a stream, without any field, is read", async () => {
  const json = JSON.stringify(completion({ message: { role: "assistant", content: "hi" } }), null, 1);
  const { openai } = await startGatewayTo([["openai_compatible", (response) => sendEvents(response, json)]]);
  expect(await openai.chat.completions.stream(ask).finalContent()).toBe("hi");
});

const named = (event: { type: string; [field: string]: unknown }) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
const eventsOf = (...events: readonly { type: string; [field: string]: unknown }[]): Answer => (response) => sendEvents(response, events.map(named).join(""));

const item = { id: "msg_1", type: "message", role: "assistant", status: "completed", content: [{ type: "output_text", text: "hi", annotations: [] }] };
const responseOf = (fields: object) => ({ id: "resp_1", object: "response", created_at: 1, model: "m-1", status: "completed", error: null, ...fields });
const hi = [
  { type: "response.created", response: responseOf({ status: "in_progress", output: [] }) },
  { type: "response.output_item.added", output_index: 0, item: { ...item, status: "in_progress", content: [] } },
  { type: "response.content_part.added", item_id: "msg_1", output_index: 0, content_index: 0, part: { type: "output_text", text: "", annotations: [] } },
  { type: "response.output_text.delta", item_id: "msg_1", output_index: 0, content_index: 0, delta: "hi" },
  { type: "response.output_item.done", output_index: 0, item },
];

test.each([null, undefined, [item]])("responses: a last event whose output is %j ends the answer, and its client gets the items that came", async (output) => {
  const { openai, lines } = await startGatewayTo([["openai_responses", eventsOf(...hi, { type: "response.completed", response: responseOf({ output, usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 } }) })]]);
  expect(await openai.chat.completions.stream(ask).finalContent()).toBe("hi");
  const final = await openai.responses.stream({ model: "chat", input: "Say it." }).finalResponse();
  expect([final.output_text, final.output.map(({ type }) => type)]).toEqual(["hi", ["message"]]);
  expect(lines.filter(({ event }) => event === "contract_broken")).toEqual([]);
});

test("responses: usage without its output is none, and the answer is estimated", async () => {
  const { openai } = await startGatewayTo([["openai_responses", eventsOf(...hi, { type: "response.completed", response: responseOf({ output: [item], usage: null }) })]]);
  const pieces = await Array.fromAsync(await openai.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } }));
  expect(pieces.flatMap(({ usage }) => usage ?? [])).toEqual([]);
});

test.each(["openai_compatible", "openai_responses"] as const)("responses: a stream that breaks for good ends with both words for it: %s", async (dialect) => {
  const chat: Answer = (response) => void response.writeHead(200, { "content-type": "text/event-stream" }).end(`data: ${JSON.stringify(chunk({ content: "half" }))}\n\n`);
  const { url } = await startGatewayTo([[dialect, dialect === "openai_compatible" ? chat : eventsOf(...hi.slice(0, 4))]], { policy: { rescue: null, retry: { attemptsMax: 1 } } });
  const answer = await fetch(`${url}/v1/responses`, { method: "POST", headers: { authorization: "Bearer vk-1" }, body: JSON.stringify({ model: "chat", input: "Say it.", stream: true }) });
  const events = (await answer.text()).trim().split("\n\n").map((text) => JSON.parse(text.split("data: ")[1]!) as { type: string; response?: { id: string; status: string; error: object } });
  const [error, failed] = events.slice(-2);
  expect([error!.type, failed!.type]).toEqual(["error", "response.failed"]);
  expect(failed!.response).toMatchObject({ id: events[0]!.response!.id, status: "failed", error: { code: "upstream_truncated", message: "The answer broke off: truncated" } });
});

const message = (usage: object | null | undefined) => ({ type: "message_start", message: { id: "msg_1", type: "message", role: "assistant", model: "m-1", content: [], stop_reason: null, stop_sequence: null, usage } });
const block = (content_block: object, ...deltas: readonly object[]) => [{ type: "content_block_start", index: 0, content_block }, ...deltas.map((delta) => ({ type: "content_block_delta", index: 0, delta })), { type: "content_block_stop", index: 0 }];
const stop = (stop_reason: string, usage: object | null | undefined = { output_tokens: 2 }) => [{ type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage }, { type: "message_stop" }];
const counts = { input_tokens: 3, output_tokens: 1 };
const words = { type: "text_delta", text: "hi" };
const input = { type: "input_json_delta", partial_json: '{"a":1}' };

test.each([
  ["a text without its empty text", block({ type: "text" }, words), "end_turn", [{ type: "text", text: "hi" }]],
  ["a call without its empty input", block({ type: "tool_use", id: "t_1", name: "look" }, input), "tool_use", [{ type: "tool_use", name: "look", input: { a: 1 } }]],
  ["a call with a text for its input", block({ type: "tool_use", id: "t_1", name: "look", input: "" }, input), "tool_use", [{ type: "tool_use", name: "look", input: { a: 1 } }]],
])("messages: a block that begins as %s is read, and reaches its client whole", async (_, events, reason, content) => {
  const { anthropic, openai, lines } = await startGatewayTo([["anthropic", eventsOf(message(counts), ...events, ...stop(reason))]]);
  const final = await anthropic.messages.stream({ ...ask, max_tokens: 20 }).finalMessage();
  expect([final.content, final.stop_reason]).toMatchObject([content, reason]);
  const { message: translated } = (await openai.chat.completions.stream(ask).finalChatCompletion()).choices[0]!;
  if (reason === "tool_use") expect(translated.tool_calls).toMatchObject([{ function: { name: "look", arguments: '{"a":1}' } }]);
  else expect(translated.content).toBe("hi");
  expect(lines.filter(({ event }) => event === "contract_broken")).toEqual([]);
});

test.each([undefined, null, { input_tokens: null, output_tokens: null }, {}])("messages: where a server reports usage as %j, its client gets counts all the same", async (usage) => {
  const { anthropic } = await startGatewayTo([["anthropic", (response, seen) => (seen.body["stream"] === true ? eventsOf(message(usage), ...block({ type: "text", text: "" }, words), ...stop("pause_turn", usage ?? null))(response, seen) : sendJson(response, { ...message(usage).message, content: [{ type: "text", text: "hi" }], stop_reason: "end_turn" }))]]);
  const events = await Array.fromAsync(await anthropic.messages.create({ ...ask, max_tokens: 20, stream: true }));
  const start = events.flatMap((event) => (event.type === "message_start" ? [event.message.usage] : []));
  const end = events.flatMap((event) => (event.type === "message_delta" ? [[event.delta.stop_reason, event.usage.output_tokens]] : []));
  expect([start, end]).toEqual([[{ input_tokens: 0, output_tokens: 0 }], [["pause_turn", 1]]]);
  expect((await anthropic.messages.create({ ...ask, max_tokens: 20 })).usage).toEqual({ input_tokens: 0, output_tokens: 0 });
});

test("messages: text in the block of a call comes behind it, in a block of its own", async () => {
  const { anthropic } = await startGatewayTo([["anthropic", eventsOf(message(counts), ...block({ type: "tool_use", id: "t_1", name: "look", input: {} }, { ...input, partial_json: '{"a"' }, words, { ...input, partial_json: ":1}" }), ...stop("tool_use"))]]);
  const final = await anthropic.messages.stream({ ...ask, max_tokens: 20 }).finalMessage();
  expect(final.content).toMatchObject([{ type: "tool_use", input: { a: 1 } }, { type: "text", text: "hi" }]);
});

test("messages: a second message_delta without reason and counts takes nothing back", async () => {
  const [end, last] = stop("tool_use", { output_tokens: 9 });
  const { anthropic, openai } = await startGatewayTo([["anthropic", eventsOf(message(counts), ...block({ type: "tool_use", id: "t_1", name: "look", input: {} }, input), end!, { type: "message_delta", delta: {} }, last!)]]);
  const final = await anthropic.messages.stream({ ...ask, max_tokens: 20 }).finalMessage();
  expect(final.usage.output_tokens).toBe(9);
  const pieces = await Array.fromAsync(await openai.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } }));
  expect([pieces.flatMap(({ choices }) => choices[0]?.finish_reason ?? []), pieces.at(-1)!.usage]).toEqual([["tool_calls"], { prompt_tokens: 3, completion_tokens: 9, total_tokens: 12 }]);
});

test("messages: tokens that a server reads from its cache, and reports at the end without the input, are part of the input", async () => {
  const usage = { cache_creation_input_tokens: 0, cache_read_input_tokens: 3_000, output_tokens: 8 };
  const { openai } = await startGatewayTo([["anthropic", eventsOf(message({ input_tokens: 3_602, output_tokens: 0 }), ...block({ type: "text", text: "" }, words), ...stop("end_turn", usage))]]);
  const pieces = await Array.fromAsync(await openai.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } }));
  expect(pieces.at(-1)!.usage).toMatchObject({ prompt_tokens: 3_602, completion_tokens: 8, prompt_tokens_details: { cached_tokens: 3_000 } });
});

test("messages: a stream that ends with OpenAI's last word is whole once it has its reason, and counts for its deployment", async () => {
  const whole = [message(counts), ...block({ type: "text", text: "" }, words), stop("end_turn")[0]!].map(named).join("");
  const { anthropic, lines } = await startGatewayTo([["anthropic", (response) => sendEvents(response, `${whole}data: [DONE]\n\n`)]]);
  expect((await anthropic.messages.stream({ ...ask, max_tokens: 20 }).finalMessage()).stop_reason).toBe("end_turn");
  expect(lines[0]).toMatchObject({ outcome: "success", attempts: [expect.stringMatching(/^d0:ok/)] });
});

test.each([["sensitive", "content_filter"], ["model_length", "length"]])("messages: a compatible server's reason %s is %s to clients of OpenAI's format, and itself to those of its own", async (reason, finish) => {
  const { anthropic, openai } = await startGatewayTo([["anthropic", eventsOf(message(counts), ...block({ type: "text", text: "" }, words), ...stop(reason))]]);
  expect((await anthropic.messages.stream({ ...ask, max_tokens: 20 }).finalMessage()).stop_reason).toBe(reason);
  expect((await openai.chat.completions.stream(ask).finalChatCompletion().catch((error: { name: string }) => error.name))).toSatisfy((final: unknown) => (typeof final === "string" ? /Length|ContentFilter/.test(final) : (final as { choices: { finish_reason: string }[] }).choices[0]!.finish_reason === finish));
});

test("messages: an event that Vertex AI puts between the format's own reaches no client; another that is new does", async () => {
  const extra = { type: "vertex_event", usage: { input_tokens: 9, output_tokens: 1, cache_read_input_tokens: null } };
  const events = [extra, message(counts), extra, { type: "later_event" }, ...block({ type: "text", text: "" }, words), ...stop("end_turn")];
  const { url } = await startGatewayTo([["anthropic", eventsOf(...events)]]);
  const answer = await fetch(`${url}/v1/messages`, { method: "POST", headers: { "x-api-key": "vk-1" }, body: JSON.stringify({ model: "chat", max_tokens: 20, messages: [{ role: "user", content: "Say it." }], stream: true }) });
  const names = [...(await answer.text()).matchAll(/^event: (.*)$/gm)].map(([, name]) => name);
  expect(names).toEqual(["message_start", "later_event", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop"]);
});
