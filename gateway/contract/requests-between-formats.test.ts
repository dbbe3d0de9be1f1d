import { expect, test } from "vitest";
import type { GatewayDialect } from "../../kernel/chat.ts";
import { fixturesOf, says, startGatewayTo } from "./support/gateway.ts";

/** What clients of Anthropic's messages and OpenAI's responses send, at deployments of the other formats. */

const paths = { chat: "/v1/chat/completions", messages: "/v1/messages", responses: "/v1/responses" } as const;
type Client = keyof typeof paths;

async function ask(client: Client, dialect: GatewayDialect, body: object, headers: Readonly<Record<string, string>> = {}) {
  const { url, providers } = await startGatewayTo([[dialect, says(fixturesOf[dialect].text)]]);
  const text = JSON.stringify({ model: "chat", ...(client === "messages" && { max_tokens: 9 }), ...body });
  const response = await fetch(`${url}${paths[client]}`, { method: "POST", headers: { authorization: "Bearer vk-1", "content-type": "application/json", ...headers }, body: text });
  const { error } = (await response.json()) as { error?: { message: string } };
  return { status: response.status, message: error?.message ?? "", seen: providers[0]!.seen[0] };
}

const question = [{ role: "user", content: "Say it." }];
const call = (id: string, name = "look") => ({ type: "function_call", call_id: id, name, arguments: "{}" });
const output = (id: string, text: string) => ({ type: "function_call_output", call_id: id, output: text });
const chatCall = (id: string, name = "look") => ({ id, type: "function", function: { name, arguments: "{}" } });
const claudeCode = `user_${"a1".repeat(32)}_account_5f2e_session_11111111-2222-3333-4444-555555555555`;
const pixel = "iVBORw0KGgo=";
const failed = (content: string) => [...question, { role: "assistant", content: [{ type: "tool_use", id: "t", name: "look", input: {} }] }, { role: "user", content: [{ type: "tool_result", tool_use_id: "t", is_error: true, content }] }];
const instructed = [...question, { role: "assistant", content: "Yes." }, { role: "user", content: "And now?" }, { role: "system", content: [{ type: "text", text: "Be brief." }] }];
const interleaved = [...question, call("a"), { role: "assistant", content: "And the time." }, call("b", "clock"), output("a", "1"), output("b", "2")];
const steered = [...question, call("a"), { role: "user", content: "Hurry." }, output("a", "1")];

