import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { GatewayDialect } from "../../kernel/chat.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { configOf, Rig } from "../core/testing/rig.ts";

/**
 * Arguments of calls, schemas and results are other programs': between formats, too, numbers stay as they were written.
 */

const odd = '{"id":12345678901234567890,"price":1.0,"rate":1e2,"deep":[-0.50,{"n":0.10}]}';
const outer = (text: string) => text.replaceAll(/\s/g, "");

async function ask(dialect: GatewayDialect, path: string, body: string, answer: string) {
  const clock = new VirtualClock();
  const deployments = [{ name: "primary", dialect, model: "m-1", baseUrl: "http://primary/v1", credential: "env:P" }];
  const script = { before: [], status: 200, headers: { "content-type": "application/json" }, body: [{ text: answer }] };
  const rig = new Rig(clock, { primary: () => script }, configOf({ deployments, routes: [{ name: "chat", deployments: ["primary"] }] }));
  const answering = rig.gateway.handle({ method: "POST", path, headers: { authorization: "Bearer vk-a" }, body: utf8Bytes(body) }, neverSignal);
  await clock.run();
  let text = "";
  for await (const bytes of (await answering).body) text += utf8Text(bytes);
  return { text, sent: rig.transport.seen[0]!.text };
}

const anthropicAnswer = `{"id":"m","type":"message","role":"assistant","model":"m-1","content":[{"type":"tool_use","id":"t","name":"f","input":${odd}}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1}}`;
const geminiAnswer = `{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"f","args":${odd}}}]},"finishReason":"STOP"}],"modelVersion":"m-1","responseId":"r"}`;
const openaiAnswer = `{"id":"c","object":"chat.completion","model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":${JSON.stringify(odd)}}}]},"finish_reason":"tool_calls"}]}`;

const chatBody = `{"model":"chat","temperature":1.0,"max_tokens":90,"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","x":${odd}}}}],"messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":${JSON.stringify(odd)}}}]},{"role":"tool","tool_call_id":"t","content":${JSON.stringify(odd)}}]}`;
const messagesBody = `{"model":"chat","max_tokens":90,"tools":[{"name":"f","input_schema":{"type":"object","x":${odd}}}],"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":${odd}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"y"}]}]}`;

test.each([
  ["anthropic", anthropicAnswer, 2],
  ["gemini", geminiAnswer, 3],
] as const)("arguments: from OpenAI's format to %s and back", async (dialect, answer, places) => {
  const { sent, text } = await ask(dialect, "/v1/chat/completions", chatBody, answer);
  expect(outer(sent).split(odd).length - 1).toBe(places);
  expect((JSON.parse(text) as { choices: [{ message: { tool_calls: [{ function: { arguments: string } }] } }] }).choices[0].message.tool_calls[0].function.arguments).toBe(odd);
});

test.each(["openai", "openai_compatible"] as const)("arguments: from Anthropic's format to %s and back", async (dialect) => {
  const { sent, text } = await ask(dialect, "/v1/messages", messagesBody, openaiAnswer);
  expect(sent).toContain(odd);
  expect(sent).toContain(JSON.stringify(odd));
  expect(text).toContain(`"input":${odd}`);
});
