import type { Json, Usage } from "../../kernel/chat.ts";
import { hash64 } from "../../kernel/hash.ts";
import type { Headers } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { Decoded, WireEndpoint, ResponseHead, StreamEncoder, WholeResponse } from "../core/contracts.ts";
import { base64 } from "./base64.ts";
import { parseObject, wireJson } from "./json.ts";
import { openaiInvalid } from "./openai-faults.ts";

const dimensionsDefault = 1536;
const dimensionsMax = 3072;
const inputsMax = 2048;

/**
 * `POST …/embeddings`: one unit vector for each input, equal for equal texts at every deployment of a model. Vectors
 * have no provenance mark. Shapes: platform.openai.com/docs/api-reference/embeddings, checked with the official SDK.
 */
export function embeddingsEndpoint(headersOf: (head: ResponseHead) => Headers): WireEndpoint {
  return {
    decodeRequest: decodeEmbeddings,
    encodeAnswer: (head, _text, usage) => encodeEmbeddings(head, usage, headersOf(head)),
    streamHeaders: headersOf,
    streamEncoder: () => noStream,
  };
}

/** Embeddings do not stream: `stream` of their requests is always false. */
const nothing = () => new Uint8Array();
const noStream: StreamEncoder = { opening: nothing, piece: nothing, closing: nothing, failure: nothing };

function decodeEmbeddings(body: Uint8Array): Decoded {
  const fields = parseObject(body);
  if (fields === null) return invalid("We could not parse the JSON body of your request.", null);
  const model = fields["model"];
  if (typeof model !== "string" || model === "") return invalid("you must provide a model parameter", "model");
  const inputs = inputsOf(fields["input"]);
  if (inputs === null) return invalid("Invalid 'input': expected a non-empty string, an array of strings, or an array of token arrays.", "input");
  const dimensions = fields["dimensions"] ?? dimensionsDefault;
  if (typeof dimensions !== "number" || !Number.isInteger(dimensions) || dimensions < 1 || dimensions > dimensionsMax) {
    return invalid(`Invalid 'dimensions': expected an integer of 1 to ${dimensionsMax}.`, "dimensions");
  }
  const encoding = fields["encoding_format"] ?? "float";
  if (encoding !== "float" && encoding !== "base64") return invalid("Invalid 'encoding_format': expected 'float' or 'base64'.", "encoding_format");
  const messages = inputs.map((content) => ({ role: "user" as const, content }));
  const request = { model, messages, stream: false, maxTokens: null, temperature: null, includeUsage: false };
  return { ok: true, request, shape: { kind: "embedding", inputs, dimensions, encoding } };
}

/** The inputs as texts (token arrays as their numbers). Null for invalid input. */
function inputsOf(value: Json | undefined): readonly string[] | null {
  if (typeof value === "string") return value === "" ? null : [value];
  if (!Array.isArray(value) || value.length === 0 || value.length > inputsMax) return null;
  const list = value as readonly Json[];
  const tokens = tokenText(list);
  if (tokens !== null) return [tokens];
  const texts = list.map((one) => (Array.isArray(one) ? tokenText(one as readonly Json[]) : one));
  return texts.every((text): text is string => typeof text === "string" && text !== "") ? texts : null;
}

/** Token numbers as text. Null for a list of anything else. */
function tokenText(list: readonly Json[]): string | null {
  return list.every((one) => typeof one === "number") ? list.join(" ") : null;
}

function encodeEmbeddings(head: ResponseHead, usage: Usage, headers: Headers): WholeResponse {
  const { shape } = head;
  const inputs = shape.kind === "embedding" ? shape.inputs : [];
  const data = inputs.map((input, index) => ({ object: "embedding", index, embedding: shape.kind === "embedding" ? vectorJson(input, head.model, shape) : [] }));
  const counts = { prompt_tokens: usage.inputTokens, total_tokens: usage.inputTokens };
  const body = utf8Bytes(wireJson({ object: "list", data, model: head.model, usage: counts }, head, ["embedding", "vector"]));
  return { status: 200, headers: { "content-type": "application/json", "content-length": String(body.length), ...headers }, body };
}

function vectorJson(input: string, model: string, { dimensions, encoding }: { dimensions: number; encoding: "float" | "base64" }): Json {
  const vector = vectorOf(`${model}\u001f${input}`, dimensions);
  return encoding === "base64" ? base64(new Uint8Array(vector.buffer)) : [...vector];
}

/**
 * A unit vector of hashed components. Its bytes are little-endian, as the format requires, on every machine that Node
 * supports.
 */
export function vectorOf(text: string, dimensions: number): Float32Array {
  const raw = Array.from({ length: dimensions }, (_, index) => hash64(`${text}\u001f${index}`)[0] / 2 ** 31 - 1);
  const norm = Math.sqrt(raw.reduce((sum, value) => sum + value * value, 0)) || 1;
  return Float32Array.from(raw, (value) => value / norm);
}

function invalid(message: string, param: string | null): Decoded {
  return { ok: false, fault: openaiInvalid(message, param, null) };
}
