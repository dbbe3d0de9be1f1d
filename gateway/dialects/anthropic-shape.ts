import { asObject } from "./json.ts";
import { aNumber, anObject, aString, arrayOf, byField, optional, objectOf, type Shape } from "./shape.ts";

/**
 * The fields that the gateway reads of an Anthropic answer (`Message`, `RawMessageStreamEvent` of @anthropic-ai/sdk
 * 1.12.0). Other kinds of block and of event may come: the API's versioning policy asks clients to skip them.
 */
const block = byField("type", {
  text: objectOf({ text: aString }),
  tool_use: objectOf({ id: aString, name: aString, input: anObject }),
});

/** In a stream a block begins empty, and compatible servers leave that out (BerriAI/litellm issue 40689). */
const beginning = byField("type", {
  text: objectOf({ text: optional(aString) }),
  tool_use: objectOf({ id: aString, name: aString }),
});

const openingUsage = optional(objectOf({ input_tokens: optional(aNumber), output_tokens: optional(aNumber) }));

export const anthropicMessage: Shape = objectOf({ id: aString, content: arrayOf(block), stop_reason: aString, usage: openingUsage });

/**
 * Bedrock, Vertex and compatible servers leave the output out (earendil-works/pi issue 6567), and their answers are
 * estimated. A count of output under another name has been renamed.
 */
const closingUsage: Shape = (value, path) => {
  objectOf({ output_tokens: optional(aNumber) })(value, path);
  const usage = asObject(value)!;
  if ((usage["output_tokens"] ?? null) === null && Object.keys(usage).some((name) => name.includes("output") && typeof usage[name] === "number")) aNumber(undefined, `${path}.output_tokens`);
};

const delta = byField("type", {
  text_delta: objectOf({ text: aString }),
  input_json_delta: objectOf({ partial_json: aString }),
});

export const anthropicEvent: Shape = byField("type", {
  message_start: objectOf({ message: objectOf({ id: aString, usage: openingUsage }) }),
  content_block_start: objectOf({ index: optional(aNumber), content_block: optional(beginning) }),
  content_block_delta: objectOf({ index: optional(aNumber), delta }),
  message_delta: objectOf({ delta: objectOf({ stop_reason: optional(aString) }), usage: optional(closingUsage) }),
});
