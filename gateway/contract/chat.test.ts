import type { ChatCompletionCreateParamsNonStreaming, ChatCompletionTool } from "openai/resources/chat/completions";
import { expect, test } from "vitest";
import { expectedAnswer } from "./fixtures/fixture.ts";
import { dialects, fixturesOf, says, startGatewayTo } from "./support/gateway.ts";

const ask = { model: "chat", messages: [{ role: "user" as const, content: "Say it." }] };
const parameters = (name: string) => ({ type: "object", properties: { [name]: { type: "string" } }, required: [name] });
const tools: ChatCompletionTool[] = [
  { type: "function", function: { name: "get_weather", description: "Weather of a city", parameters: parameters("city") } },
  { type: "function", function: { name: "get_time", parameters: parameters("zone") } },
];
const usage = { prompt_tokens: expectedAnswer.inputTokens, completion_tokens: expectedAnswer.outputTokens };
const called = expectedAnswer.calls.map(({ name, arguments: input }) => ({ name, input }));

test.each(dialects)("chat completions: the OpenAI SDK gets text from %s, as JSON and as a stream", async (dialect) => {
  const { openai } = await startGatewayTo([[dialect, says(fixturesOf[dialect].text)]]);
  const whole = await openai.chat.completions.create(ask);
  expect(whole).toMatchObject({ object: "chat.completion", model: "m-1", choices: [{ message: { role: "assistant", content: expectedAnswer.text }, finish_reason: "stop" }], usage });
  const stream = openai.chat.completions.stream({ ...ask, stream_options: { include_usage: true } });
  expect(await stream.finalContent()).toBe(expectedAnswer.text);
  expect((await stream.finalChatCompletion()).choices[0]?.finish_reason).toBe("stop");
  expect(await stream.totalUsage()).toMatchObject(usage);
});

test.each(dialects)("chat completions: two parallel tool calls of %s, as JSON and as a stream", async (dialect) => {
  const { openai } = await startGatewayTo([[dialect, says(fixturesOf[dialect].tools)]]);
  const whole = await openai.chat.completions.create({ ...ask, tools });
  const streamed = await openai.chat.completions.stream({ ...ask, tools }).finalChatCompletion();
  for (const { choices } of [whole, streamed]) {
    const { message, finish_reason } = choices[0]!;
    expect([message.content, finish_reason]).toEqual([expectedAnswer.toolText, "tool_calls"]);
    const calls = (message.tool_calls ?? []).flatMap((call) => (call.type === "function" ? [{ name: call.function.name, input: JSON.parse(call.function.arguments) as object }] : []));
    expect(calls).toEqual(called);
    expect(new Set(message.tool_calls?.map(({ id }) => id)).size).toBe(2);
  }
});

test.each(dialects)("chat completions: an answer that %s breaks off says so", async (dialect) => {
  const { openai } = await startGatewayTo([[dialect, says(fixturesOf[dialect].length)]]);
  expect((await openai.chat.completions.create({ ...ask, max_tokens: 1 })).choices[0]).toMatchObject({ message: { content: expectedAnswer.cut }, finish_reason: "length" });
});

test.each(dialects)("chat completions: structured output through %s", async (dialect) => {
  const { openai, providers } = await startGatewayTo([[dialect, says(fixturesOf[dialect].structured)]]);
  const schema = { type: "object", properties: { answer: { type: "integer" } }, required: ["answer"], additionalProperties: false };
  const { choices } = await openai.chat.completions.create({ ...ask, response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } } });
  expect(JSON.parse(choices[0]!.message.content!)).toEqual({ answer: 42 });
  const asked = { openai: openaiFormat(schema), openai_compatible: openaiFormat(schema), openai_responses: { text: { format: { type: "json_schema", name: "answer", schema, strict: true } } }, anthropic: { output_config: { format: { type: "json_schema", schema } } }, gemini: { generationConfig: { responseMimeType: "application/json", responseJsonSchema: schema } } };
  expect(providers[0]!.seen[0]!.body).toMatchObject(asked[dialect]);
});

const openaiFormat = (schema: object) => ({ response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } } });

const turns: ChatCompletionCreateParamsNonStreaming["messages"] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Weather and time?" },
  { role: "assistant", content: null, tool_calls: expectedAnswer.calls.map(({ id, name, arguments: input }) => ({ id, type: "function", function: { name, arguments: JSON.stringify(input) } })) },
  { role: "tool", tool_call_id: "call_a", content: '{"celsius":4}' },
  { role: "tool", tool_call_id: "call_b", content: "noon" },
];

