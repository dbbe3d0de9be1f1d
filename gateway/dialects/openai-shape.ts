import type { Json } from "../../kernel/chat.ts";
import { vectorOfBase64 } from "./float-base64.ts";
import { asArray, asObject } from "./json.ts";
import { aNumber, arrayOf, aString, literally, optional, nullable, numbers, objectOf, type Shape } from "./shape.ts";

/**
 * The fields that the gateway reads of an OpenAI answer (`ChatCompletion`, `ChatCompletionChunk`,
 * `CreateEmbeddingResponse` of the openai package 7.57.0). An empty list of choices is not a change of shape but an
 * empty answer, and is judged elsewhere.
 */
const usage = optional(objectOf({ prompt_tokens: aNumber, completion_tokens: aNumber }));

/** A call of another kind (a custom tool's) is not read. */
const functionCall = objectOf({ id: aString, type: literally("function"), function: objectOf({ name: aString, arguments: aString }) });
const toolCall: Shape = (value, path) => (isForeignCall(value) ? undefined : functionCall(value, path));

/**
 * Whether a call, or a piece of one, is of another kind than a function's: it holds what its kind says, and no
 * function.
 */
export function isForeignCall(value: Json | undefined): boolean {
  const call = asObject(value);
  if (call === null || call["type"] === "function" || (call["function"] ?? null) !== null) return false;
  return Object.values(call).some((field) => asObject(field) !== null);
}

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
const functionPiece = objectOf({
  index: aNumber,
  id: optional(aString),
  type: optional(literally("function")),
  function: optional(objectOf({ name: optional(aString), arguments: optional(aString) })),
});
const toolCallPiece: Shape = (value, path) => (isForeignCall(value) ? undefined : functionPiece(value, path));

/**
 * A choice that only reports on text sent before: Azure's asynchronous content filter sends such, without `delta`, id
 * or model (openai/openai-python issue 1677).
 */
export function isAnnotation(value: Json | undefined): boolean {
  const choice = asObject(value);
  if (choice === null || (choice["delta"] ?? null) !== null || (choice["finish_reason"] ?? null) !== null) return false;
  return Object.keys(choice).every((name) => name.startsWith("content_filter") || annotationFields.has(name));
}

const annotationFields: ReadonlySet<string> = new Set(["index", "delta", "finish_reason", "logprobs"]);

const delta = objectOf({ content: optional(aString), refusal: optional(aString), tool_calls: optional(arrayOf(toolCallPiece)) });
const chunkChoice = objectOf({ delta, finish_reason: optional(aString) });

/** Chunks without choices carry usage, or nothing that the gateway reads. */
export const openaiChunk: Shape = objectOf({
  choices: optional(arrayOf((value, path) => (isAnnotation(value) ? undefined : chunkChoice(value, path)))),
  usage,
});

/** Numbers, or their base64, as the client asked. */
const vector: Shape = (value, path) => (typeof value === "string" && vectorOfBase64(value) !== null ? undefined : numbers(value, path));

export const openaiEmbeddings: Shape = objectOf({
  model: aString,
  data: arrayOf(objectOf({ index: aNumber, embedding: vector })),
  usage: optional(objectOf({ prompt_tokens: aNumber })),
});

/**
 * What self-hosted servers have in common: ids may be missing, a call may come without index or type, whole in one
 * piece, and its arguments may be an object instead of JSON text. An index that is no number counts as none. Usage is
 * no part of the answer: where it cannot be read, it is not reported.
 */
const looseArguments: Shape = (value, path) => (asObject(value) === null ? aString(value, path) : undefined);
const looseFunctionCall = objectOf({ id: optional(aString), function: objectOf({ name: optional(aString), arguments: optional(looseArguments) }) });
const looseCall: Shape = (value, path) => (isForeignCall(value) ? undefined : looseFunctionCall(value, path));
/** Text, or parts of it beside thoughts (Mistral's reasoning models, Databricks). */
const looseContent: Shape = (value, path) => (asArray(value) === null ? aString(value, path) : arrayOf(objectOf({ type: aString }))(value, path));

export const compatibleCompletion: Shape = objectOf({
  choices: arrayOf(objectOf({ message: objectOf({ content: optional(looseContent), tool_calls: optional(arrayOf(looseCall)) }), finish_reason: optional(aString) })),
});

export const compatibleChunk: Shape = objectOf({
  choices: optional(arrayOf(objectOf({ delta: optional(objectOf({ content: optional(looseContent), tool_calls: optional(arrayOf(looseCall)) })), finish_reason: optional(aString) }))),
});

export const compatibleEmbeddings: Shape = objectOf({ data: arrayOf(objectOf({ embedding: vector })) });
