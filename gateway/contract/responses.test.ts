import type { FunctionTool, Response, ResponseInput } from "openai/resources/responses/responses";
import { expect, test } from "vitest";
import { expectedAnswer } from "./fixtures/fixture.ts";
import { dialects, fixturesOf, says, startGatewayTo } from "./support/gateway.ts";

const ask = { model: "chat", input: "Say it." };
const parameters = (name: string) => ({ type: "object", properties: { [name]: { type: "string" } }, required: [name] });
const tools: FunctionTool[] = [
  { type: "function", name: "get_weather", parameters: parameters("city"), strict: true },
  { type: "function", name: "get_time", parameters: parameters("zone"), strict: null },
];

function callsOf({ output }: Pick<Response, "output">): object[] {
  return output.flatMap((item) => (item.type === "function_call" ? [{ name: item.name, input: JSON.parse(item.arguments) as object }] : []));
}

const called = expectedAnswer.calls.map(({ name, arguments: input }) => ({ name, input }));

test.each(dialects)("responses: the OpenAI SDK gets text from %s, as JSON and as a stream", async (dialect) => {
  const { openai } = await startGatewayTo([[dialect, says(fixturesOf[dialect].text)]]);
  const whole = await openai.responses.create({ ...ask, metadata: { trace: "t" } });
  expect(whole).toMatchObject({ object: "response", status: "completed", model: "m-1", output_text: expectedAnswer.text });
  /** A provider of the format says itself what it was asked. */
  if (dialect !== "openai_responses") expect(whole.metadata).toMatchObject({ trace: "t" });
  expect(whole.usage).toMatchObject({ input_tokens: expectedAnswer.inputTokens, output_tokens: expectedAnswer.outputTokens, total_tokens: 10 });
  const streamed = await openai.responses.stream(ask).finalResponse();
  expect(streamed).toMatchObject({ status: "completed", output_text: expectedAnswer.text, usage: { output_tokens: expectedAnswer.outputTokens } });
});

test.each(dialects)("responses: tool calls of %s, as JSON and as a stream, and the same id in both ends of the conversation", async (dialect) => {
  const { openai, providers } = await startGatewayTo([[dialect, says(fixturesOf[dialect].tools)]]);
  const whole = await openai.responses.create({ ...ask, tools });
  const streamed = await openai.responses.stream({ ...ask, tools }).finalResponse();
  for (const response of [whole, streamed]) {
    expect(response.output_text).toBe(expectedAnswer.toolText);
    expect(callsOf(response)).toEqual(called);
  }
  const results = whole.output.flatMap((item): ResponseInput => (item.type === "function_call" ? [{ type: "function_call_output", call_id: item.call_id, output: "ok" }] : []));
  await openai.responses.create({ ...ask, tools, input: [{ role: "user", content: "Say it." }, ...(whole.output as ResponseInput), ...results] });
  const history = JSON.stringify(providers[0]!.seen.at(-1)!.body);
  for (const { name } of called) expect(history).toContain(`"${name}"`);
  expect(history.match(/"ok"/g)).toHaveLength(2);
});

test.each(dialects)("responses: an answer that %s breaks off is incomplete, as JSON and as a stream", async (dialect) => {
  const { openai } = await startGatewayTo([[dialect, says(fixturesOf[dialect].length)]]);
  const ends = [await openai.responses.create({ ...ask, max_output_tokens: 1 }), await openai.responses.stream({ ...ask, max_output_tokens: 1 }).finalResponse()];
  for (const response of ends) expect(response).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" }, output_text: expectedAnswer.cut });
});

test.each(dialects)("responses: structured output through %s", async (dialect) => {
  const { openai, providers } = await startGatewayTo([[dialect, says(fixturesOf[dialect].structured)]]);
  const schema = { type: "object", properties: { answer: { type: "integer" } }, required: ["answer"], additionalProperties: false };
  const response = await openai.responses.create({ ...ask, text: { format: { type: "json_schema", name: "answer", schema, strict: true } } });
  expect(JSON.parse(response.output_text)).toEqual({ answer: 42 });
  expect(JSON.stringify(providers[0]!.seen[0]!.body)).toContain(JSON.stringify(schema));
  if (dialect !== "openai_responses") expect(response.text?.format).toMatchObject({ type: "json_schema", name: "answer", strict: true });
});

test("responses: the events of a stream are numbered without a gap, and each item is announced, filled and closed", async () => {
  const { openai } = await startGatewayTo([["anthropic", says(fixturesOf.anthropic.tools)]]);
  const events = [];
  for await (const event of await openai.responses.create({ ...ask, tools, stream: true })) events.push(event);
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
  const call = ["response.output_item.added", "response.function_call_arguments.delta", "response.function_call_arguments.delta", "response.function_call_arguments.done", "response.output_item.done"];
  expect(events.map(({ type }) => type)).toEqual([
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    ...call,
    ...call,
    "response.completed",
  ]);
});

test.each([
  ["an earlier response", { previous_response_id: "resp_1" }, "previous_response_id"],
  ["a tool of the provider's", { tools: [{ type: "web_search" }] }, "tools"],
  ["a file", { input: [{ role: "user", content: [{ type: "input_file", file_id: "x" }] }] }, "input[0].content[0]"],
  ["an item unknown", { input: [{ type: "reasoning", id: "r", summary: [] }] }, "input[0].type"],
  ["an answer in the background", { background: true }, "background"],
])("responses: %s is refused by name, and no provider is asked", async (_, extra, named) => {
  const { openai, providers } = await startGatewayTo([["openai", says(fixturesOf.openai.text)]]);
  const asking = openai.responses.create({ ...ask, ...extra } as Parameters<typeof openai.responses.create>[0]);
  await expect(asking).rejects.toMatchObject({ status: 400, message: expect.stringContaining(`'${named}'`) as string });
  expect(providers[0]!.seen).toEqual([]);
});
