import type { ChatCompletionMessageParam } from "openai/resources/chat/completions";
import { expect, test } from "vitest";
import { expectedAnswer } from "./fixtures/fixture.ts";
import { dialects, fixturesOf, says, startGatewayTo } from "./support/gateway.ts";

/** Conversations that began elsewhere, as each provider must receive them. */

const call = (id: string, name: string, input: string) => ({ id, type: "function" as const, function: { name, arguments: input } });
const result = (id: string, content: string): ChatCompletionMessageParam => ({ role: "tool", tool_call_id: id, content });

/**
 * Two turns whose calls bear the same ids, as servers number them that give none; the results of the second in another
 * order than its calls.
 */
const numbered: ChatCompletionMessageParam[] = [
  { role: "user", content: "Weather and time?" },
  { role: "assistant", content: null, tool_calls: [call("call_0", "get_weather", '{"city":"Oslo"}')] },
  result("call_0", "cold"),
  { role: "assistant", content: null, tool_calls: [call("call_0", "get_time", '{"zone":"CET"}'), call("call_1", "get_time", '{"zone":"UTC"}')] },
  result("call_1", "eleven"),
  result("call_0", "noon"),
];

test("history: Gemini gets results by name and in order, whatever the ids and the order in which they came", async () => {
  const { openai, providers } = await startGatewayTo([["gemini", says(fixturesOf.gemini.text)]]);
  await openai.chat.completions.create({ model: "chat", messages: numbered });
  const { contents } = providers[0]!.seen[0]!.body as { contents: { parts: { functionResponse?: object }[] }[] };
  expect([contents[2], contents[4]].map((content) => content!.parts.map(({ functionResponse }) => functionResponse))).toEqual([
    [{ name: "get_weather", response: { output: "cold" } }],
    [
      { name: "get_time", response: { output: "noon" } },
      { name: "get_time", response: { output: "eleven" } },
    ],
  ]);
});

test.each(["anthropic", "openai_responses"] as const)("history: calls of the same id get ids of their own for %s, with their results", async (dialect) => {
  const { openai, providers } = await startGatewayTo([[dialect, says(fixturesOf[dialect].text)]]);
  await openai.chat.completions.create({ model: "chat", messages: numbered });
  const ids = JSON.stringify(providers[0]!.seen[0]!.body).match(/"(?:tool_use_id|call_id|id)":"[^"]*"/g)!;
  expect(ids.map((text) => text.split('"')[3])).toEqual(["call_0", "call_0", "call_0_2", "call_1", "call_1", "call_0_2"]);
});

const vllm = `chatcmpl-tool-${"0123456789abcdef".repeat(2)}`;

test.each([
  ["anthropic", "functions.look:0", "functions_2elook_3a0"],
  ["anthropic", "call_A-1", "call_A-1"],
  ["openai", vllm, vllm.slice(-40)],
  ["openai_compatible", "functions.look:0", "functions.look:0"],
] as const)("history: %s gets the id %s of another maker's call as it can take it, with the call and with its result", async (dialect, id, expected) => {
  const { openai, providers } = await startGatewayTo([[dialect, says(fixturesOf[dialect].text)]]);
  await openai.chat.completions.create({ model: "chat", messages: [{ role: "user", content: "x" }, { role: "assistant", tool_calls: [call(id, "look", "{}")] }, result(id, "y")] });
  const ids = JSON.stringify(providers[0]!.seen[0]!.body).match(/"(?:tool_call_id|tool_use_id|id)":"[^"]*"/g)!;
  expect(ids.map((text) => text.split('"')[3])).toEqual([expected, expected]);
});

test.each(dialects)("history: who speaks and what was refused reach %s, or it is passed over by name", async (dialect) => {
  const { openai, providers } = await startGatewayTo([[dialect, says(fixturesOf[dialect].text)]]);
  const messages: ChatCompletionMessageParam[] = [
    { role: "user", name: "Ada", content: "Say it." },
    { role: "assistant", content: null, refusal: "I will not." },
    { role: "user", content: "Please." },
  ];
  const asking = openai.chat.completions.create({ model: "chat", messages });
  if (dialect === "anthropic" || dialect === "gemini" || dialect === "openai_responses") return expect(asking).rejects.toMatchObject({ status: 400, code: "unsupported_parameter", message: expect.stringContaining("'messages[].name'") as string });
  await asking;
  expect(providers[0]!.seen[0]!.body["messages"]).toEqual(messages);
});

const prefilled = { model: "chat", max_tokens: 50, messages: [{ role: "user" as const, content: "JSON please" }, { role: "assistant" as const, content: '{"a":' }] };

