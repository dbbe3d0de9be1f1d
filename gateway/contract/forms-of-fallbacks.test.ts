import { expect, test } from "vitest";
import type { GatewayDialect } from "../../kernel/chat.ts";
import { fixturesOf, says, startGatewayTo } from "./support/gateway.ts";

/** What a request of OpenAI's format becomes at a deployment of another: carried, or refused by its name. */

const question = [{ role: "user", content: "Say it." }];
const toolOf = (named: object, more: object = {}) => ({ type: "function", function: named, ...more });
const others = ["anthropic", "gemini", "openai_responses"] as const satisfies readonly GatewayDialect[];

async function ask(dialect: GatewayDialect, body: string | Uint8Array<ArrayBuffer> | object) {
  const { url, providers } = await startGatewayTo([[dialect, says(fixturesOf[dialect].text)]]);
  const text = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify({ model: "chat", messages: question, ...body });
  const response = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { authorization: "Bearer vk-1", "content-type": "application/json" }, body: text });
  const { error } = (await response.json()) as { error?: { message: string } };
  return { status: response.status, message: error?.message ?? "", sent: providers[0]!.seen[0]?.body };
}

test.each<[string, object, Partial<Record<(typeof others)[number], string>>]>([
  ["a schema beside json_object", { response_format: { type: "json_object", schema: { type: "object" } } }, { anthropic: "response_format.schema", gemini: "response_format.schema", openai_responses: "response_format.schema" }],
  ["a tool with a name that compatible servers accept", { tools: [toolOf({ name: "mcp.server:look" })] }, { anthropic: "tools[].name", openai_responses: "tools[].name" }],
  ["a tool with a name that nobody else accepts", { tools: [toolOf({ name: "mcp/look" })] }, { anthropic: "tools[].name", gemini: "tools[].name", openai_responses: "tools[].name" }],
  ["a tool with a name of 129 characters", { tools: [toolOf({ name: "a".repeat(129) })] }, { anthropic: "tools[].name", gemini: "tools[].name", openai_responses: "tools[].name" }],
  ["an empty turn of the assistant", { messages: [...question, { role: "assistant", content: "" }, ...question] }, { anthropic: "messages (empty)", gemini: "messages (empty)" }],
  ["a turn of one empty part", { messages: [{ role: "user", content: [{ type: "text", text: "" }] }] }, { anthropic: "messages (empty)", gemini: "messages (empty)" }],
  ["a tool with a mark for the cache", { tools: [toolOf({ name: "look" }, { cache_control: { type: "ephemeral" } })] }, {}],
])("request: %s is refused by its name where it cannot be carried", async (_, body, refused) => {
  for (const dialect of others) {
    const { status, message } = await ask(dialect, body);
    expect([dialect, status]).toEqual([dialect, refused[dialect] === undefined ? 200 : 400]);
    expect(message).toContain(refused[dialect] ?? "");
  }
});

test("anthropic: a tool's schema has the type that the API requires, and its mark for the cache", async () => {
  const mark = { type: "ephemeral" };
  const { sent } = await ask("anthropic", { tools: [toolOf({ name: "bare", parameters: {} }), toolOf({ name: "marked", parameters: { properties: {} } }, { cache_control: mark })] });
  expect(sent?.["tools"]).toEqual([
    { name: "bare", input_schema: { type: "object" } },
    { name: "marked", input_schema: { type: "object", properties: {} }, cache_control: mark },
  ]);
});

test("gemini: no empty texts are sent", async () => {
  const messages = [{ role: "system", content: "" }, { role: "user", content: [{ type: "text", text: "" }, { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] }];
  const { sent } = await ask("gemini", { messages });
  expect(sent).toEqual({ contents: [{ role: "user", parts: [{ inlineData: { mimeType: "image/png", data: "AAAA" } }] }] });
});

test.each([100, 200_000])("request: a body of %i bytes that is not UTF-8 is refused, and one with U+FFFD in it is not", async (length) => {
  const [before, after] = [Buffer.from(`{"model":"chat","messages":[{"role":"user","content":"${"a".repeat(length)}`), Buffer.from('"}]}')];
  const latin = await ask("openai", new Uint8Array(Buffer.concat([before, Buffer.from([0xe9]), after])));
  expect([latin.status, latin.sent]).toEqual([400, undefined]);
  expect((await ask("openai", new Uint8Array(Buffer.concat([before, Buffer.from("\uFFFD"), after])))).status).toBe(200);
});
