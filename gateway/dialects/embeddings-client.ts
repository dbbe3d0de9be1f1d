import type { ChatRequest } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { BadRequest, type ClientDialect, type WholeAnswer } from "../core/contracts.ts";
import type { LongBody } from "../core/long-body.ts";
import { metadataField } from "./answer-metadata.ts";
import { type Fields, invalid, missing, sourceFields } from "./fields.ts";
import { floatBase64 } from "./float-base64.ts";
import { openaiClient } from "./openai-client.ts";
import { belongingHeaders } from "./request-headers.ts";

/** OpenAI's limit of inputs in one request. */
const INPUTS_MAX = 2_048;

/**
 * OpenAI embeddings, as clients of the gateway send them to `POST /v1/embeddings`: each input is a user's message, and
 * its vector the answer.
 */
export const embeddingsClient: ClientDialect = {
  decodeRequest,
  encodeAnswer,
  encodeError: (error) => openaiClient.encodeError(error),
  streamEncoder: (head) => openaiClient.streamEncoder(head),
  operation: "embeddings",
};

function decodeRequest(body: Uint8Array | LongBody, headers: Headers = {}): ChatRequest {
  const { fields, source } = sourceFields("openai", body, belongingHeaders("openai", headers));
  fields.only(new Set(["model", "input", "dimensions", "encoding_format", "user"]));
  const user = fields.attempt(() => fields.string("user"), null);
  return {
    model: fields.requiredString("model"),
    messages: inputsOf(fields).map((content) => ({ role: "user", content })),
    stream: false,
    maxTokens: null,
    temperature: null,
    includeUsage: false,
    embedding: { dimensions: fields.attempt(() => fields.whole("dimensions", 1), null), base64: fields.attempt(() => encodingOf(fields), "float") === "base64" },
    ...(user !== null && { hints: { user } }),
    source: source(),
  };
}

function inputsOf(fields: Fields): readonly string[] {
  const input = fields.get("input");
  if (input === null) throw missing("input");
  if (Array.isArray(input) && input.some((item) => typeof item !== "string")) {
    fields.refuse(new BadRequest("unsupported_content", "Unsupported 'input': only text can be expressed in the format of every provider."));
    /** Tokens of one text, or one of several inputs each. */
    return typeof input[0] === "number" ? [""] : input.map(() => "");
  }
  const texts = fields.strings("input") ?? [];
  const refusal = invalid("input", `1 to ${INPUTS_MAX} texts, none of them empty`);
  if (texts.length === 0) throw refusal;
  /** Servers of the format have other limits, and some take an empty text. */
  if (texts.length > INPUTS_MAX || texts.includes("")) fields.refuse(refusal);
  return texts;
}

function encodingOf(fields: Fields): "float" | "base64" {
  const format = fields.string("encoding_format") ?? "float";
  if (format !== "float" && format !== "base64") throw invalid("encoding_format", "float or base64");
  return format;
}

function encodeAnswer({ model, embeddings = [], usage, request, attempts }: WholeAnswer): string {
  const isBase64 = request?.embedding?.base64 === true;
  const tokens = usage?.inputTokens ?? 0;
  return JSON.stringify({
    object: "list",
    data: embeddings.map((vector, index) => ({ object: "embedding", index, embedding: isBase64 ? floatBase64(vector) : vector })),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
    ...metadataField(attempts),
  });
}
