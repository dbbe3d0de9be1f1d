import { ApiError, FunctionCallingConfigMode, GoogleGenAI, type GenerateContentParameters } from "@google/genai";
import { expect, test } from "vitest";
import type { RunningProvider } from "./running-provider.ts";
import { caught, collect, failing, marked, provide, readUntilError, spoiling, verdictSchema, weatherSchema } from "./sdk-support.ts";

const gemini = { dialect: "gemini", model: "gemini-test" } as const;
const clientOf = (provider: RunningProvider) => new GoogleGenAI({ apiKey: "any", httpOptions: { baseUrl: provider.url } });
const asking: GenerateContentParameters = { model: "gemini-test", contents: "hello there", config: { maxOutputTokens: 3 } };
const calling = {
  ...asking,
  config: {
    maxOutputTokens: 3,
    tools: [{ functionDeclarations: [{ name: "weather", parametersJsonSchema: weatherSchema }] }],
    toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } },
  },
};

test("Gemini SDK: generateContent", async () => {
  await using provider = await provide(gemini);
  const answer = await clientOf(provider).models.generateContent(asking);
  expect(answer.text).toMatch(marked);
  expect(answer).toMatchObject({ modelVersion: "gemini-test", usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 5, totalTokenCount: 8 } });
  expect(answer.candidates![0]).toMatchObject({ finishReason: "STOP", content: { role: "model" } });
  expect(answer.responseId).toMatch(/^[a-p]{16}$/);
});

test("Gemini SDK: streamGenerateContent, a chunk a word, finish reason and usage in the last", async () => {
  await using provider = await provide(gemini);
  const chunks = await collect(await clientOf(provider).models.generateContentStream(asking));
  const texts = chunks.map((chunk) => chunk.text ?? "").filter((text) => text !== "");
  expect(texts).toHaveLength(5);
  expect(texts.join("")).toMatch(marked);
  expect(chunks.map((chunk) => chunk.candidates?.[0]?.finishReason ?? null)).toEqual([null, null, null, null, null, "STOP"]);
  expect(chunks.at(-1)!.usageMetadata).toMatchObject({ promptTokenCount: 3, candidatesTokenCount: 5 });
});

test("Gemini SDK: a function call carries the mark in its string field, whole and in a stream", async () => {
  await using provider = await provide(gemini);
  const call = { name: "weather", args: { city: expect.stringMatching(marked), days: 1 } };
  const { models } = clientOf(provider);
  expect((await models.generateContent(calling)).functionCalls).toMatchObject([call]);
  const chunks = await collect(await models.generateContentStream(calling));
  expect(chunks.flatMap((chunk) => chunk.functionCalls ?? [])).toMatchObject([call]);
});

test("Gemini SDK: after a function's response the answer is words", async () => {
  await using provider = await provide(gemini);
  const contents = [
    { role: "user", parts: [{ text: "hello there" }] },
    { role: "model", parts: [{ functionCall: { name: "weather", args: { city: "x", days: 1 } } }] },
    { role: "user", parts: [{ functionResponse: { name: "weather", response: { output: "rain" } } }] },
  ];
  const config = { maxOutputTokens: 3, tools: calling.config.tools };
  expect((await clientOf(provider).models.generateContent({ ...asking, contents, config })).text).toMatch(marked);
});

test.each(["responseJsonSchema", "responseSchema"] as const)("Gemini SDK: JSON that fits a %s, the mark in its string field", async (field) => {
  await using provider = await provide(gemini);
  const schema = field === "responseSchema" ? { type: "OBJECT", properties: { sure: { type: "BOOLEAN" }, reason: { type: "STRING" } }, required: ["sure", "reason"] } : verdictSchema;
  const config = { maxOutputTokens: 3, responseMimeType: "application/json", [field]: schema };
  const answer = await clientOf(provider).models.generateContent({ ...asking, config });
  expect(JSON.parse(answer.text!)).toEqual({ sure: true, reason: expect.stringMatching(marked) });
});

