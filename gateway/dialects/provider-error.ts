import type { JsonObject, ProviderError } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { utf8Text } from "../../kernel/utf8.ts";
import { asObject, asString, parseObject } from "./json.ts";
import { limitResetMs } from "./limit-reset.ts";
import { retryAfterMs } from "./retry-after.ts";

/**
 * `{"error": {code, type, message}}`, as both OpenAI and Anthropic write it; null where there is no such object.
 * `error: "text"` counts, and so does `{"object": "error", code, type, message}` of self-hosted servers (vLLM before
 * 0.10, SGLang).
 */
export function errorObject(body: JsonObject): Pick<ProviderError, "code" | "message"> | null {
  const plain = asString(body["error"]);
  if (plain !== null) return { code: "unknown", message: plain };
  const error = asObject(body["error"]) ?? (body["object"] === "error" ? body : null);
  if (error === null) return null;
  const code = typeof error["code"] === "number" ? String(error["code"]) : asString(error["code"]);
  return { code: code ?? asString(error["type"]) ?? "unknown", message: asString(error["message"]) ?? "" };
}

/**
 * Decodes an answer that is not 2xx; never throws. A body without an error object (HTML of a proxy) gets the code
 * `http_<status>`.
 */
export function providerError(status: number, headers: Headers, body: Uint8Array, wallMs: number): ProviderError {
  const object = parseObject(utf8Text(body));
  const providerError = object === null ? null : errorObject(object);
  const { code, message } = providerError ?? { code: `http_${status}`, message: `HTTP ${status} without a readable error` };
  const waitMs = retryAfterMs(headers, wallMs) ?? (status === 429 ? limitResetMs(headers, wallMs) : null);
  return { status, code, message, retryAfterMs: waitMs };
}
