import { BedrockRuntimeClient, BedrockRuntimeServiceException, ConverseCommand, ConverseStreamCommand, type ConverseStreamOutput } from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { expect, test } from "vitest";
import type { RunningProvider } from "./running-provider.ts";
import { caught, collect, failing, marked, provide, readUntilError, spoiling, weatherSchema } from "./sdk-support.ts";

const model = "test.model-v1:0";
const bedrock = { dialect: "bedrock", model } as const;
/** The client prefers HTTP/2, which needs TLS outside AWS. This handler is its HTTP/1.1. */
const clientOf = (provider: RunningProvider) =>
  new BedrockRuntimeClient({ endpoint: provider.url, region: "us-east-1", credentials: { accessKeyId: "any", secretAccessKey: "any" }, maxAttempts: 1, requestHandler: new NodeHttpHandler() });
const input = { modelId: model, messages: [{ role: "user" as const, content: [{ text: "hello there" }] }], inferenceConfig: { maxTokens: 3 } };
const toolConfig = { tools: [{ toolSpec: { name: "weather", inputSchema: { json: weatherSchema } } }], toolChoice: { any: {} } };

async function streamOf(provider: RunningProvider, more: object = {}): Promise<AsyncIterable<ConverseStreamOutput>> {
  return (await clientOf(provider).send(new ConverseStreamCommand({ ...input, ...more }))).stream!;
}

test("Bedrock SDK: Converse", async () => {
  await using provider = await provide(bedrock);
  const answer = await clientOf(provider).send(new ConverseCommand(input));
  expect(answer).toMatchObject({ stopReason: "end_turn", usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8 } });
  expect(answer.output!.message).toMatchObject({ role: "assistant", content: [{ text: expect.stringMatching(marked) }] });
  expect(answer.metrics!.latencyMs).toBeGreaterThan(0);
  expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
});

test("Bedrock SDK: ConverseStream, its events in order", async () => {
  await using provider = await provide(bedrock);
  const events = await collect(await streamOf(provider));
  const deltas = Array.from({ length: 5 }, () => "contentBlockDelta");
  expect(events.map((event) => Object.keys(event)[0])).toEqual(["messageStart", ...deltas, "contentBlockStop", "messageStop", "metadata"]);
  expect(events.map((event) => event.contentBlockDelta?.delta?.text ?? "").join("")).toMatch(marked);
  expect(events.at(-1)!.metadata).toMatchObject({ usage: { inputTokens: 3, outputTokens: 5 } });
});

test("Bedrock SDK: a tool call carries the mark in its string field", async () => {
  await using provider = await provide(bedrock);
  const answer = await clientOf(provider).send(new ConverseCommand({ ...input, toolConfig }));
  expect(answer.stopReason).toBe("tool_use");
  expect(answer.output!.message!.content![0]!.toolUse).toMatchObject({ name: "weather", input: { city: expect.stringMatching(marked), days: 1 } });
  const events = await collect(await streamOf(provider, { toolConfig }));
  expect(events[1]!.contentBlockStart!.start!.toolUse).toMatchObject({ name: "weather" });
  const json = events.map((event) => event.contentBlockDelta?.delta?.toolUse?.input ?? "").join("");
  expect(JSON.parse(json)).toEqual({ city: expect.stringMatching(marked), days: 1 });
});

test("Bedrock SDK: after a tool's result the answer is words", async () => {
  await using provider = await provide(bedrock);
  const call = { toolUse: { toolUseId: "t1", name: "weather", input: { city: "x", days: 1 } } };
  const result = { toolResult: { toolUseId: "t1", content: [{ text: "rain" }] } };
  const messages = [...input.messages, { role: "assistant" as const, content: [call] }, { role: "user" as const, content: [result] }];
  const answer = await clientOf(provider).send(new ConverseCommand({ ...input, messages, toolConfig: { tools: toolConfig.tools } }));
  expect(answer.output!.message!.content![0]!.text).toMatch(marked);
});

test.each([
  [400, "ValidationException"],
  [403, "AccessDeniedException"],
  [404, "ResourceNotFoundException"],
  [408, "ModelTimeoutException"],
  [424, "ModelErrorException"],
  [429, "ThrottlingException"],
  [500, "InternalServerException"],
  [503, "ServiceUnavailableException"],
])("Bedrock SDK: %s is %s, for a stream, too", async (status, name) => {
  await using provider = await provide(bedrock, failing(status));
  for (const error of [await caught(clientOf(provider).send(new ConverseCommand(input))), await caught(streamOf(provider))]) {
    expect(error).toBeInstanceOf(BedrockRuntimeServiceException);
    expect(error).toMatchObject({ name, message: expect.stringMatching(/./), $metadata: { httpStatusCode: status } });
  }
});

test.each([
  [undefined, "ModelStreamErrorException"],
  [429, "ThrottlingException"],
  [500, "InternalServerException"],
  [503, "ServiceUnavailableException"],
])("Bedrock SDK: an exception frame in the middle of a stream, status %s, is %s", async (status, name) => {
  await using provider = await provide(bedrock, spoiling("error_mid_stream", status === undefined ? {} : { status }));
  const { items, error } = await readUntilError(await streamOf(provider));
  expect(items.length).toBeGreaterThan(1);
  expect(error).toMatchObject({ name });
});

test("Bedrock SDK: an exception as the first frame fails the call", async () => {
  await using provider = await provide(bedrock, spoiling("error_first", { status: 429 }));
  expect(await caught(streamOf(provider))).toMatchObject({ name: "ThrottlingException", $fault: "client" });
});

test("Bedrock SDK: a frame with a wrong checksum is an error", async () => {
  await using provider = await provide(bedrock, spoiling("malformed"));
  expect((await readUntilError(await streamOf(provider))).error).toMatchObject({ message: expect.stringMatching(/checksum/i) });
});

test("Bedrock SDK: an unknown model, and a request without messages", async () => {
  await using provider = await provide(bedrock);
  expect(await caught(clientOf(provider).send(new ConverseCommand({ ...input, modelId: "none" })))).toMatchObject({ name: "ValidationException" });
  expect(await caught(clientOf(provider).send(new ConverseCommand({ ...input, messages: [] })))).toMatchObject({ name: "ValidationException" });
});
