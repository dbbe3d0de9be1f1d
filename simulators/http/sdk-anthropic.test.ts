import Anthropic, { AnthropicError, APIError, AuthenticationError, BadRequestError, InternalServerError, NotFoundError, PermissionDeniedError, RateLimitError } from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import type { RunningProvider } from "./running-provider.ts";
import { caught, collect, failing, marked, provide, readUntilError, spoiling, verdictSchema, weatherSchema } from "./sdk-support.ts";

/** In addition to `sdk.test.ts`: tools, structured output, and in-band errors. */
const claude = { dialect: "anthropic", model: "claude-test" } as const;
const clientOf = (provider: RunningProvider) => new Anthropic({ apiKey: "key", baseURL: provider.url, maxRetries: 0 });
const messages = [{ role: "user" as const, content: "hello there" }];
const message = { model: "claude-test", messages, max_tokens: 3 };
const tools = [{ name: "weather", input_schema: { ...weatherSchema, type: "object" as const } }];
const call = { type: "tool_use", name: "weather", id: expect.stringMatching(/^toolu_[a-p]{16}$/), input: { city: expect.stringMatching(marked), days: 1 } };

test("anthropic SDK: a tool call carries the mark in its string field", async () => {
  await using provider = await provide(claude);
  expect(await clientOf(provider).messages.create({ ...message, tools })).toMatchObject({ stop_reason: "tool_use", content: [call] });
});

test("anthropic SDK: a streamed tool call, put together by the SDK", async () => {
  await using provider = await provide(claude);
  const stream = clientOf(provider).messages.stream({ ...message, tools });
  const types = (await collect(stream)).map((event) => (event.type === "content_block_delta" ? event.delta.type : event.type));
  expect(types.filter((type) => type === "input_json_delta")).toHaveLength(5);
  expect(await stream.finalMessage()).toMatchObject({ stop_reason: "tool_use", content: [call] });
});

test("anthropic SDK: tool_choice none gives words, a named tool that tool, a result words", async () => {
  await using provider = await provide(claude);
  const client = clientOf(provider);
  const words = [{ type: "text", text: expect.stringMatching(marked) }];
  expect(await client.messages.create({ ...message, tools, tool_choice: { type: "none" } })).toMatchObject({ content: words });
  const other = { name: "other", input_schema: { type: "object" as const } };
  const named = await client.messages.create({ ...message, tools: [other, ...tools], tool_choice: { type: "tool", name: "weather" } });
  expect(named).toMatchObject({ content: [call] });
  const result = { type: "tool_result" as const, tool_use_id: "t1", content: "rain" };
  const conversation = [...messages, { role: "assistant" as const, content: named.content }, { role: "user" as const, content: [result] }];
  expect(await client.messages.create({ ...message, messages: conversation as never, tools })).toMatchObject({ content: words });
});

test.each([
  [400, BadRequestError, "invalid_request_error"],
  [401, AuthenticationError, "authentication_error"],
  [403, PermissionDeniedError, "permission_error"],
  [404, NotFoundError, "not_found_error"],
  [413, APIError, "request_too_large"],
  [429, RateLimitError, "rate_limit_error"],
  [500, InternalServerError, "api_error"],
  [502, InternalServerError, null],
  [503, InternalServerError, null],
  [504, InternalServerError, "timeout_error"],
  [529, InternalServerError, "overloaded_error"],
] as const)("anthropic SDK: %s is an error of its own class, whole and streamed", async (status, kind, type) => {
  await using provider = await provide(claude, failing(status));
  for (const stream of [false, true]) {
    const error = await caught(clientOf(provider).messages.create({ ...message, stream }));
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ status, type });
  }
});

test("anthropic SDK: one model by its name", async () => {
  await using provider = await provide(claude);
  expect(await clientOf(provider).models.retrieve("claude-test")).toMatchObject({ type: "model", id: "claude-test" });
});

test("anthropic SDK: structured output fits its schema", async () => {
  await using provider = await provide(claude);
  const answer = await clientOf(provider).messages.create({ ...message, output_config: { format: { type: "json_schema", schema: verdictSchema } } });
  expect(JSON.parse((answer.content[0] as { text: string }).text)).toEqual({ sure: true, reason: expect.stringMatching(marked) });
});

test.each([
  [undefined, "overloaded_error"],
  [500, "api_error"],
  [429, "rate_limit_error"],
])("anthropic SDK: an error event in the middle of a stream, status %s, is %s", async (status, type) => {
  await using provider = await provide(claude, spoiling("error_mid_stream", status === undefined ? {} : { status }));
  const { items, error } = await readUntilError(await clientOf(provider).messages.create({ ...message, stream: true }));
  expect(items.length).toBeGreaterThan(1);
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ type, error: { type: "error", error: { type } } });
});

test("anthropic SDK: an error as the first event", async () => {
  await using provider = await provide(claude, spoiling("error_first"));
  expect(await readUntilError(await clientOf(provider).messages.create({ ...message, stream: true }))).toMatchObject({ items: [], error: { type: "overloaded_error" } });
});

test("anthropic SDK: half an event is an error; a clean end without message_stop is an error only for the helper", async () => {
  await using malformed = await provide(claude, spoiling("malformed"));
  expect((await readUntilError(await clientOf(malformed).messages.create({ ...message, stream: true }))).error).toBeInstanceOf(SyntaxError);
  await using ending = await provide(claude, spoiling("clean_end"));
  const raw = await readUntilError(await clientOf(ending).messages.create({ ...message, stream: true }));
  expect(raw.error).toBeNull();
  expect(raw.items.map((event) => event.type)).not.toContain("message_stop");
  expect(await caught(clientOf(ending).messages.stream(message).finalMessage())).toBeInstanceOf(AnthropicError);
});
