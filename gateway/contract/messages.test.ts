import type Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import { expectedAnswer } from "./fixtures/fixture.ts";
import { dialects, fixturesOf, says, startGatewayTo } from "./support/gateway.ts";

const ask = { model: "chat", max_tokens: 50, messages: [{ role: "user" as const, content: "Say it." }] };
const schemaOf = (name: string) => ({ type: "object" as const, properties: { [name]: { type: "string" } }, required: [name] });
const tools: Anthropic.Tool[] = [
  { name: "get_weather", description: "Weather of a city", input_schema: schemaOf("city") },
  { name: "get_time", input_schema: schemaOf("zone") },
];
const called = expectedAnswer.calls.map(({ name, arguments: input }) => ({ name, input }));
const callsOf = ({ content }: Anthropic.Message) => content.flatMap((block) => (block.type === "tool_use" ? [{ name: block.name, input: block.input }] : []));

test.each(dialects)("messages: the Anthropic SDK gets text from %s, as JSON and as a stream", async (dialect) => {
  const { anthropic } = await startGatewayTo([[dialect, says(fixturesOf[dialect].text)]]);
  const whole = await anthropic.messages.create({ ...ask, system: "Be brief." });
  const streamed = await anthropic.messages.stream(ask).finalMessage();
  for (const message of [whole, streamed]) {
    expect(message).toMatchObject({ type: "message", role: "assistant", model: "m-1", stop_reason: "end_turn", content: [{ type: "text", text: expectedAnswer.text }] });
    expect(message.usage).toMatchObject({ input_tokens: expectedAnswer.inputTokens, output_tokens: expectedAnswer.outputTokens });
    expect(message.id).toMatch(/^msg_[0-9a-f]{16}$/);
  }
});

test.each(dialects)("messages: two parallel tool calls of %s, as JSON and as a stream; their results find the way back", async (dialect) => {
  const { anthropic, providers } = await startGatewayTo([[dialect, says(fixturesOf[dialect].tools)]]);
  const whole = await anthropic.messages.create({ ...ask, tools, tool_choice: { type: "any" } });
  const streamed = await anthropic.messages.stream({ ...ask, tools }).finalMessage();
  for (const message of [whole, streamed]) {
    expect(message.stop_reason).toBe("tool_use");
    expect(message.content[0]).toMatchObject({ type: "text", text: expectedAnswer.toolText });
    expect(callsOf(message)).toEqual(called);
  }
  const results = whole.content.flatMap((block): Anthropic.ToolResultBlockParam[] =>
    block.type === "tool_use" ? [{ type: "tool_result", tool_use_id: block.id, content: [{ type: "text", text: "ok" }], is_error: block.name === "get_time" }] : [],
  );
  const content = [{ type: "text", text: expectedAnswer.toolText }, ...whole.content.filter(({ type }) => type === "tool_use")] as Anthropic.ContentBlockParam[];
  await anthropic.messages.create({ ...ask, tools, messages: [...ask.messages, { role: "assistant", content }, { role: "user", content: [...results, { type: "text", text: "And now?" }] }] });
  const history = JSON.stringify(providers[0]!.seen.at(-1)!.body);
  expect(history.match(/ok"/g)).toHaveLength(2);
  expect(history).toContain("And now?");
});

test.each(dialects)("messages: an answer that %s breaks off says so; structured output is asked for in its words", async (dialect) => {
  const { anthropic, providers } = await startGatewayTo([[dialect, says(fixturesOf[dialect].length)]]);
  const schema = { ...schemaOf("answer"), additionalProperties: false };
  const message = await anthropic.messages.create({ ...ask, output_config: { format: { type: "json_schema", schema } } });
  expect(message).toMatchObject({ stop_reason: "max_tokens", content: [{ text: expectedAnswer.cut }] });
  expect(JSON.stringify(providers[0]!.seen[0]!.body)).toContain(JSON.stringify(schema));
});

test.each([
  ["no key", undefined, {}, 401, "authentication_error"],
  ["an unknown route", "vk-1", { model: "nothing" }, 404, "not_found_error"],
  ["a document", "vk-1", { messages: [{ role: "user", content: [{ type: "document", source: { type: "url", url: "x" } }] }] }, 400, "invalid_request_error"],
  ["a tool of the provider's", "vk-1", { tools: [{ type: "bash_20250124", name: "bash" }] }, 400, "invalid_request_error"],
  ["thinking", "vk-1", { thinking: { type: "enabled", budget_tokens: 1024 } }, 400, "invalid_request_error"],
  ["no max_tokens", "vk-1", { max_tokens: undefined }, 400, "invalid_request_error"],
] as const)("messages: %s is refused in Anthropic's own shape", async (_, key, extra, status, type) => {
  const { url } = await startGatewayTo([["openai", says(fixturesOf.openai.text)]]);
  const headers = { "content-type": "application/json", ...(key !== undefined && { "x-api-key": key }) };
  const answer = await fetch(`${url}/v1/messages`, { method: "POST", headers, body: JSON.stringify({ ...ask, ...extra }) });
  expect([answer.status, await answer.json()]).toMatchObject([status, { type: "error", error: { type } }]);
});

test("messages: a provider's refusal comes to the SDK as its own error, and a body too large as well", async () => {
  const { anthropic, url } = await startGatewayTo([["openai", (response) => response.writeHead(429, { "content-type": "application/json", "retry-after": "9" }).end('{"error":{"message":"no","code":"rate_limit_exceeded"}}')]], { policy: { retry: { attemptsMax: 1 } } });
  await expect(anthropic.messages.create(ask)).rejects.toMatchObject({ status: 429, error: { type: "error", error: { type: "rate_limit_error" } } });
  const large = await fetch(`${url}/v1/messages`, { method: "POST", body: Buffer.alloc(11 * 1024 * 1024) });
  expect([large.status, await large.json()]).toMatchObject([413, { type: "error", error: { type: "request_too_large" } }]);
});

test("models: routes in the form of whoever asks, one by name as well", async () => {
  const { anthropic, openai } = await startGatewayTo([["openai", says(fixturesOf.openai.text)]]);
  const [ours, theirs] = [await openai.models.list(), await anthropic.models.list()];
  expect([ours.data, theirs.data]).toMatchObject([[{ id: "chat", object: "model" }], [{ id: "chat", type: "model" }]]);
  expect(await openai.models.retrieve("chat")).toMatchObject({ id: "chat", object: "model" });
  await expect(openai.models.retrieve("nothing")).rejects.toMatchObject({ status: 404, code: "model_not_found" });
});
