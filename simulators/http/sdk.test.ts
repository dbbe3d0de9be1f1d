import Anthropic, { APIError as AnthropicError } from "@anthropic-ai/sdk";
import OpenAI, { APIConnectionError, APIError, RateLimitError } from "openai";
import { expect, test } from "vitest";
import { runProvider, type RunningProvider } from "./running-provider.ts";

/** The official clients check the wire formats. They never retry here, so that they see one attempt. */
const openaiOf = (provider: RunningProvider) => new OpenAI({ apiKey: "key", baseURL: `${provider.url}/v1`, maxRetries: 0 });
const anthropicOf = (provider: RunningProvider) => new Anthropic({ apiKey: "key", baseURL: provider.url, maxRetries: 0 });
const claude = { dialect: "anthropic", model: "claude-test" } as const;
const messages = [{ role: "user" as const, content: "hello there" }];
const chat = { model: "gpt-test", messages, max_tokens: 3 };
const message = { model: "claude-test", messages, max_tokens: 3 };
const failing = (status: number | string) => [{ fromMs: 0, errorRate: 1, statusMix: { [status]: 1 } }];
const marked = /^zq\w{56} y\w{8} y\w{8} y\w{8} zx\w{56}$/;

async function begun(provider: RunningProvider): Promise<RunningProvider> {
  await fetch(`${provider.url}/control/begin`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ epochMs: Date.now() - 1000 }) });
  return provider;
}

async function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail("it was to fail"),
    (error: unknown) => error,
  );
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test("openai SDK: a completion", async () => {
  await using provider = await runProvider();
  const answer = await openaiOf(provider).chat.completions.create(chat);
  expect(answer).toMatchObject({ object: "chat.completion", model: "gpt-test", usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 } });
  expect(answer.choices[0]).toMatchObject({ finish_reason: "stop", message: { role: "assistant", content: expect.stringMatching(marked) } });
  expect(Math.abs(answer.created - Date.now() / 1000)).toBeLessThan(30);
});

test("openai SDK: a stream, one word a chunk, usage at the end when asked for", async () => {
  await using provider = await runProvider();
  const stream = await openaiOf(provider).chat.completions.create({ ...chat, stream: true, stream_options: { include_usage: true } });
  const chunks = await collect(stream);
  const words = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").filter((content) => content !== "");
  expect(words.map((word) => word.trim().split(" ").length)).toEqual([1, 1, 1, 1, 1]);
  expect(words.join("")).toMatch(marked);
  expect(chunks[0]!.choices[0]!.delta).toMatchObject({ role: "assistant", content: "" });
  expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe("stop");
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 5 } });
});

test("openai SDK: without include_usage no chunk has usage", async () => {
  await using provider = await runProvider();
  const chunks = await collect(await openaiOf(provider).chat.completions.create({ ...chat, stream: true }));
  expect(chunks.filter((chunk) => "usage" in chunk || chunk.choices.length === 0)).toEqual([]);
});

test("openai SDK: models", async () => {
  await using provider = await runProvider();
  const models = await collect(openaiOf(provider).models.list());
  expect(models.map((model) => model.id)).toEqual(["gpt-test"]);
});

test("openai SDK: a rate limit with its headers", async () => {
  await using provider = await begun(await runProvider(failing(429)));
  const error = await caught(openaiOf(provider).chat.completions.create(chat));
  expect(error).toBeInstanceOf(RateLimitError);
  const { status, code, type, headers, requestID } = error as RateLimitError;
  expect({ status, code, type }).toEqual({ status: 429, code: "rate_limit_exceeded", type: "requests" });
  expect(Number(headers!.get("retry-after"))).toBeGreaterThan(0);
  expect(headers!.get("x-ratelimit-remaining-requests")).toBe("0");
  expect(requestID).toMatch(/^req_[a-p]{16}$/);
});

test.each([
  [500, null],
  [503, "server_is_overloaded"],
])("openai SDK: %s, code %s, for a stream, too", async (status, code) => {
  await using provider = await begun(await runProvider(failing(status)));
  for (const stream of [false, true]) {
    const error = await caught(openaiOf(provider).chat.completions.create({ ...chat, stream }));
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status, code, type: "server_error" });
  }
});

