import { expect, test } from "vitest";
import type { Usage } from "../../kernel/chat.ts";
import { ResponsesReader } from "./responses-reader.ts";

const response = (rest: object) => ({ id: "resp_1", model: "m", status: "completed", output: [], ...rest });

function usageOf(rest: object): Usage | undefined {
  const body = response(rest);
  const event = new ResponsesReader().whole(body).find(({ type }) => type === "usage");
  return event?.type === "usage" ? event.usage : undefined;
}

test.each<readonly [name: string, rest: object, usage: Usage | undefined]>([
  ["none", {}, undefined],
  ["null", { usage: null }, undefined],
  ["input and output alone", { usage: { input_tokens: 5, output_tokens: 2 } }, { inputTokens: 5, outputTokens: 2 }],
  ["thoughts within the output", { usage: { input_tokens: 5, output_tokens: 40, output_tokens_details: { reasoning_tokens: 30 }, total_tokens: 45 } }, { inputTokens: 5, outputTokens: 40, reasoningTokens: 30 }],
  ["a total larger than its parts", { usage: { input_tokens: 5, output_tokens: 2, total_tokens: 37 } }, { inputTokens: 5, outputTokens: 32 }],
  ["input from the provider's cache", { usage: { input_tokens: 5, output_tokens: 2, input_tokens_details: { cached_tokens: 4 } } }, { inputTokens: 5, outputTokens: 2, cachedInputTokens: 4 }],
  ["input written to the provider's cache", { usage: { input_tokens: 9, output_tokens: 2, input_tokens_details: { cached_tokens: 0, cache_write_tokens: 7 } } }, { inputTokens: 9, outputTokens: 2, cachedInputTokens: 0, cacheWriteTokens: 7 }],
  ["a service tier", { usage: { input_tokens: 5, output_tokens: 2 }, service_tier: "priority" }, { inputTokens: 5, outputTokens: 2, serviceTier: "priority" }],
  ["a tool that the provider runs", { usage: { input_tokens: 5, output_tokens: 2 }, output: [{ type: "web_search_call", id: "ws" }] }, { inputTokens: 5, outputTokens: 2, hasOtherCharges: true }],
  ["a function that the client runs", { usage: { input_tokens: 5, output_tokens: 2 }, output: [{ type: "function_call", id: "fc", call_id: "c", name: "f", arguments: "{}" }] }, { inputTokens: 5, outputTokens: 2 }],
])("ResponsesReader: usage: %s", (_, rest, usage) => {
  expect(usageOf(rest)).toEqual(usage);
});

const event = (type: string, rest: object = {}) => ({ event: type, data: JSON.stringify({ type, ...rest }) });
const message = { type: "message", id: "msg_1", role: "assistant", status: "completed", content: [{ type: "output_text", text: "One two", annotations: [] }] };
const call = { type: "function_call", id: "fc_1", call_id: "c1", name: "f", arguments: '{"x":1}', status: "completed" };

test.each([
  ["text in the whole response alone", [event("response.completed", { response: response({ output: [message] }) })], "One two", []],
  ["text in the item that is done, and again at the end", [event("response.output_item.done", { output_index: 0, item: message }), event("response.completed", { response: response({ output: [message] }) })], "One two", []],
  ["text in pieces, and again at the end", [event("response.output_text.delta", { output_index: 0, delta: "One two" }), event("response.output_item.done", { output_index: 1, item: message }), event("response.completed", { response: response({ output: [message] }) })], "One two", []],
  ["a call in the item that is done, and again at the end", [event("response.output_item.done", { output_index: 0, item: call }), event("response.completed", { response: response({ output: [call] }) })], "", ['f{"x":1}']],
  ["a call in pieces, and again at the end", [event("response.output_item.added", { output_index: 2, item: { ...call, arguments: "" } }), event("response.function_call_arguments.delta", { output_index: 2, delta: '{"x":1}' }), event("response.output_item.done", { output_index: 2, item: call }), event("response.completed", { response: response({ output: [message, call] }) })], "One two", ['f{"x":1}']],
] as const)("ResponsesReader: %s, is emitted once", (_, events, text, calls) => {
  const reader = new ResponsesReader();
  const opening = event("response.created", { response: response({ status: "in_progress" }) });
  const read = [opening, ...events].flatMap((one) => reader.next(one));
  expect(read.map((one) => (one.type === "text" ? one.text : "")).join("")).toBe(text);
  const emitted: string[] = [];
  for (const one of read) {
    if (one.type === "tool_call") emitted[one.index] = one.name;
    if (one.type === "tool_arguments") emitted[one.index] += one.text;
  }
  expect(emitted).toEqual(calls);
  expect(read.at(-1)).toEqual({ type: "end" });
});

const callItem = (number: number, args: string) => ({ id: `fc_${number}`, type: "function_call", call_id: `call_${number}`, name: "look", arguments: args });
const [one, two] = ['{"a":1}', '{"b":2}'];

/** Two calls of one response, in turn. */
test.each([
  ["each with its place", true, ["added", "delta", "done"]],
  ["by their items' ids alone", false, ["added", "delta", "done"]],
  ["with their arguments in their own last events", false, ["added", "arguments", "done"]],
  ["with their arguments in the items alone", true, ["added", "done"]],
  ["with their arguments in the last event alone", true, ["added"]],
  ["in the last event alone", true, []],
])("ResponsesReader: two calls, %s, keep their own arguments, and come once", (_, hasPlace, kinds) => {
  const place = (number: number) => (hasPlace ? { output_index: number } : {});
  const both = (event: (number: number, args: string) => object) => [event(1, one!), event(2, two!)];
  const events: Readonly<Record<string, readonly object[]>> = {
    added: both((number) => ({ type: "response.output_item.added", output_index: number, item: callItem(number, "") })),
    delta: both((number, delta) => ({ type: "response.function_call_arguments.delta", ...place(number), item_id: `fc_${number}`, delta })),
    arguments: both((number, args) => ({ type: "response.function_call_arguments.done", ...place(number), item_id: `fc_${number}`, arguments: args })),
    done: both((number, args) => ({ type: "response.output_item.done", ...place(number), item: callItem(number, args) })),
  };
  const reader = new ResponsesReader();
  const stream = [{ type: "response.created", response: response({ status: "in_progress" }) }, ...kinds.flatMap((kind) => events[kind]!), { type: "response.completed", response: response({ output: [callItem(1, one!), callItem(2, two!)] }) }];
  const read = stream.flatMap((event) => reader.next({ event: "message", data: JSON.stringify(event) }));
  expect(read.filter(({ type }) => type === "tool_call")).toEqual([1, 2].map((number) => ({ type: "tool_call", index: number - 1, id: `call_${number}`, name: "look" })));
  expect([0, 1].map((call) => read.map((event) => (event.type === "tool_arguments" && event.index === call ? event.text : "")).join(""))).toEqual([one, two]);
});
