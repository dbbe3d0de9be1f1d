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
