import { aNumber, anObject, aString, arrayOf, byField, maybe, objectOf, type Shape } from "./shape.ts";

/**
 * What the gateway relies on in an Anthropic answer (`Message`, `RawMessageStreamEvent` of @anthropic-ai/sdk 1.12.0). Kinds of block and of event that
 * are not named here may come: the API's versioning policy says that clients skip them.
 */
const block = byField("type", {
  text: objectOf({ text: aString }),
  tool_use: objectOf({ id: aString, name: aString, input: anObject }),
});

const openingUsage = maybe(objectOf({ input_tokens: maybe(aNumber), output_tokens: maybe(aNumber) }));

export const anthropicMessage: Shape = objectOf({ id: aString, content: arrayOf(block), stop_reason: aString, usage: openingUsage });

const delta = byField("type", {
  text_delta: objectOf({ text: aString }),
  input_json_delta: objectOf({ partial_json: aString }),
});

export const anthropicEvent: Shape = byField("type", {
  message_start: objectOf({ message: objectOf({ id: aString, usage: openingUsage }) }),
  content_block_start: objectOf({ index: maybe(aNumber), content_block: maybe(block) }),
  content_block_delta: objectOf({ index: maybe(aNumber), delta }),
  message_delta: objectOf({ delta: objectOf({ stop_reason: maybe(aString) }), usage: maybe(objectOf({ output_tokens: aNumber })) }),
});
