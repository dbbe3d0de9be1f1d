import type { JsonObject, ProviderError } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { utf8Text } from "../../kernel/utf8.ts";
import { asArray, asObject, asString, parseObject } from "./json.ts";
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
  return withMetadata({ code: code ?? asString(error["type"]) ?? "unknown", message: asString(error["message"]) ?? "" }, asObject(error["metadata"]));
}

/** Enough of an error that is passed on to find its code or its sentence. */
const RAW_LENGTH_MAX = 1_000;

/**
 * An aggregator's (OpenRouter's) own words are the same for all errors of a provider, whose answer is in `metadata.raw`.
 * Where its moderation refused the input, `metadata` has the reasons.
 */
function withMetadata({ code, message }: Pick<ProviderError, "code" | "message">, metadata: JsonObject | null): Pick<ProviderError, "code" | "message"> {
  const isModerated = asString(metadata?.["flagged_input"]) !== null || (asArray(metadata?.["reasons"])?.length ?? 0) > 0;
  const raw = asString(metadata?.["raw"]);
  return { code: isModerated ? "content_policy_violation" : code, message: raw === null ? message : `${message}: ${raw.slice(0, RAW_LENGTH_MAX)}` };
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