/** The same conversation and parameters, as each provider must receive them. */
const expected = {
  openai: {
    model: "m-1",
    messages: turns,
    tools,
    tool_choice: { type: "function", function: { name: "get_time" } },
    temperature: 0.5,
    top_p: 0.9,
    stop: "END",
    seed: 7,
    user: "u-1",
    metadata: { trace: "t" },
    max_completion_tokens: 20,
  },
  anthropic: {
    model: "m-1",
    system: "Be brief.",
    max_tokens: 20,
    temperature: 0.5,
    top_p: 0.9,
    stop_sequences: ["END"],
    metadata: { user_id: "u-1" },
    tools: [
      { name: "get_weather", description: "Weather of a city", input_schema: parameters("city") },
      { name: "get_time", input_schema: parameters("zone") },
    ],
    tool_choice: { type: "tool", name: "get_time" },
    stream: false,
    messages: [
      { role: "user", content: "Weather and time?" },
      { role: "assistant", content: expectedAnswer.calls.map(({ id, name, arguments: input }) => ({ type: "tool_use", id, name, input })) },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "call_a", content: '{"celsius":4}' },
          { type: "tool_result", tool_use_id: "call_b", content: "noon" },
        ],
      },
    ],
  },
  gemini: {
    systemInstruction: { role: "user", parts: [{ text: "Be brief." }] },
    contents: [
      { role: "user", parts: [{ text: "Weather and time?" }] },
      {
        role: "model",
        parts: [
          { functionCall: { name: "get_weather", args: { city: "Oslo" } }, thoughtSignature: "skip_thought_signature_validator" },
          { functionCall: { name: "get_time", args: { zone: "CET" } } },
        ],
      },
      {
        role: "user",
        parts: [{ functionResponse: { name: "get_weather", response: { celsius: 4 } } }, { functionResponse: { name: "get_time", response: { output: "noon" } } }],
      },
    ],
    tools: [
      {
        functionDeclarations: [
          { name: "get_weather", description: "Weather of a city", parametersJsonSchema: parameters("city") },
          { name: "get_time", parametersJsonSchema: parameters("zone") },
        ],
      },
    ],
    toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["get_time"] } },
    generationConfig: { maxOutputTokens: 20, temperature: 0.5, topP: 0.9, stopSequences: ["END"], seed: 7 },
  },
} as const;

test.each(["openai", "openai_compatible", "anthropic", "gemini"] as const)("chat completions: a conversation with calls, results and parameters reaches %s in its own format, whole", async (dialect) => {
  const { openai, providers } = await startGatewayTo([[dialect, says(fixturesOf[dialect].text)]]);
  await openai.chat.completions.create({
    model: "chat",
    messages: turns,
    tools,
    tool_choice: { type: "function", function: { name: "get_time" } },
    temperature: 0.5,
    top_p: 0.9,
    stop: "END",
    seed: 7,
    user: "u-1",
    metadata: { trace: "t" },
    max_completion_tokens: 20,
  });
  expect(providers[0]!.seen[0]!.body).toEqual(expected[dialect === "openai_compatible" ? "openai" : dialect]);
});

test("chat completions: the same reaches openai_responses without the words that it lacks, and the provider keeps nothing", async () => {
  const { openai, providers } = await startGatewayTo([["openai_responses", says(fixturesOf.openai_responses.text)]]);
  const parameters = { temperature: 0.5, top_p: 0.9, seed: 7, user: "u-1", metadata: { trace: "t" }, max_completion_tokens: 20, reasoning_effort: "low", verbosity: "low" } as const;
  await openai.chat.completions.create({ model: "chat", messages: turns, tools, tool_choice: { type: "function", function: { name: "get_time" } }, ...parameters });
  expect(providers[0]!.seen[0]!).toMatchObject({ path: "/v1/responses" });
  expect(providers[0]!.seen[0]!.body).toEqual({
    store: false, user: "u-1", metadata: { trace: "t" }, model: "m-1", stream: false, max_output_tokens: 20, temperature: 0.5, top_p: 0.9, reasoning: { effort: "low" }, text: { verbosity: "low" },
    input: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Weather and time?" },
      { type: "function_call", call_id: "call_a", name: "get_weather", arguments: '{"city":"Oslo"}' },
      { type: "function_call", call_id: "call_b", name: "get_time", arguments: '{"zone":"CET"}' },
      { type: "function_call_output", call_id: "call_a", output: '{"celsius":4}' },
      { type: "function_call_output", call_id: "call_b", output: "noon" },
    ],
    tools: [
      { type: "function", name: "get_weather", description: "Weather of a city", parameters: parametersOf("get_weather"), strict: false },
      { type: "function", name: "get_time", parameters: parametersOf("get_time"), strict: false },
    ],
    tool_choice: { type: "function", name: "get_time" },
  });
  await expect(openai.chat.completions.create({ model: "chat", messages: turns, stop: "END" })).rejects.toMatchObject({ status: 400, message: expect.stringContaining("'stop'") as string });
});

const parametersOf = (name: string) => tools.flatMap((tool) => (tool.type === "function" && tool.function.name === name ? [tool.function.parameters] : []))[0];
