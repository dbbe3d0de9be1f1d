import { APIError, AzureOpenAI, RateLimitError } from "openai";
import { expect, test } from "vitest";
import { noLimits } from "../core/capacity-examples.ts";
import type { RunningProvider } from "./running-provider.ts";
import { caught, collect, failing, marked, provide, readUntilError, spoiling, weatherSchema } from "./sdk-support.ts";

const azure = { dialect: "azure", model: "gpt-deployment" } as const;
const clientOf = (provider: RunningProvider) => new AzureOpenAI({ endpoint: provider.url, apiKey: "any", apiVersion: "2024-10-21", maxRetries: 0 });
const messages = [{ role: "user" as const, content: "hello there" }];
const chat = { model: "gpt-deployment", messages, max_tokens: 3 };
const safe = { filtered: false, severity: "safe" };

test("Azure SDK: a completion with the content filter's annotations", async () => {
  await using provider = await provide(azure);
  const answer = await clientOf(provider).chat.completions.create(chat);
  expect(answer).toMatchObject({ model: "gpt-deployment", usage: { prompt_tokens: 3, completion_tokens: 5 }, prompt_filter_results: [{ prompt_index: 0 }] });
  expect(answer.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: expect.stringMatching(marked) }, content_filter_results: { hate: safe, violence: safe } });
});

test("Azure SDK: a stream opens with the prompt's filter results", async () => {
  await using provider = await provide(azure);
  const chunks = await collect(await clientOf(provider).chat.completions.create({ ...chat, stream: true, stream_options: { include_usage: true } }));
  expect(chunks[0]).toMatchObject({ id: "", choices: [], prompt_filter_results: [{ content_filter_results: { jailbreak: { detected: false } } }] });
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toMatch(marked);
  expect(chunks.at(-1)!.usage).toMatchObject({ completion_tokens: 5 });
});

test("Azure SDK: a tool call", async () => {
  await using provider = await provide(azure);
  const tools = [{ type: "function" as const, function: { name: "weather", parameters: weatherSchema } }];
  const answer = await clientOf(provider).chat.completions.create({ ...chat, tools });
  const call = answer.choices[0]!.message.tool_calls![0]!;
  expect(call).toMatchObject({ type: "function", function: { name: "weather" } });
  expect(JSON.parse((call as { function: { arguments: string } }).function.arguments)).toEqual({ city: expect.stringMatching(marked), days: 1 });
});

test("Azure SDK: responses, embeddings and models", async () => {
  await using provider = await provide(azure);
  const client = clientOf(provider);
  expect((await client.responses.create({ model: "gpt-deployment", input: "hello there", max_output_tokens: 3 })).output_text).toMatch(marked);
  expect((await client.embeddings.create({ model: "gpt-deployment", input: "hello", dimensions: 8 })).data[0]!.embedding).toHaveLength(8);
  expect((await collect(client.models.list())).map((model) => model.id)).toEqual(["gpt-deployment"]);
});

test("Azure SDK: a rate limit has the wait in the message and in two headers", async () => {
  await using provider = await provide(azure, failing(429));
  const error = (await caught(clientOf(provider).chat.completions.create(chat))) as RateLimitError;
  expect(error).toBeInstanceOf(RateLimitError);
  const seconds = Number(error.headers!.get("retry-after"));
  expect(error).toMatchObject({ code: "429", message: expect.stringContaining(`retry after ${seconds} seconds`) });
  expect(Number(error.headers!.get("retry-after-ms"))).toBe(seconds * 1000);
  expect(error.headers!.get("apim-request-id")).toMatch(/^[a-p]{16}$/);
});

test("Azure SDK: an exhausted quota is refused in Azure's words, with the wait of the bucket", async () => {
  await using provider = await provide({ ...azure, limits: { ...noLimits, requestsPerMinute: 1 } });
  await clientOf(provider).chat.completions.create(chat);
  const error = (await caught(clientOf(provider).chat.completions.create(chat))) as RateLimitError;
  const seconds = Number(error.headers!.get("retry-after"));
  expect(error).toMatchObject({ status: 429, code: "429", message: expect.stringContaining(`retry after ${seconds} seconds`) });
  expect(Math.ceil(Number(error.headers!.get("retry-after-ms")) / 1000)).toBe(seconds);
  expect(error.headers!.get("x-ratelimit-remaining-requests")).toBe("0");
});

test.each([
  [400, "content_filter"],
  [401, "401"],
  [403, "403"],
  [404, "DeploymentNotFound"],
  [408, "Timeout"],
  [500, "InternalServerError"],
  [503, "InternalServerError"],
])("Azure SDK: %s, code %s, for a stream, too", async (status, code) => {
  await using provider = await provide(azure, failing(status));
  for (const stream of [false, true]) {
    const error = await caught(clientOf(provider).chat.completions.create({ ...chat, stream }));
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status, code });
  }
});

test("Azure SDK: a refusal by the content filter has the filter's results", async () => {
  await using provider = await provide(azure, failing(400));
  const error = (await caught(clientOf(provider).chat.completions.create(chat))) as APIError;
  expect(error).toMatchObject({ param: "prompt", error: { innererror: { code: "ResponsibleAIPolicyViolation", content_filter_result: { jailbreak: { filtered: true } } } } });
});

test.each(["error_mid_stream", "error_first"] as const)("Azure SDK: %s is an APIError with Azure's code", async (kind) => {
  await using provider = await provide(azure, spoiling(kind));
  const { error } = await readUntilError(await clientOf(provider).chat.completions.create({ ...chat, stream: true }));
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ status: undefined, code: "InternalServerError" });
});

test("Azure SDK: an unknown deployment, a missing key, a missing api-version", async () => {
  await using provider = await provide(azure);
  expect(await caught(clientOf(provider).chat.completions.create({ ...chat, model: "none" }))).toMatchObject({ status: 404, code: "DeploymentNotFound" });
  const path = `${provider.url}/openai/deployments/gpt-deployment/chat/completions`;
  const bare = await fetch(`${path}?api-version=1`, { method: "POST", body: "{}" });
  expect([bare.status, await bare.json()]).toMatchObject([401, { error: { code: "401" } }]);
  const versionless = await fetch(path, { method: "POST", headers: { "api-key": "any" }, body: "{}" });
  expect([versionless.status, await versionless.json()]).toEqual([404, { error: { code: "404", message: "Resource not found" } }]);
});