test.each<[string, Client, GatewayDialect, object, object]>([
  ["a tool without parameters", "messages", "openai", { messages: question, tools: [{ name: "look", input_schema: { type: "object" } }] }, { tools: [{ function: { name: "look", parameters: { type: "object", properties: {} } } }] }],
  ["a tool without parameters", "chat", "openai_responses", { messages: question, tools: [{ type: "function", function: { name: "look", parameters: {} } }] }, { tools: [{ name: "look", parameters: { type: "object", properties: {} } }] }],
  ["instructions in the midst", "messages", "openai", { messages: instructed }, { messages: [{ role: "user" }, { role: "assistant" }, { role: "user" }, { role: "system", content: "Be brief." }] }],
  ["instructions in the midst", "messages", "openai_responses", { messages: instructed }, { input: [{ role: "user" }, { role: "assistant" }, { role: "user" }, { role: "system", content: "Be brief." }] }],
  ["instructions in the midst", "messages", "gemini", { messages: instructed }, { systemInstruction: { parts: [{ text: "Be brief." }] }, contents: [{ role: "user" }, { role: "model" }, { role: "user" }] }],
  ["a failed call", "messages", "openai", { messages: failed("No such file.") }, { messages: [{}, {}, { role: "tool", content: "Error: No such file." }] }],
  ["a failed call that says so", "messages", "openai_compatible", { messages: failed("error 7") }, { messages: [{}, {}, { role: "tool", content: "error 7" }] }],
  ["a failed call without a word", "messages", "openai_responses", { messages: failed("") }, { input: [{}, {}, { type: "function_call_output", output: "Error" }] }],
  ["a failed call", "messages", "gemini", { messages: failed("No such file.") }, { contents: [{}, {}, { parts: [{ functionResponse: { response: { error: "No such file." } } }] }] }],
  ["the id of a user of Claude Code", "messages", "openai", { messages: question, metadata: { user_id: claudeCode } }, { user: expect.stringMatching(/^user_[a-p]{16}$/) as string }],
  ["the id of a user of Claude Code", "messages", "openai_responses", { messages: question, metadata: { user_id: claudeCode } }, { user: expect.stringMatching(/^user_[a-p]{16}$/) as string }],
  ["a short id of a user", "messages", "openai", { messages: question, metadata: { user_id: "u-1" } }, { user: "u-1" }],
  ["an address as a user", "chat", "anthropic", { messages: question, user: "ada@example.org" }, { metadata: { user_id: expect.stringMatching(/^user_[a-p]{16}$/) as string } }],
  ["a number as a user", "responses", "anthropic", { input: "Hi", user: "+47 22 33 44 55" }, { metadata: { user_id: expect.stringMatching(/^user_[a-p]{16}$/) as string } }],
  ["an open schema", "chat", "anthropic", { messages: question, response_format: { type: "json_schema", json_schema: { name: "a", schema: { type: "object", properties: { n: { type: "integer", minimum: 1 } } } } } }, { output_config: { format: { schema: { type: "object", properties: { n: { type: "integer", description: "{minimum: 1}" } }, additionalProperties: false } } } }],
  ["a strict tool of an open schema", "responses", "anthropic", { input: "Hi", tools: [{ type: "function", name: "look", strict: true, parameters: { type: "object", properties: { a: { type: "string" } } } }] }, { tools: [{ strict: true, input_schema: { additionalProperties: false } }] }],
  ["a tool that is not strict", "chat", "anthropic", { messages: question, tools: [{ type: "function", function: { name: "look", parameters: { type: "object", properties: { n: { type: "integer", minimum: 1 } } } } }] }, { tools: [{ input_schema: { type: "object", properties: { n: { type: "integer", minimum: 1 } } } }] }],
  ["a pinned value", "chat", "gemini", { messages: question, tools: [{ type: "function", function: { name: "look", parameters: { type: "object", properties: { c: { const: "USD" } } } } }] }, { tools: [{ functionDeclarations: [{ parametersJsonSchema: { properties: { c: { type: "string", enum: ["USD"] } } } }] }] }],
  ["a result with fields that mean something to Gemini", "chat", "gemini", { messages: [...question, { role: "assistant", tool_calls: [chatCall("a")] }, { role: "tool", tool_call_id: "a", content: '{"output":"x","exit_code":1}' }] }, { contents: [{}, {}, { parts: [{ functionResponse: { name: "look", response: { output: '{"output":"x","exit_code":1}' } } }] }] }],
  ["a result that refers", "chat", "gemini", { messages: [...question, { role: "assistant", tool_calls: [chatCall("a")] }, { role: "tool", tool_call_id: "a", content: '{"a":{"$ref":"#/b"}}' }] }, { contents: [{}, {}, { parts: [{ functionResponse: { response: { output: '{"a":{"$ref":"#/b"}}' } } }] }] }],
  ["results of calls in two turns", "chat", "gemini", { messages: [...question, { role: "assistant", tool_calls: [chatCall("a")] }, { role: "assistant", tool_calls: [chatCall("b", "clock")] }, { role: "tool", tool_call_id: "b", content: "2" }, { role: "tool", tool_call_id: "a", content: "1" }] }, { contents: [{}, { role: "model", parts: [{ functionCall: { name: "look" } }, { functionCall: { name: "clock" } }] }, { parts: [{ functionResponse: { name: "look", response: { output: "1" } } }, { functionResponse: { name: "clock", response: { output: "2" } } }] }] }],
  ["text between calls", "responses", "openai", { input: interleaved }, { messages: [{}, { role: "assistant", content: "And the time.", tool_calls: [{ id: "a" }, { id: "b" }] }, { role: "tool", tool_call_id: "a" }, { role: "tool", tool_call_id: "b" }] }],
  ["text between calls", "responses", "gemini", { input: interleaved }, { contents: [{}, { parts: [{ text: "And the time." }, { functionCall: { name: "look" } }, { functionCall: { name: "clock" } }] }, { parts: [{ functionResponse: { name: "look" } }, { functionResponse: { name: "clock" } }] }] }],
  ["a turn before the result", "responses", "anthropic", { input: steered }, { messages: [{ role: "user" }, { role: "assistant", content: [{ type: "tool_use", id: "a" }] }, { role: "user", content: [{ type: "tool_result", tool_use_id: "a" }] }, { role: "user", content: "Hurry." }] }],
  ["a turn before the result", "responses", "openai", { input: steered }, { messages: [{}, { role: "assistant", tool_calls: [{ id: "a" }] }, { role: "tool", tool_call_id: "a" }, { role: "user", content: "Hurry." }] }],
  ["a refusal", "responses", "anthropic", { input: [...question, { type: "message", id: "m", role: "assistant", status: "completed", content: [{ type: "refusal", refusal: "No." }] }, ...question] }, { messages: [{}, { role: "assistant", content: "No." }, {}] }],
  ["a refusal", "chat", "gemini", { messages: [...question, { role: "assistant", content: [{ type: "refusal", refusal: "No." }] }, ...question] }, { contents: [{}, { role: "model", parts: [{ text: "No." }] }, {}] }],
  ["a schema that refers to where another first stood", "messages", "gemini", { messages: question, tools: [{ name: "look", input_schema: { type: "object", properties: { from: { type: "string" }, to: { $ref: "#/properties/from" } } } }] }, { tools: [{ functionDeclarations: [{ parametersJsonSchema: { properties: { from: { $ref: "#/$defs/from" }, to: { $ref: "#/$defs/from" } }, $defs: { from: { type: "string" } } } }] }] }],
  ["a schema that refers to where another first stood", "messages", "openai", { messages: question, tools: [{ name: "look", input_schema: { type: "object", properties: { from: { type: "string" }, to: { $ref: "#/properties/from" } } } }] }, { tools: [{ function: { parameters: { properties: { from: { $ref: "#/$defs/from" }, to: { $ref: "#/$defs/from" } }, $defs: { from: { type: "string" } } } } }] }],
  ["an image in lines, in full detail", "chat", "anthropic", { messages: [{ role: "user", content: [{ type: "text", text: "" }, { type: "image_url", image_url: { url: `data:image/png;base64,${pixel.slice(0, 4)}\r\n${pixel.slice(4)}\n`, detail: "high" } }] }] }, { messages: [{ content: [{ type: "image", source: { type: "base64", media_type: "image/png", data: pixel } }] }] }],
  ["an image as a result", "responses", "anthropic", { input: [...question, call("a"), { type: "function_call_output", call_id: "a", output: [{ type: "input_text", text: "See:" }, { type: "input_image", image_url: `data:image/png;base64,${pixel}` }] }] }, { messages: [{}, {}, { content: [{ type: "tool_result", content: [{ type: "text", text: "See:" }, { type: "image", source: { type: "base64", media_type: "image/png", data: pixel } }] }] }] }],
  ["an image as a result", "messages", "openai_responses", { messages: [...question, { role: "assistant", content: [{ type: "tool_use", id: "t", name: "look", input: {} }] }, { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: [{ type: "image", source: { type: "url", url: "https://example.org/a.png" } }] }] }] }, { input: [{}, {}, { type: "function_call_output", output: [{ type: "input_image", image_url: "https://example.org/a.png" }] }] }],
  ["an image of another kind than it is called", "chat", "anthropic", { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,/9j/4AAQ" } }] }] }, { messages: [{ content: [{ source: { media_type: "image/jpeg", data: "/9j/4AAQ" } }] }] }],
  ["an image that is called another name", "responses", "gemini", { input: [{ role: "user", content: [{ type: "input_image", image_url: "data:image/jpg;base64,AAAA" }] }] }, { contents: [{ parts: [{ inlineData: { mimeType: "image/jpeg", data: "AAAA" } }] }] }],
  ["instructions of which some are empty", "chat", "anthropic", { messages: [{ role: "system", content: " " }, { role: "system", content: "Be brief." }, ...question] }, { system: "Be brief." }],
  ["marked instructions of which some are empty", "chat", "anthropic", { messages: [{ role: "system", content: [{ type: "text", text: "" }, { type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }] }, ...question] }, { system: [{ type: "text", text: "Be brief." }] }],
  ["instructions of two kinds", "responses", "openai_compatible", { instructions: "Be brief.", input: [{ role: "developer", content: "Be kind." }, ...question, { role: "developer", content: "Be quick." }] }, { messages: [{ role: "system", content: "Be brief.\n\nBe kind." }, { role: "user" }, { role: "system", content: "Be quick." }] }],
  ["an assistant that said nothing", "chat", "openai_responses", { messages: [...question, { role: "assistant", content: null }, ...question] }, { input: [{}, { role: "assistant", content: "" }, {}] }],
])("request: %s, from %s to %s, is carried", async (_, client, dialect, body, expected) => {
  const { status, message, seen } = await ask(client, dialect, body);
  expect([status, message]).toEqual([200, ""]);
  expect(seen!.body).toMatchObject(expected);
});

