import OpenAI, { APIError, AuthenticationError, BadRequestError, InternalServerError, NotFoundError, PermissionDeniedError, RateLimitError } from "openai";
import { expect, test } from "vitest";
import type { RunningProvider } from "./running-provider.ts";
import { caught, collect, failing, marked, provide, readUntilError, spoiling, verdictSchema, weatherSchema } from "./sdk-support.ts";

/** In addition to `sdk.test.ts`: tools, structured output, responses, embeddings, and in-band errors. */
const clientOf = (provider: RunningProvider) => new OpenAI({ apiKey: "key", baseURL: `${provider.url}/v1`, maxRetries: 0 });
const messages = [{ role: "user" as const, content: "hello there" }];
const chat = { model: "gpt-test", messages, max_tokens: 3 };
const tools = [{ type: "function" as const, function: { name: "weather", parameters: weatherSchema } }];
const response = { model: "gpt-test", input: "hello there", max_output_tokens: 3 };
const responseTools = [{ type: "function" as const, name: "weather", parameters: weatherSchema, strict: true }];
const weather = { city: expect.stringMatching(marked), days: 1 };

test("openai SDK: a tool call carries the mark in its string field", async () => {
  await using provider = await provide({});
  const { choices } = await clientOf(provider).chat.completions.create({ ...chat, tools });
  expect(choices[0]).toMatchObject({ finish_reason: "tool_calls", message: { content: null, tool_calls: [{ type: "function", function: { name: "weather" } }] } });
  const call = choices[0]!.message.tool_calls![0]! as { function: { arguments: string } };
  expect(JSON.parse(call.function.arguments)).toEqual(weather);
});

test("openai SDK: a streamed tool call, put together by the SDK", async () => {
  await using provider = await provide({});
  const stream = clientOf(provider).chat.completions.stream({ ...chat, tools, stream: true });
  const whole = await stream.finalChatCompletion();
  const call = whole.choices[0]!.message.tool_calls![0]! as { id: string; function: { name: string; arguments: string } };
  expect(call).toMatchObject({ id: expect.stringMatching(/^call_[a-p]{16}$/), function: { name: "weather" } });
  expect(JSON.parse(call.function.arguments)).toEqual(weather);
});

test("openai SDK: tool_choice none gives words, a named tool that tool, a result words", async () => {
  await using provider = await provide({});
  const { completions } = clientOf(provider).chat;
  const other = { type: "function" as const, function: { name: "other", parameters: { type: "object", properties: {} } } };
  expect((await completions.create({ ...chat, tools, tool_choice: "none" })).choices[0]!.message.content).toMatch(marked);
  const named = await completions.create({ ...chat, tools: [other, ...tools], tool_choice: { type: "function", function: { name: "weather" } } });
  expect(named.choices[0]!.message.tool_calls).toMatchObject([{ function: { name: "weather" } }]);
  const calls = named.choices[0]!.message.tool_calls!;
  const conversation = [...messages, { role: "assistant" as const, content: null, tool_calls: calls }, { role: "tool" as const, tool_call_id: calls[0]!.id, content: "rain" }];
  expect((await completions.create({ ...chat, messages: conversation, tools })).choices[0]!.message.content).toMatch(marked);
});

test("openai SDK: structured output fits its schema, whole and streamed", async () => {
  await using provider = await provide({});
  const format = { type: "json_schema" as const, json_schema: { name: "verdict", strict: true, schema: verdictSchema } };
  const { completions } = clientOf(provider).chat;
  const whole = await completions.create({ ...chat, response_format: format });
  expect(JSON.parse(whole.choices[0]!.message.content!)).toEqual({ sure: true, reason: expect.stringMatching(marked) });
  const chunks = await collect(await completions.create({ ...chat, response_format: format, stream: true }));
  expect(JSON.parse(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""))).toEqual({ sure: true, reason: expect.stringMatching(marked) });
});

test("openai SDK: a response", async () => {
  await using provider = await provide({});
  const answer = await clientOf(provider).responses.create(response);
  expect(answer).toMatchObject({ object: "response", status: "completed", model: "gpt-test", usage: { input_tokens: 3, output_tokens: 5, total_tokens: 8 } });
  expect(answer.output_text).toMatch(marked);
});

test("openai SDK: a response's stream, events numbered and in order, put together by the SDK", async () => {
  await using provider = await provide({});
  const stream = clientOf(provider).responses.stream({ ...response, stream: true });
  const events = await collect(stream);
  const deltas = Array.from({ length: 5 }, () => "response.output_text.delta");
  expect(events.map((event) => event.type)).toEqual([
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    ...deltas,
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
  ]);
  expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
  expect((await stream.finalResponse()).output_text).toMatch(marked);
});

test("openai SDK: a response that calls a tool, whole and streamed", async () => {
  await using provider = await provide({});
  const { responses } = clientOf(provider);
  const asking = { ...response, tools: responseTools };
  const whole = await responses.create(asking);
  const streamed = await responses.stream({ ...asking, stream: true }).finalResponse();
  for (const answer of [whole, streamed]) {
    expect(answer.output).toMatchObject([{ type: "function_call", name: "weather", call_id: expect.stringMatching(/^call_/) }]);
    expect(JSON.parse((answer.output[0] as { arguments: string }).arguments)).toEqual(weather);
  }
});