test("prefill: the beginning of an answer goes only to deployments that continue it", async () => {
  const both = await startGatewayTo([
    ["openai", says(fixturesOf.openai.text)],
    ["anthropic", says(fixturesOf.anthropic.text)],
  ]);
  expect((await both.anthropic.messages.create(prefilled)).content).toMatchObject([{ text: expectedAnswer.text }]);
  expect(both.providers.map(({ seen }) => seen.length)).toEqual([0, 1]);
  for (const dialect of ["openai", "openai_compatible", "gemini"] as const) {
    const alone = await startGatewayTo([[dialect, says(fixturesOf[dialect].text)]]);
    await expect(alone.anthropic.messages.create(prefilled)).rejects.toMatchObject({ status: 400, message: expect.stringContaining("prefill") as string });
  }
  const continuing = await startGatewayTo([["openai_compatible", says(fixturesOf.openai_compatible.text)]], {}, { continuesPrefix: true });
  expect((await continuing.anthropic.messages.create(prefilled)).content).toMatchObject([{ text: expectedAnswer.text }]);
});

test("prefill: for OpenAI's clients an assistant's last message is one like the others", async () => {
  const { openai, providers } = await startGatewayTo([["openai", says(fixturesOf.openai.text)]]);
  await openai.chat.completions.create({ model: "chat", messages: prefilled.messages });
  expect(providers[0]!.seen[0]!.body["messages"]).toEqual(prefilled.messages);
});

const strictTool = { type: "function" as const, function: { name: "look", strict: true, parameters: { type: "object", properties: {} } } };

test.each([
  [undefined, { mode: "VALIDATED" }],
  ["auto", { mode: "VALIDATED" }],
  ["required", { mode: "ANY" }],
  ["none", { mode: "NONE" }],
] as const)("tools: strict ones stay so with Gemini, choice %s", async (tool_choice, expected) => {
  const { openai, providers } = await startGatewayTo([["gemini", says(fixturesOf.gemini.text)]]);
  await openai.chat.completions.create({ model: "chat", messages: [{ role: "user", content: "x" }], tools: [strictTool], ...(tool_choice !== undefined && { tool_choice }) });
  expect(providers[0]!.seen[0]!.body).toMatchObject({ toolConfig: { functionCallingConfig: expected } });
});

test.each([
  ["anthropic", ["END", "\n\n"]],
  ["openai", ["1", "2", "3", "4", "5"]],
  ["gemini", ["1", "2", "3", "4", "5", "6"]],
] as const)("stop: %s takes no %j, so it is passed over, and never asked for less", async (dialect, stop) => {
  const { openai, anthropic, providers } = await startGatewayTo([
    [dialect, says(fixturesOf[dialect].text)],
    ["openai_compatible", says(fixturesOf.openai_compatible.text)],
  ]);
  await openai.chat.completions.create({ model: "chat", messages: [{ role: "user", content: "x" }], stop: [...stop] });
  await anthropic.messages.create({ model: "chat", max_tokens: 5, messages: [{ role: "user", content: "x" }], stop_sequences: [...stop] });
  expect(providers.map(({ seen }) => seen.map(({ body }) => body["stop"]))).toEqual([[], [stop, stop]]);
});

test.each([
  ["anthropic", "instructions alone", [{ role: "system", content: "Write a poem." }]],
  ["gemini", "instructions alone", [{ role: "system", content: "Write a poem." }]],
  ["anthropic", "a turn without a word", [{ role: "user", content: " " }, { role: "user", content: "x" }]],
] as const)("history: %s takes no %s, as OpenAI does: it is passed over, also for failover", async (dialect, _, messages) => {
  const { openai, providers } = await startGatewayTo([
    [dialect, says(fixturesOf[dialect].text)],
    ["openai", says(fixturesOf.openai.text)],
  ]);
  await openai.chat.completions.create({ model: "chat", messages: [...messages] });
  expect(providers.map(({ seen }) => seen.length)).toEqual([0, 1]);
});

test("history: what the OpenAI SDK's parsing helpers add to an answer may come back with it", async () => {
  const { openai } = await startGatewayTo([["openai", says(fixturesOf.openai.structured)]]);
  const schema = { type: "object", properties: { answer: { type: "integer" } }, required: ["answer"], additionalProperties: false };
  const ask = { model: "chat", response_format: { type: "json_schema" as const, json_schema: { name: "answer", schema, strict: true } } };
  const { choices } = await openai.chat.completions.parse({ ...ask, messages: [{ role: "user", content: "x" }] });
  expect(choices[0]!.message).toHaveProperty("parsed");
  const answered = { ...choices[0]!.message, parsed: { answer: 42 } };
  await openai.chat.completions.create({ ...ask, messages: [{ role: "user", content: "x" }, answered, { role: "user", content: "y" }] });

  const calling = await startGatewayTo([["openai", says(fixturesOf.openai.tools)]]);
  const tools = expectedAnswer.calls.map(({ name }) => ({ type: "function" as const, name, parameters: { type: "object", properties: {} }, strict: true }));
  const { output } = await calling.openai.responses.parse({ model: "chat", input: "x", tools });
  const calls = output.filter(({ type }) => type === "function_call").map((call) => ({ ...call, parsed_arguments: {} }));
  expect(calls).toHaveLength(2);
  await calling.openai.responses.create({ model: "chat", input: [{ role: "user", content: "x" }, ...output.filter(({ type }) => type === "message"), ...calls] as never, tools });
});