test("Gemini: a stream without alt=sse is one JSON array", async () => {
  await using provider = await provide(gemini);
  const body = JSON.stringify({ contents: [{ parts: [{ text: "hello there" }] }], generationConfig: { maxOutputTokens: 3 } });
  const response = await fetch(`${provider.url}/v1beta/models/gemini-test:streamGenerateContent?key=any`, { method: "POST", body });
  const chunks = (await response.json()) as { candidates: { content: { parts: { text: string }[] } }[] }[];
  expect(chunks).toHaveLength(6);
  expect(chunks.map((chunk) => chunk.candidates[0]!.content.parts[0]!.text).join("")).toMatch(marked);
});

test("Gemini SDK: embeddings, one vector a text, the same for the same text", async () => {
  await using provider = await provide(gemini);
  const config = { outputDimensionality: 8 };
  const { embeddings } = await clientOf(provider).models.embedContent({ model: "gemini-test", contents: ["hello", "there", "hello"], config });
  const [first, second, third] = embeddings!.map(({ values }) => values!);
  expect(first).toHaveLength(8);
  expect(first).toEqual(third);
  expect(first).not.toEqual(second);
  expect(await caught(clientOf(provider).models.embedContent({ model: "gemini-test", contents: ["x"], config: { outputDimensionality: 9999 } }))).toMatchObject({ status: 400 });
});

test("Gemini SDK: models", async () => {
  await using provider = await provide(gemini);
  expect(await clientOf(provider).models.get({ model: "gemini-test" })).toMatchObject({ name: "models/gemini-test" });
  expect(await caught(clientOf(provider).models.get({ model: "none" }))).toMatchObject({ status: 404 });
  expect((await collect(await clientOf(provider).models.list({ config: { queryBase: true } }))).map((model) => model.name)).toEqual(["models/gemini-test"]);
});

test.each([
  [400, "INVALID_ARGUMENT"],
  [403, "PERMISSION_DENIED"],
  [404, "NOT_FOUND"],
  [429, "RESOURCE_EXHAUSTED"],
  [500, "INTERNAL"],
  [503, "UNAVAILABLE"],
  [504, "DEADLINE_EXCEEDED"],
])("Gemini SDK: %s is %s, for a stream, too", async (status, word) => {
  await using provider = await provide(gemini, failing(status));
  const { models } = clientOf(provider);
  for (const error of [await caught(models.generateContent(asking)), await caught(models.generateContentStream(asking))]) {
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status, message: expect.stringContaining(`"status":"${word}"`) });
  }
});

test("Gemini SDK: a rate limit has the wait in its body", async () => {
  await using provider = await provide(gemini, failing(429));
  const error = (await caught(clientOf(provider).models.generateContent(asking))) as ApiError;
  expect(error.message).toMatch(/google\.rpc\.RetryInfo","retryDelay":"[123]s"/);
});

test("Gemini SDK: a proxy's page is an error with its status", async () => {
  await using provider = await provide(gemini, failing(502));
  expect(await caught(clientOf(provider).models.generateContent(asking))).toMatchObject({ status: 502 });
});

test("Gemini SDK: an error in the middle of a stream", async () => {
  await using provider = await provide(gemini, spoiling("error_mid_stream"));
  const { items, error } = await readUntilError(await clientOf(provider).models.generateContentStream(asking));
  expect(items.length).toBeGreaterThan(0);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 503 });
});

test("Gemini SDK: an error as the first event", async () => {
  await using provider = await provide(gemini, spoiling("error_first", { status: 429 }));
  const { items, error } = await readUntilError(await clientOf(provider).models.generateContentStream(asking));
  expect({ items, error }).toMatchObject({ items: [], error: { status: 429 } });
});

test("Gemini SDK: half an event is an error", async () => {
  await using provider = await provide(gemini, spoiling("malformed"));
  expect((await readUntilError(await clientOf(provider).models.generateContentStream(asking))).error).not.toBeNull();
});

test("Gemini SDK: an unknown model, and a key that is missing", async () => {
  await using provider = await provide(gemini);
  expect(await caught(clientOf(provider).models.generateContent({ ...asking, model: "none" }))).toMatchObject({ status: 404 });
  const response = await fetch(`${provider.url}/v1beta/models/gemini-test:generateContent`, { method: "POST", body: "{}" });
  expect([response.status, await response.json()]).toMatchObject([403, { error: { status: "PERMISSION_DENIED" } }]);
});
