import OpenAI, { APIError } from "openai";
import { expect, test } from "vitest";
import type { RunningProvider } from "./running-provider.ts";
import { caught, collect, failing, marked, provide, readUntilError, spoiling } from "./sdk-support.ts";

const compatible = { dialect: "openai_compatible", model: "chat-test" } as const;
const clientOf = (provider: RunningProvider, base = "/v1") => new OpenAI({ apiKey: "key", baseURL: `${provider.url}${base}`, maxRetries: 0 });
const chat = { model: "chat-test", messages: [{ role: "user" as const, content: "hello there" }], max_tokens: 3 };

test.each(["", "/v1", "/openai/v1"])("openai SDK at a compatible provider under %j: a completion, models", async (base) => {
  await using provider = await provide(compatible);
  const client = clientOf(provider, base);
  const answer = await client.chat.completions.create(chat);
  expect(answer.choices[0]!.message.content).toMatch(marked);
  expect(answer.usage).toEqual({ prompt_tokens: 3, completion_tokens: 5, total_tokens: 8, prompt_cache_hit_tokens: 0, prompt_cache_miss_tokens: 3 });
  expect((await collect(client.models.list())).map((model) => model.id)).toEqual(["chat-test"]);
});

test("openai SDK at a compatible provider: a stream has its usage with the finish reason, asked for or not", async () => {
  await using provider = await provide(compatible);
  const chunks = await collect(await clientOf(provider).chat.completions.create({ ...chat, stream: true }));
  expect(chunks.map((chunk) => chunk.choices[0]!.delta.content ?? "").join("")).toMatch(marked);
  expect(chunks.at(-1)).toMatchObject({ choices: [{ finish_reason: "stop" }], usage: { completion_tokens: 5 } });
});

test.each([
  [400, "invalid_request_error", "invalid_request_error"],
  [401, "invalid_request_error", "authentication_error"],
  [402, "invalid_request_error", "unknown_error"],
  [422, "invalid_request_error", "invalid_request_error"],
  [429, "rate_limit_reached", "rate_limit_error"],
  [500, "internal_error", "server_error"],
  [503, "service_unavailable", "service_unavailable_error"],
])("openai SDK at a compatible provider: %s is code %s, type %s, without a quota's headers", async (status, code, type) => {
  await using provider = await provide(compatible, failing(status));
  const error = (await caught(clientOf(provider).chat.completions.create(chat))) as APIError;
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ status, code, type });
  expect([...error.headers!.keys()].filter((name) => /ratelimit|retry/.test(name))).toEqual([]);
});

test("openai SDK at a compatible provider: a wrong parameter is 422", async () => {
  await using provider = await provide(compatible);
  expect(await caught(clientOf(provider).chat.completions.create({ ...chat, temperature: 9 }))).toMatchObject({ status: 422, param: "temperature" });
});

test("openai SDK at a compatible provider: an error in the middle of a stream", async () => {
  await using provider = await provide(compatible, spoiling("error_mid_stream"));
  const { items, error } = await readUntilError(await clientOf(provider).chat.completions.create({ ...chat, stream: true }));
  expect(items.length).toBeGreaterThan(1);
  expect(error).toMatchObject({ code: "internal_error" });
});
