import { aNumber, arrayOf, aString, byField, objectOf, optional, type Shape } from "./shape.ts";

/**
 * The fields that the gateway reads of a response (`Response`, `ResponseStreamEvent` of the openai package 7.57.0).
 * Other kinds of item, part and event may come: the API adds some with every tool.
 */
const usage = optional(objectOf({ input_tokens: aNumber, output_tokens: aNumber }));

const part = byField("type", { output_text: objectOf({ text: aString }), refusal: objectOf({ refusal: aString }) });

const item = byField("type", {
  message: objectOf({ content: arrayOf(part) }),
  function_call: objectOf({ call_id: aString, name: aString, arguments: aString }),
});

export const responseShape: Shape = objectOf({ id: aString, status: aString, output: arrayOf(item), usage });

/**
 * A stream repeats the response, at its start with an empty output. What has come in pieces need not come again:
 * OpenAI's server for its coding agent ends with `output: null` (openai/openai-python issue 3312).
 */
const repeated = byField("type", { message: objectOf({ content: optional(arrayOf(part)) }), function_call: objectOf({ call_id: aString, name: aString, arguments: optional(aString) }) });
const begun = objectOf({ response: objectOf({ id: aString, output: arrayOf(item) }) });
const ended = objectOf({ response: objectOf({ id: aString, output: optional(arrayOf(repeated)), usage }) });
const delta = objectOf({ delta: aString });

export const responseEvent: Shape = byField("type", {
  "response.created": begun,
  "response.output_item.added": objectOf({ output_index: optional(aNumber), item: byField("type", { function_call: objectOf({ call_id: aString, name: aString }) }) }),
  "response.output_text.delta": delta,
  "response.refusal.delta": delta,
  "response.function_call_arguments.delta": objectOf({ output_index: optional(aNumber), delta: aString }),
  "response.completed": ended,
  "response.incomplete": ended,
});