const strictOutput = { output_config: { format: { type: "json_schema", schema: { type: "object", properties: { a: { type: "string" }, b: { type: "string" } }, required: ["a"], additionalProperties: false } } } };
const guaranteed = (schema: object) => ({ messages: question, response_format: { type: "json_schema", json_schema: { name: "a", strict: true, schema } } });

test.each<[string, Client, GatewayDialect, object, string]>([
  ["a tool's name of 65 characters", "messages", "openai", { messages: question, tools: [{ name: "m".repeat(65), input_schema: { type: "object" } }] }, "tools[].name"],
  ["a tool's name of 65 characters", "chat", "openai_responses", { messages: question, tools: [{ type: "function", function: { name: "m".repeat(65) } }] }, "tools[].name"],
  ["129 tools", "messages", "openai", { messages: question, tools: Array.from({ length: 129 }, (_, index) => ({ name: `t${index}`, input_schema: { type: "object" } })) }, "more than 128"],
  ["a choice at the top of a tool", "messages", "openai", { messages: question, tools: [{ name: "look", input_schema: { type: "object", anyOf: [{ required: ["a"] }] } }] }, "anyOf at the top"],
  ["a choice at the top of a tool", "chat", "anthropic", { messages: question, tools: [{ type: "function", function: { name: "look", parameters: { type: "object", oneOf: [{ required: ["a"] }] } } }] }, "oneOf at the top"],
  ["a property's name", "chat", "anthropic", { messages: question, tools: [{ type: "function", function: { name: "look", parameters: { type: "object", properties: { "filter[id]": {} } } } }] }, "names of properties"],
  ["a guarantee of optional properties", "messages", "openai", { messages: question, ...strictOutput }, "optional properties"],
  ["a guarantee of a range", "chat", "anthropic", guaranteed({ type: "object", properties: { n: { type: "integer", minimum: 1 } } }), "minimum"],
  ["a guarantee of a pattern", "chat", "gemini", guaranteed({ type: "object", properties: { n: { type: "string", pattern: "^a" } } }), "pattern"],
  ["a map", "chat", "anthropic", { messages: question, response_format: { type: "json_schema", json_schema: { name: "a", schema: { type: "object", additionalProperties: { type: "string" } } } } }, "additionalProperties"],
  ["a last turn of the assistant", "chat", "anthropic", { messages: [...question, { role: "assistant", content: "Well, " }] }, "ends with the assistant"],
  ["a last turn of the assistant", "chat", "gemini", { messages: [...question, { role: "assistant", content: "Well, " }] }, "ends with the assistant"],
  ["a last turn of the assistant before instructions", "chat", "anthropic", { messages: [...question, { role: "assistant", content: "Well." }, { role: "system", content: "Ask again." }] }, "ends with the assistant"],
  ["a last turn of the assistant before instructions", "messages", "gemini", { messages: [...question, { role: "assistant", content: "Well." }, { role: "system", content: "Ask again." }] }, "ends with the assistant"],
  ["a call before any turn of a user", "chat", "gemini", { messages: [{ role: "system", content: "Be brief." }, { role: "assistant", tool_calls: [chatCall("a")] }, { role: "tool", tool_call_id: "a", content: "1" }] }, "begins with a call"],
  ["an image as a result", "responses", "openai", { input: [...question, call("a"), { type: "function_call_output", call_id: "a", output: [{ type: "input_image", image_url: `data:image/png;base64,${pixel}` }] }] }, "image in a tool's result"],
  ["an assistant that said nothing", "chat", "anthropic", { messages: [...question, { role: "assistant", content: null }, ...question] }, "messages (empty)"],
  ["no tokens at all", "messages", "openai", { messages: question, max_tokens: 0 }, "max_tokens"],
  ["an empty input", "responses", "openai", { input: [] }, "'input'"],
])("request: %s, from %s to %s, is refused by its name", async (_, client, dialect, body, named) => {
  const { status, message, seen } = await ask(client, dialect, body);
  expect([status, seen]).toEqual([400, undefined]);
  expect(message).toContain(named);
});

