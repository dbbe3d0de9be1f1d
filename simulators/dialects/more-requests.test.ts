import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../../kernel/chat.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { decodeAnthropic } from "./anthropic-request.ts";
import { azureDialect } from "./azure.ts";
import { bedrockCall, decodeBedrock } from "./bedrock-request.ts";
import { compatibleDialect } from "./compatible.ts";
import { providerDialects } from "./dialects.ts";
import { geminiEmbeddings } from "./gemini-embeddings.ts";
import { decodeGemini, geminiCall } from "./gemini-request.ts";
import { decodeOpenai } from "./openai-request.ts";
import { decodeResponses } from "./openai-responses-request.ts";
import { openaiDialect } from "./openai.ts";

const bytes = (value: unknown) => utf8Bytes(JSON.stringify(value));
const embeddings = openaiDialect.endpointOf("/v1/embeddings")!;
const generate = "/v1beta/models/m:generateContent";
const converse = "/model/m/converse";
const contents = [{ role: "user", parts: [{ text: "hi" }] }];
const content = [{ role: "user", content: [{ text: "hi" }] }];
const user = [{ role: "user", content: "hi" }];

test("decodeGemini: model and stream of the path, system instruction, contents, limits", () => {
  const body = { systemInstruction: { parts: [{ text: "be brief" }] }, contents: [...contents, { role: "model", parts: [{ text: "a" }, { text: "b" }] }], generationConfig: { maxOutputTokens: 4, temperature: 0.5 } };
  expect(decodeGemini(bytes(body), "/v1beta/models/gemini-x:streamGenerateContent?alt=sse")).toMatchObject({
    request: {
      model: "gemini-x",
      stream: true,
      maxTokens: 4,
      temperature: 0.5,
      messages: [{ role: "system", content: "be brief" }, { role: "user", content: "hi" }, { role: "assistant", content: "ab" }],
    },
  });
});

test.each([
  ["no contents", {}],
  ["empty contents", { contents: [] }],
  ["an unknown role", { contents: [{ role: "robot", parts: [{ text: "x" }] }] }],
  ["no parts", { contents: [{ role: "user", parts: [] }] }],
  ["no tokens", { contents, generationConfig: { maxOutputTokens: 0 } }],
  ["a temperature above 2", { contents, generationConfig: { temperature: 3 } }],
])("decodeGemini: %s is INVALID_ARGUMENT", (_name, body) => {
  expect(decodeGemini(bytes(body), generate)).toMatchObject({ ok: false, fault: { status: 400, type: "INVALID_ARGUMENT" } });
});

test("geminiCall: reads its own paths and Vertex's, and no others", () => {
  expect(geminiCall("/v1/models/a%2Fb:generateContent")).toEqual({ model: "a/b", method: "generateContent" });
  expect(geminiCall("/v1/projects/p/locations/l/publishers/google/models/g:streamGenerateContent")).toMatchObject({ model: "g" });
  for (const path of ["/v1/models/a", "/models/a:generateContent", "/v1beta/models/%zz:generateContent", "/"]) expect(geminiCall(path)).toBeNull();
});

test("decodeBedrock: model and stream of the path, system, messages, limits", () => {
  const body = { system: [{ text: "be brief" }], messages: content, inferenceConfig: { maxTokens: 4, temperature: 0.5 } };
  expect(decodeBedrock(bytes(body), "/model/a.b-v1%3A0/converse-stream")).toMatchObject({
    request: { model: "a.b-v1:0", stream: true, maxTokens: 4, temperature: 0.5, messages: [{ role: "system", content: "be brief" }, { role: "user", content: "hi" }] },
  });
});

test.each([
  ["no messages", {}],
  ["empty messages", { messages: [] }],
  ["an unknown role", { messages: [{ role: "system", content: [{ text: "x" }] }] }],
  ["no content", { messages: [{ role: "user", content: [] }] }],
  ["no tokens", { messages: content, inferenceConfig: { maxTokens: 0 } }],
  ["a temperature above 1", { messages: content, inferenceConfig: { temperature: 1.5 } }],
])("decodeBedrock: %s is a ValidationException", (_name, body) => {
  expect(decodeBedrock(bytes(body), converse)).toMatchObject({ ok: false, fault: { status: 400, type: "ValidationException" } });
});

test("bedrockCall: reads its own paths and no others", () => {
  for (const path of ["/model//converse", "/model/a/invoke", "/model/a/converse/b", "/v1/chat/completions", "/model/%zz/converse"]) expect(bedrockCall(path)).toBeNull();
});

test.each([
  ["no model", { model: undefined }, "model"],
  ["no input", { input: undefined }, "input"],
  ["an empty input", { input: [] }, "input"],
  ["an unknown item", { input: [{ type: "nonsense" }] }, "input"],
  ["no tokens", { max_output_tokens: 0 }, "max_output_tokens"],
  ["a temperature above 2", { temperature: 3 }, "temperature"],
  ["a stream that is no boolean", { stream: "yes" }, "stream"],
])("decodeResponses: %s is a 400 that names the field", (_name, fields, param) => {
  expect(decodeResponses(bytes({ model: "m", input: "hi", ...fields }))).toMatchObject({ ok: false, fault: { status: 400, param } });
});

