import { ContractBreach } from "../core/contracts.ts";
import { asObject } from "./json.ts";
import { aNumber, anObject, aString, arrayOf, both, optional, numbers, objectOf, type Shape, withOneOf } from "./shape.ts";

/**
 * The fields that the gateway reads of a Gemini answer (`GenerateContentResponse`, `BatchEmbedContentsResponse`; API
 * v1beta, @google/genai 3.1.0). A part of a kind that was not requested, or that holds nothing, breaks the contract.
 */
const part = both(
  withOneOf("text", "functionCall", "thought", "thoughtSignature"),
  objectOf({ text: optional(aString), functionCall: optional(objectOf({ id: optional(aString), name: aString, args: optional(anObject) })) }),
  (value, path) => {
    if (Object.keys(asObject(value)!).length === 0) throw new ContractBreach(path, "something in it", "an empty object");
  },
);

/** The fields that an answer without candidates may have: counts alone, or the refusal of a prompt. */
const withoutCandidates = new Set(["promptFeedback", "usageMetadata", "modelVersion", "responseId", "createTime", "modelStatus"]);

/** A whole answer has candidates, or nothing that may replace them under another name. */
export const withoutStrangers: Shape = (value, path) => {
  const object = asObject(value);
  if (object === null || object["candidates"] !== undefined) return;
  if (Object.keys(object).every((name) => withoutCandidates.has(name))) return;
  throw new ContractBreach(path === "" ? "candidates" : `${path}.candidates`, "an array", "nothing, beside a field unknown");
};

/** A filtered candidate has a finish reason and no content. A refused prompt has no candidates. */
export const geminiAnswer: Shape = objectOf({
  candidates: optional(arrayOf(objectOf({ content: optional(objectOf({ parts: optional(arrayOf(part)) })), finishReason: optional(aString) }))),
  promptFeedback: optional(objectOf({ blockReason: optional(aString) })),
  usageMetadata: optional(objectOf({ promptTokenCount: optional(aNumber), candidatesTokenCount: optional(aNumber), thoughtsTokenCount: optional(aNumber) })),
  modelVersion: optional(aString),
  responseId: optional(aString),
});

export const geminiEmbeddings: Shape = objectOf({ embeddings: arrayOf(objectOf({ values: numbers })) });