test.each<[string, Client, GatewayDialect, object]>([
  ["a tool's name of 65 characters, which a server of the format may take", "chat", "openai", { messages: question, tools: [{ type: "function", function: { name: "m".repeat(65), parameters: { anyOf: [] } } }] }],
  ["a last turn of the assistant", "messages", "anthropic", { messages: [...question, { role: "assistant", content: "Well, " }] }],
  ["no tokens at all, which fills the provider's cache", "messages", "anthropic", { messages: question, max_tokens: 0 }],
  ["instructions in the midst", "messages", "anthropic", { messages: instructed }],
  ["an empty input", "responses", "openai_responses", { input: [], max_output_tokens: 1 }],
  ["items out of turn", "responses", "openai_responses", { input: steered }],
])("request: %s, of the deployment's own format, stays as it is", async (_, client, dialect, body) => {
  const { status, seen } = await ask(client, dialect, body);
  expect(status).toBe(200);
  expect(seen!.text).toBe(JSON.stringify({ model: "m-1", ...(client === "messages" && { max_tokens: 9 }), ...body }));
});

test("request: a top_p that means nothing does not stand beside Anthropic's temperature", async () => {
  const { seen } = await ask("chat", "anthropic", { messages: question, temperature: 0.7, top_p: 1 });
  expect(seen!.body).toMatchObject({ temperature: 0.7 });
  expect(seen!.body).not.toHaveProperty("top_p");
});

test.each([
  [2 ** 31 - 1, 2 ** 31 - 1],
  [2 ** 31, undefined],
  [123_456_789_012, undefined],
])("request: the seed %i reaches Gemini, whose seeds have 32 bits, as %s", async (seed, expected) => {
  const { status, seen } = await ask("chat", "gemini", { messages: question, seed });
  expect([status, (seen!.body as { generationConfig?: { seed?: number } }).generationConfig?.seed]).toEqual([200, expected]);
});

test("request: whom it is for goes to Anthropic with it", async () => {
  const { seen } = await ask("messages", "anthropic", { messages: question }, { "anthropic-user-profile-id": "uprof_1" });
  expect(seen!.headers).toMatchObject({ "anthropic-user-profile-id": "uprof_1" });
});