test.each([
  ["a text", "hi", ["hi"]],
  ["texts", ["a", "b"], ["a", "b"]],
  ["tokens", [1, 2], ["1 2"]],
  ["lists of tokens", [[1, 2], [3]], ["1 2", "3"]],
])("embeddings: %s as input", (_name, input, inputs) => {
  expect(embeddings.decodeRequest(bytes({ model: "m", input }), "")).toMatchObject({ ok: true, shape: { kind: "embedding", inputs, dimensions: 1536, encoding: "float" } });
});

test.each([
  ["an empty text", { input: "" }, "input"],
  ["an empty list", { input: [] }, "input"],
  ["an object", { input: [{}] }, "input"],
  ["too many dimensions", { dimensions: 5000 }, "dimensions"],
  ["an unknown encoding", { encoding_format: "hex" }, "encoding_format"],
])("embeddings: %s is a 400 that names the field", (_name, fields, param) => {
  expect(embeddings.decodeRequest(bytes({ model: "m", input: "x", ...fields }), "")).toMatchObject({ ok: false, fault: { status: 400, param } });
});

test("azureDialect: the deployment of the path is the model, whatever model the body has", () => {
  const chat = azureDialect.endpointOf("/openai/deployments/mine/chat/completions")!;
  expect(chat.decodeRequest(bytes({ model: "other", messages: user }), "/openai/deployments/mine/chat/completions?api-version=1")).toMatchObject({ request: { model: "mine" } });
  const versioned = azureDialect.endpointOf("/openai/v1/chat/completions")!;
  expect(versioned.decodeRequest(bytes({ model: "other", messages: user }), "/openai/v1/chat/completions")).toMatchObject({ request: { model: "other" } });
});

test("every dialect: its own question is a valid request at a known path", () => {
  for (const dialect of Object.values(providerDialects)) {
    for (const stream of [false, true]) {
      const { path, body, headers } = dialect.question({ model: "a/b:c", text: "hi", maxTokens: 7, stream });
      expect(dialect.checkHeaders(headers, path)).toBeNull();
      const endpoint = dialect.endpointOf(path.split("?")[0]!)!;
      expect(endpoint.decodeRequest(body, path)).toMatchObject({ ok: true, request: { model: "a/b:c", stream, maxTokens: 7, messages: [{ role: "user", content: "hi" }] } });
    }
  }
});

test.each([
  ["decodeOpenai", (body: Uint8Array) => decodeOpenai(body)],
  ["decodeAnthropic", (body: Uint8Array) => decodeAnthropic(body)],
  ["decodeResponses", (body: Uint8Array) => decodeResponses(body)],
  ["embeddings", (body: Uint8Array) => embeddings.decodeRequest(body, "")],
  ["decodeGemini", (body: Uint8Array) => decodeGemini(body, generate)],
  ["geminiEmbeddings", (body: Uint8Array) => geminiEmbeddings(true).decodeRequest(body, "/v1beta/models/m:batchEmbedContents")],
  ["decodeBedrock", (body: Uint8Array) => decodeBedrock(body, converse)],
  ["azure", (body: Uint8Array) => azureDialect.endpointOf("/openai/deployments/d/chat/completions")!.decodeRequest(body, "/openai/deployments/d/chat/completions")],
  ["compatible", (body: Uint8Array) => compatibleDialect.endpointOf("/v1/chat/completions")!.decodeRequest(body, "")],
])("%s: any bytes and any JSON are a request or a refusal, never a throw", (_name, decode) => {
  const any = fc.jsonValue({ maxDepth: 3 });
  const block = fc.record({ text: any, type: fc.constantFrom("text", "tool_use", "tool_result"), toolResult: any, functionResponse: any, content: any, parts: any }, { requiredKeys: [] });
  const list = fc.array(fc.oneof(any, fc.record({ role: fc.constantFrom("user", "assistant", "model", "tool"), content: fc.oneof(any, fc.array(block)), parts: fc.array(block) }, { requiredKeys: ["role"] })), { maxLength: 3 });
  const shaped = fc.record(
    {
      model: fc.oneof(fc.constant("m"), any),
      messages: fc.oneof(list, any),
      contents: fc.oneof(list, any),
      input: fc.oneof(list, any),
      tools: fc.oneof(any, fc.array(fc.record({ name: any, function: any, input_schema: any, functionDeclarations: any, toolSpec: any }, { requiredKeys: [] }), { maxLength: 2 })),
      tool_choice: any,
      response_format: any,
      text: any,
      max_tokens: fc.oneof(fc.constant(3), any),
      generationConfig: any,
      inferenceConfig: any,
      toolConfig: any,
      output_config: any,
      system: any,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), any.map((value) => bytes(value as Json)), shaped.map(bytes)), (body) => {
      const decoded = decode(body);
      expect(decoded.ok || [400, 422].includes(decoded.fault.status)).toBe(true);
    }),
    { numRuns: 400 },
  );
});
