import { aNumber, anObject, arrayOf, aString, both, literally, maybe, nullable, numbers, objectOf, type Shape, withOneOf } from "./shape.ts";

/**
 * What the gateway relies on in an OpenAI answer (`ChatCompletion`, `ChatCompletionChunk`, `CreateEmbeddingResponse` of the openai package
 * 7.57.0). An empty list of choices is not a change of shape but an empty answer, and is judged elsewhere.
 */
const usage = maybe(objectOf({ prompt_tokens: aNumber, completion_tokens: aNumber }));

const toolCall = objectOf({ id: aString, type: literally("function"), function: objectOf({ name: aString, arguments: aString }) });

export const openaiCompletion: Shape = objectOf({
  id: aString,
  choices: arrayOf(
    objectOf({
      message: objectOf({ content: nullable(aString), refusal: maybe(aString), tool_calls: maybe(arrayOf(toolCall)) }),
      finish_reason: aString,
    }),
  ),
  usage,
});

/** The opening piece of a call bears its id and name, later ones only arguments: which is which the reader knows. */
const toolCallPiece = objectOf({
  index: aNumber,
  id: maybe(aString),
  type: maybe(literally("function")),
  function: maybe(objectOf({ name: maybe(aString), arguments: maybe(aString) })),
});

export const openaiChunk: Shape = objectOf({
  choices: arrayOf(
    objectOf({
      delta: both(withOneOf("role", "content", "refusal", "tool_calls"), objectOf({ content: maybe(aString), refusal: maybe(aString), tool_calls: maybe(arrayOf(toolCallPiece)) })),
      finish_reason: maybe(aString),
    }),
  ),
  usage,
});

export const openaiEmbeddings: Shape = objectOf({
  model: aString,
  data: arrayOf(objectOf({ index: aNumber, embedding: numbers })),
  usage: maybe(objectOf({ prompt_tokens: aNumber })),
});

/** What self-hosted servers agree on: ids may be missing, a call may come without index or type, and be whole in one piece. */
const looseCall = objectOf({ index: maybe(aNumber), id: maybe(aString), function: objectOf({ name: maybe(aString), arguments: maybe(aString) }) });
const looseUsage = maybe(objectOf({ prompt_tokens: maybe(aNumber), completion_tokens: maybe(aNumber) }));

export const compatibleCompletion: Shape = objectOf({
  choices: arrayOf(objectOf({ message: objectOf({ content: maybe(aString), tool_calls: maybe(arrayOf(looseCall)) }), finish_reason: maybe(aString) })),
  usage: looseUsage,
});

export const compatibleChunk: Shape = objectOf({
  choices: arrayOf(objectOf({ delta: maybe(objectOf({ content: maybe(aString), tool_calls: maybe(arrayOf(looseCall)) })), finish_reason: maybe(aString) })),
  usage: looseUsage,
});

export const compatibleEmbeddings: Shape = objectOf({ data: arrayOf(objectOf({ embedding: numbers })), usage: maybe(anObject) });
