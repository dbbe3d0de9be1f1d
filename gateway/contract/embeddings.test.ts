import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { floatBase64 } from "../dialects/float-base64.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { Rig } from "../core/testing/rig.ts";
import { geminiEmbeddings } from "./fixtures/gemini.ts";
import { openaiEmbeddings } from "./fixtures/openai.ts";
import { startGatewayTo } from "./support/gateway.ts";
import { type Answer, sendJson } from "./support/provider.ts";

const vectors = [
  [0.5, -0.25],
  [1, 0],
];
const openaiAnswer: Answer = (response) => sendJson(response, openaiEmbeddings);
const geminiAnswer: Answer = (response) => sendJson(response, geminiEmbeddings);

test.each([
  ["openai", openaiAnswer, { model: "m-1", input: ["a", "b"], encoding_format: "base64", dimensions: 2, user: "u-1" }, "/v1/embeddings", 4],
  ["openai_compatible", openaiAnswer, { model: "m-1", input: ["a", "b"], encoding_format: "base64", dimensions: 2, user: "u-1" }, "/v1/embeddings", 4],
  [
    "gemini",
    geminiAnswer,
    { requests: ["a", "b"].map((text) => ({ model: "models/m-1", content: { parts: [{ text }] }, outputDimensionality: 2 })) },
    "/v1beta/models/m-1:batchEmbedContents",
    0,
  ],
] as const)("embeddings: the OpenAI SDK gets vectors from %s, by its default base64 and as numbers", async (dialect, answer, asked, at, tokens) => {
  const { openai, providers } = await startGatewayTo([[dialect, answer]]);
  for (const encoding of [{}, { encoding_format: "float" as const }]) {
    const { data, usage, model } = await openai.embeddings.create({ model: "chat", input: ["a", "b"], dimensions: 2, user: "u-1", ...encoding });
    expect(data.map(({ embedding, index }) => [index, Array.from(embedding)])).toEqual(vectors.map((vector, index) => [index, vector]));
    expect([usage, model]).toEqual([{ prompt_tokens: tokens, total_tokens: tokens }, "m-1"]);
  }
  expect(providers[0]!.seen[0]).toMatchObject({ path: at, body: asked });
});

test("embeddings: a provider without them is passed over, and alone is a refusal by name", async () => {
  const failing: Answer = (response) => sendJson(response, {}, 500);
  const both = await startGatewayTo([
    ["anthropic", failing],
    ["openai", openaiAnswer],
  ]);
  expect((await both.openai.embeddings.create({ model: "chat", input: ["a", "b"] })).data).toHaveLength(2);
  expect(both.providers[0]!.seen).toEqual([]);
  const alone = await startGatewayTo([["anthropic", failing]]);
  await expect(alone.openai.embeddings.create({ model: "chat", input: "a" })).rejects.toMatchObject({ status: 400, code: "unsupported_parameter", message: expect.stringContaining("'embeddings'") as string });
});

test.each([
  ["nothing, by all", "openai", []],
  ["an empty text, by another format", "gemini", ""],
  ["2,049 texts, by another format", "gemini", Array.from({ length: 2_049 }, () => "a")],
] as const)("embeddings: %s: is refused as input", async (_, dialect, input) => {
  const { openai, providers } = await startGatewayTo([[dialect, openaiAnswer]]);
  await expect(openai.embeddings.create({ model: "chat", input: input as string[] })).rejects.toMatchObject({ status: 400, code: "invalid_type" });
  expect(providers[0]!.seen).toEqual([]);
});

test("embeddings: an empty text goes to servers of the format, some of which take it", async () => {
  const { openai, providers } = await startGatewayTo([["gemini", geminiAnswer], ["openai_compatible", openaiAnswer]]);
  await openai.embeddings.create({ model: "chat", input: ["a", ""], encoding_format: "float" });
  expect(providers.map(({ seen }) => seen.map(({ body }) => body["input"]))).toEqual([[], [["a", ""]]]);
});

test("embeddings: tokens, and parameters that nobody here knows, go to the format that has them, and vectors come back from base64", async () => {
  const encoded: Answer = (response) => sendJson(response, { ...openaiEmbeddings, data: vectors.map((vector, index) => ({ object: "embedding", index, embedding: floatBase64(vector) })) });
  const { openai, providers } = await startGatewayTo([["gemini", geminiAnswer], ["openai_compatible", encoded]]);
  const asked = { model: "chat", input: [[1, 2], [3]], input_type: "query" };
  const { data } = await openai.embeddings.create(asked);
  expect(data.map(({ embedding }) => Array.from(embedding))).toEqual(vectors);
  expect(providers.map(({ seen }) => seen.map(({ body }) => body))).toEqual([[], [{ ...asked, model: "m-1", encoding_format: "base64" }]]);
  const alone = await startGatewayTo([["gemini", geminiAnswer]]);
  await expect(alone.openai.embeddings.create(asked)).rejects.toMatchObject({ status: 400, code: "unknown_parameter" });
});

test("embeddings: the end of a request says that it was one, read or not; that of a chat does not", async () => {
  const rig = new Rig(new VirtualClock(), {});
  const post = (path: string, body: string) => rig.gateway.handle({ method: "POST", path, headers: { authorization: "Bearer vk-a" }, body: utf8Bytes(body) }, neverSignal);
  await post("/v1/embeddings", JSON.stringify({ model: "no-such-route", input: "a" }));
  await post("/v1/embeddings", "{");
  await post("/v1/chat/completions", "{");
  expect(rig.finished().map(({ operation }) => operation)).toEqual(["embeddings", "embeddings", undefined]);
});

test("embeddings: more inputs than Gemini takes in one batch go past it", async () => {
  const input = Array.from({ length: 101 }, (_, index) => `text ${index}`);
  const data = input.map((_, index) => ({ object: "embedding", index, embedding: [index, 1] }));
  const { openai, providers } = await startGatewayTo([
    ["gemini", geminiAnswer],
    ["openai", (response) => sendJson(response, { ...openaiEmbeddings, data })],
  ]);
  expect((await openai.embeddings.create({ model: "chat", input })).data).toHaveLength(101);
  expect(providers.map(({ seen }) => seen.length)).toEqual([0, 1]);
});