test("openai SDK: a response with a schema, items as input, and the result of a call", async () => {
  await using provider = await provide({});
  const { responses } = clientOf(provider);
  const format = { type: "json_schema" as const, name: "verdict", schema: verdictSchema };
  const whole = await responses.create({ ...response, input: [{ role: "user", content: [{ type: "input_text", text: "hello there" }] }], text: { format } });
  expect(JSON.parse(whole.output_text)).toEqual({ sure: true, reason: expect.stringMatching(marked) });
  const call = { type: "function_call" as const, call_id: "c1", name: "weather", arguments: "{}" };
  const conversation = [{ role: "user" as const, content: "hello there" }, call, { type: "function_call_output" as const, call_id: "c1", output: "rain" }];
  expect((await responses.create({ ...response, input: conversation, tools: responseTools })).output_text).toMatch(marked);
});

test.each([
  [400, BadRequestError, null],
  [401, AuthenticationError, "invalid_api_key"],
  [403, PermissionDeniedError, "insufficient_permissions"],
  [404, NotFoundError, "model_not_found"],
  [429, RateLimitError, "rate_limit_exceeded"],
  [500, InternalServerError, null],
  [502, InternalServerError, undefined],
  [503, InternalServerError, "server_is_overloaded"],
  [530, InternalServerError, undefined],
] as const)("openai SDK: %s is an error of its own class, whole and streamed, in both APIs", async (status, kind, code) => {
  await using provider = await provide({}, failing(status));
  const { chat: chats, responses } = clientOf(provider);
  for (const stream of [false, true]) {
    for (const error of [await caught(chats.completions.create({ ...chat, stream })), await caught(responses.create({ ...response, stream }))]) {
      expect(error).toBeInstanceOf(kind);
      expect(error).toMatchObject({ status, code });
    }
  }
});

test("openai SDK: one model by its name", async () => {
  await using provider = await provide({});
  const { models } = clientOf(provider);
  expect(await models.retrieve("gpt-test")).toMatchObject({ id: "gpt-test", object: "model" });
  expect(await caught(models.retrieve("none"))).toMatchObject({ status: 404, code: "model_not_found" });
});

test.each([429, 500, 503])("openai SDK: a response that fails with %s", async (status) => {
  await using provider = await provide({}, failing(status));
  for (const stream of [false, true]) expect(await caught(clientOf(provider).responses.create({ ...response, stream }))).toMatchObject({ status });
});

test("openai SDK: embeddings are unit vectors, the same for the same text, in floats and in base64", async () => {
  await using provider = await provide({});
  const { embeddings } = clientOf(provider);
  const asking = { model: "gpt-test", input: ["hello", "there", "hello"] };
  const [packed, plain] = [await embeddings.create(asking), await embeddings.create({ ...asking, encoding_format: "float" })];
  expect(packed.data.map((one) => one.embedding.length)).toEqual([1536, 1536, 1536]);
  packed.data.forEach((one, index) => one.embedding.forEach((value, at) => expect(value).toBeCloseTo(plain.data[index]!.embedding[at]!, 6)));
  const [first, second, third] = packed.data.map((one) => one.embedding);
  expect(first).toEqual(third);
  expect(first).not.toEqual(second);
  expect(Math.hypot(...first!)).toBeCloseTo(1, 5);
  expect(packed.usage).toEqual({ prompt_tokens: 4, total_tokens: 4 });
  expect(await caught(embeddings.create({ ...asking, input: "" }))).toMatchObject({ status: 400, param: "input" });
});

test.each([
  ["chat", undefined, { code: null, type: "server_error" }],
  ["chat", 503, { code: "server_is_overloaded", type: "server_error" }],
  ["response", undefined, { code: "server_error" }],
  ["response", 429, { code: "rate_limit_exceeded" }],
] as const)("openai SDK: an error in the middle of a %s stream, status %s", async (kind, status, error) => {
  await using provider = await provide({}, spoiling("error_mid_stream", status === undefined ? {} : { status }));
  const client = clientOf(provider);
  const stream = kind === "chat" ? await client.chat.completions.create({ ...chat, stream: true }) : await client.responses.create({ ...response, stream: true });
  const read = await readUntilError<unknown>(stream);
  expect(read.items.length).toBeGreaterThan(1);
  expect(read.error).toBeInstanceOf(APIError);
  expect(read.error).toMatchObject(error);
});

test("openai SDK: an error as the first event, and as a 200 that is no stream", async () => {
  await using provider = await provide({}, spoiling("error_first"));
  const { completions } = clientOf(provider).chat;
  expect(await readUntilError(await completions.create({ ...chat, stream: true }))).toMatchObject({ items: [], error: { type: "server_error" } });
  expect(await completions.create(chat)).toMatchObject({ error: { type: "server_error" } });
});

test("openai SDK: half an event is an error; a clean end without the terminator is not", async () => {
  await using malformed = await provide({}, spoiling("malformed"));
  expect((await readUntilError(await clientOf(malformed).chat.completions.create({ ...chat, stream: true }))).error).toBeInstanceOf(SyntaxError);
  await using ending = await provide({}, spoiling("clean_end"));
  const { items, error } = await readUntilError(await clientOf(ending).chat.completions.create({ ...chat, stream: true }));
  expect(error).toBeNull();
  expect(items.some((chunk) => chunk.choices[0]?.finish_reason === "stop")).toBe(false);
});
