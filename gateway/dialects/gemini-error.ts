import type { JsonObject, ProviderError } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { utf8Text } from "../../kernel/utf8.ts";
import { asArray, asNumber, asObject, asString, parseObject } from "./json.ts";
import { withoutArray } from "./provider-error.ts";
import { retryAfterMs, retryDelayMs } from "./retry-after.ts";

/**
 * Google's status words, as the codes that the classifier knows from other providers. Source: google.rpc.Code, Gemini
 * troubleshooting page 2026-05.
 */
const codes: Readonly<Record<string, string>> = {
  RESOURCE_EXHAUSTED: "rate_limit_exceeded",
  UNAVAILABLE: "unavailable",
  INVALID_ARGUMENT: "invalid_request",
  FAILED_PRECONDITION: "permission_denied",
  PERMISSION_DENIED: "permission_denied",
  UNAUTHENTICATED: "authentication",
  NOT_FOUND: "not_found",
};

type GoogleError = Pick<ProviderError, "code" | "message" | "retryAfterMs"> & { readonly status: number | null };

/**
 * `{"error": {code, message, status, details}}`; null where there is no such object. An invalid key comes as a 400, and
 * so does a region that is not served: neither is the caller's fault, so they count as 401 and 403. A limit with a
 * retry time is not an exhausted quota, whatever its message says.
 */
export function geminiErrorObject(body: JsonObject): GoogleError | null {
  const error = asObject(body["error"]);
  if (error === null) return null;
  const details = (asArray(error["details"]) ?? []).map((detail) => asObject(detail));
  const word = asString(error["status"]) ?? "";
  const message = asString(error["message"]) ?? "";
  const waitMs = retryDelayMs(error);
  const isKey = details.some((detail) => detail?.["reason"] === "API_KEY_INVALID");
  if (isKey) return { status: 401, code: "authentication", message, retryAfterMs: null };
  if (word === "FAILED_PRECONDITION") return { status: 403, code: "permission_denied", message, retryAfterMs: null };
  const isTooLong = word === "INVALID_ARGUMENT" && /token count .*exceeds the maximum/i.test(message);
  if (isTooLong) return { status: 400, code: "context_length_exceeded", message, retryAfterMs: null };
  const code = Object.hasOwn(codes, word) ? codes[word]! : word.toLowerCase() || "unknown";
  const isTimed = word === "RESOURCE_EXHAUSTED" && waitMs !== null;
  return { status: asNumber(error["code"]), code, message: isTimed ? "Rate limit exceeded" : message, retryAfterMs: waitMs };
}

/** Decodes an answer that is not 2xx; never throws. A stream's refusal comes as an array of one. */
export function geminiError(status: number, headers: Headers, body: Uint8Array, wallMs: number): ProviderError {
  const object = parseObject(withoutArray(utf8Text(body)));
  const providerError = object === null ? null : geminiErrorObject(object);
  const waitMs = retryAfterMs(headers, wallMs);
  if (providerError === null) return { status, code: `http_${status}`, message: `HTTP ${status} without a readable error`, retryAfterMs: waitMs };
  const isCredentialError = providerError.status === 401 || providerError.status === 403;
  const { code, message } = providerError;
  return { status: isCredentialError ? providerError.status : status, code, message, retryAfterMs: waitMs ?? providerError.retryAfterMs };
}
