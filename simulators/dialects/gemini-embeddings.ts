import type { Json, JsonObject } from "../../kernel/chat.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { Decoded, StreamEncoder, WireEndpoint } from "../core/contracts.ts";
import { geminiFault } from "./gemini-faults.ts";
import { geminiCall } from "./gemini-request.ts";
import { asObject, parseObject, wireJson } from "./json.ts";
import { vectorOf } from "./openai-embeddings.ts";
import { objectsOf } from "./shape.ts";

const dimensionsDefault = 3072;
const requestsMax = 100;

const nothing = () => new Uint8Array();
const noStream: StreamEncoder = { opening: nothing, piece: nothing, closing: nothing, failure: nothing };

/**
 * `batchEmbedContents` (one vector for each request of the batch) and `embedContent` (one vector). Unmarked. Shapes:
 * ai.google.dev/api/embeddings.
 */
export function geminiEmbeddings(batch: boolean): WireEndpoint {
  return {
    decodeRequest: (body, path) => decode(body, path, batch),
    encodeAnswer: (head) => {
      const { shape, model } = head;
      const vectors = shape.kind === "embedding" ? shape.inputs.map((input) => ({ values: [...vectorOf(`${model}\u001f${input}`, shape.dimensions)] })) : [];
      const body = utf8Bytes(wireJson(batch ? { embeddings: vectors } : { embedding: vectors[0] ?? null }, head, ["values", "vector"]));
      return { status: 200, headers: { "content-type": "application/json; charset=UTF-8", "content-length": String(body.length) }, body };
    },
    streamHeaders: () => ({}),
    streamEncoder: () => noStream,
  };
}

function decode(body: Uint8Array, path: string, batch: boolean): Decoded {
  const call = geminiCall(path);
  const fields = parseObject(body);
  if (call === null || fields === null) return invalid("Invalid JSON payload received. Unexpected end of string.");
  const requests = batch ? objectsOf(fields["requests"]) : [fields];
  if (requests.length === 0 || requests.length > requestsMax) return invalid(`* BatchEmbedContentsRequest.requests: between 1 and ${requestsMax} requests are allowed in one batch`);
  const inputs = requests.map((request) => textOf(asObject(request["content"])));
  if (!inputs.every((input): input is string => input !== null && input !== "")) return invalid("* EmbedContentRequest.content: contents is not specified");
  const dimensions = dimensionsOf(requests[0]!);
  if (dimensions === null) return invalid(`* EmbedContentRequest.output_dimensionality: must be between 1 and ${dimensionsDefault}`);
  const messages = inputs.map((content) => ({ role: "user" as const, content }));
  const request = { model: call.model, messages, stream: false, maxTokens: null, temperature: null, includeUsage: false };
  return { ok: true, request, shape: { kind: "embedding", inputs, dimensions, encoding: "float" } };
}

function textOf(content: JsonObject | null): string | null {
  const texts: readonly (Json | undefined)[] = objectsOf(content?.["parts"]).map((part) => part["text"]);
  return texts.length > 0 && texts.every((text) => typeof text === "string") ? texts.join("") : null;
}

function dimensionsOf(request: JsonObject): number | null {
  const value = request["outputDimensionality"] ?? asObject(request["config"])?.["outputDimensionality"] ?? dimensionsDefault;
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= dimensionsDefault ? value : null;
}

function invalid(message: string): Decoded {
  return { ok: false, fault: geminiFault(400, message) };
}