test("openai SDK: a reset is a connection error", async () => {
  await using provider = await begun(await runProvider(failing("reset")));
  expect(await caught(openaiOf(provider).chat.completions.create(chat))).toBeInstanceOf(APIConnectionError);
});

test("openai SDK: requests that a provider refuses are refused", async () => {
  await using provider = await runProvider();
  const client = openaiOf(provider);
  expect(await caught(client.chat.completions.create({ ...chat, messages: [] }))).toMatchObject({ status: 400, param: "messages" });
  expect(await caught(client.chat.completions.create({ ...chat, model: "gpt-none" }))).toMatchObject({ status: 404, code: "model_not_found" });
  expect(await caught(client.embeddings.create({ model: "x", input: "y" }))).toMatchObject({ status: 404 });
});

test("openai SDK: a cut stream throws instead of ending", async () => {
  await using provider = await begun(await runProvider([{ fromMs: 0, streamTruncationRate: 1 }]));
  const stream = await openaiOf(provider).chat.completions.create({ ...chat, stream: true });
  await caught(collect(stream));
});

test("anthropic SDK: a message", async () => {
  await using provider = await runProvider([], claude);
  const answer = await anthropicOf(provider).messages.create(message);
  expect(answer).toMatchObject({ type: "message", role: "assistant", model: "claude-test", stop_reason: "end_turn" });
  expect(answer.usage).toMatchObject({ input_tokens: 3, output_tokens: 5 });
  expect(answer.content).toMatchObject([{ type: "text", text: expect.stringMatching(marked) }]);
});

test("anthropic SDK: a stream, its events in order, its final message whole", async () => {
  await using provider = await runProvider([], claude);
  const stream = anthropicOf(provider).messages.stream(message);
  const types: string[] = [];
  for await (const event of stream) types.push(event.type);
  const deltas = Array.from({ length: 5 }, () => "content_block_delta");
  expect(types).toEqual(["message_start", "content_block_start", ...deltas, "content_block_stop", "message_delta", "message_stop"]);
  const whole = await stream.finalMessage();
  expect(whole).toMatchObject({ stop_reason: "end_turn", usage: { input_tokens: 3, output_tokens: 5 } });
  expect(whole.content).toMatchObject([{ type: "text", text: expect.stringMatching(marked) }]);
});

test("anthropic SDK: a prefill is continued", async () => {
  await using provider = await runProvider([], claude);
  const client = anthropicOf(provider);
  const whole = await client.messages.create(message);
  const words = (whole.content[0] as { text: string }).text.split(" ");
  const prefill = { role: "assistant" as const, content: words.slice(0, 3).join(" ") };
  const rest = await client.messages.create({ ...message, messages: [...messages, prefill], max_tokens: 1 });
  expect((rest.content[0] as { text: string }).text.split(" ")[2]).toBe(words[3]);
});

test.each([
  [429, "rate_limit_error"],
  [500, "api_error"],
  [529, "overloaded_error"],
])("anthropic SDK: %s is %s", async (status, type) => {
  await using provider = await begun(await runProvider(failing(status), claude));
  const error = (await caught(anthropicOf(provider).messages.create(message))) as AnthropicError;
  expect(error).toBeInstanceOf(AnthropicError);
  expect(error).toMatchObject({ status, error: { type: "error", error: { type } } });
  expect(error.requestID).toMatch(/^req_[a-p]{16}$/);
  expect(error.headers!.get("retry-after") !== null).toBe(status === 429);
});

test("anthropic SDK: models, and a request without max_tokens", async () => {
  await using provider = await runProvider([], claude);
  const client = anthropicOf(provider);
  const models = await collect(client.models.list());
  expect(models.map((model) => model.id)).toEqual(["claude-test"]);
  const lacking = { model: "claude-test", messages } as unknown as typeof message;
  expect(await caught(client.messages.create(lacking))).toMatchObject({ status: 400 });
});
