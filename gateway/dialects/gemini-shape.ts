import { ContractBreach } from "../core/contracts.ts";
import { asObject } from "./json.ts";
import { aNumber, anObject, aString, arrayOf, maybe, objectOf, type Shape } from "./shape.ts";

/** What the gateway relies on in a Gemini answer (`GenerateContentResponse`, `BatchEmbedContentsResponse`; API v1beta, @google/genai 3.1.0). */
const known = objectOf({ text: maybe(aString), functionCall: maybe(objectOf({ id: maybe(aString), name: aString, args: maybe(anObject) })) });

/** A part holds something, if perhaps of a kind that is new: one that holds nothing has lost it. */
const part: Shape = (value, path) => {
  known(value, path);
  if (Object.keys(asObject(value)!).length === 0) throw new ContractBreach(path, "something in it", "an empty object");
};

/** A filtered candidate has a reason and no content; a prompt that is refused has no candidates at all. */
export const geminiAnswer: Shape = objectOf({
  candidates: maybe(arrayOf(objectOf({ content: maybe(objectOf({ parts: maybe(arrayOf(part)) })), finishReason: maybe(aString) }))),
  promptFeedback: maybe(objectOf({ blockReason: maybe(aString) })),
  usageMetadata: maybe(objectOf({ promptTokenCount: maybe(aNumber), candidatesTokenCount: maybe(aNumber), thoughtsTokenCount: maybe(aNumber) })),
  modelVersion: maybe(aString),
  responseId: maybe(aString),
});

export const geminiEmbeddings: Shape = objectOf({ embeddings: arrayOf(objectOf({ values: arrayOf(aNumber) })) });
