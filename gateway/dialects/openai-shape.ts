import { aNumber, anObject, arrayOf, aString, both, literally, optional, nullable, numbers, objectOf, type Shape, withOneOf } from "./shape.ts";

/**
 * The fields that the gateway reads of an OpenAI answer (`ChatCompletion`, `ChatCompletionChunk`,
 * `CreateEmbeddingResponse` of the openai package 7.57.0). An empty list of choices is not a change of shape but an
 * empty answer, and is judged elsewhere.
 */
const usage = optional(objectOf({ prompt_tokens: aNumber, completion_tokens: aNumber }));

const toolCall = objectOf({ id: aString, type: literally("function"), function: objectOf({ name: aString, arguments: aString }) });

export const openaiCompletion: Shape = objectOf({
  id: aString,
  choices: arrayOf(
    objectOf({
      message: objectOf({ content: nullable(aString), refusal: optional(aString), tool_calls: optional(arrayOf(toolCall)) }),
      finish_reason: aString,
    }),
  ),
  usage,
});

/** The opening piece of a call has its id and name, later ones only arguments: the reader tells them apart. */
const toolCallPiece = objectOf({
  index: aNumber,
  id: optional(aString),
  type: optional(literally("function")),
  function: optional(objectOf({ name: optional(aString), arguments: optional(aString) })),
});

export const openaiChunk: Shape = objectOf({
  choices: arrayOf(
    objectOf({
      delta: both(
        withOneOf("role", "content", "refusal", "tool_calls"),
        objectOf({ content: optional(aString), refusal: optional(aString), tool_calls: optional(arrayOf(toolCallPiece)) }),
      ),
      finish_reason: optional(aString),
    }),
  ),
  usage,
});

export const openaiEmbeddings: Shape = objectOf({
  model: aString,
  data: arrayOf(objectOf({ index: aNumber, embedding: numbers })),
  usage: optional(objectOf({ prompt_tokens: aNumber })),
});

/**
 * What self-hosted servers have in common: ids may be missing, and a call may come without index or type, whole in one
 * piece.
 */
const looseCall = objectOf({ index: optional(aNumber), id: optional(aString), function: objectOf({ name: optional(aString), arguments: optional(aString) }) });
const looseUsage = optional(objectOf({ prompt_tokens: optional(aNumber), completion_tokens: optional(aNumber) }));

export const compatibleCompletion: Shape = objectOf({
  choices: arrayOf(objectOf({ message: objectOf({ content: optional(aString), tool_calls: optional(arrayOf(looseCall)) }), finish_reason: optional(aString) })),
  usage: looseUsage,
});

export const compatibleChunk: Shape = objectOf({
  choices: arrayOf(objectOf({ delta: optional(objectOf({ content: optional(aString), tool_calls: optional(arrayOf(looseCall)) })), finish_reason: optional(aString) })),
  usage: looseUsage,
});

export const compatibleEmbeddings: Shape = objectOf({ data: arrayOf(objectOf({ embedding: numbers })), usage: optional(anObject) });
