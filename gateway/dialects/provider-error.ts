import type { Json, JsonObject, ProviderError } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { utf8Text } from "../../kernel/utf8.ts";
import { asArray, asObject, asString, parseObject } from "./json.ts";
import { limitResetMs } from "./limit-reset.ts";
import { bodyWaitMs, retryAfterMs, retryDelayMs } from "./retry-after.ts";

/**
 * `{"error": {code, type, message}}`, as both OpenAI and Anthropic write it; null where there is no such object.
 * `error: "text"` counts, with its code (xAI) or type (text-generation-inference) beside it, and so does
 * `{"object": "error", code, type, message}` of self-hosted servers (vLLM before 0.10, SGLang).
 */
export function errorObject(body: JsonObject, otherwise: (body: JsonObject) => Pick<ProviderError, "code" | "message"> | null = () => null): Pick<ProviderError, "code" | "message"> | null {
  const plain = asString(body["error"]);
  if (plain !== null && plain !== "") return { code: asString(body["code"]) ?? asString(body["error_type"]) ?? "unknown", message: plain };
  const error = asObject(body["error"]) ?? (body["object"] === "error" ? body : null);
  if (error === null || isBlank(error)) return otherwise(body);
  const code = typeof error["code"] === "number" ? String(error["code"]) : asString(error["code"]);
  return withMetadata({ code: code ?? asString(error["type"]) ?? "unknown", message: textOf(error["message"]) }, asObject(error["metadata"]));
}

/** Whether an error says nothing: servers in Go write one with zero values beside an answer (one-api). */
function isBlank(error: JsonObject): boolean {
  return Object.values(error).every((value) => value === null || value === "" || value === 0);
}

/**
 * An error object that has neither wrapper nor mark, as some servers send it with status 200: a code and a message, and
 * nothing of an answer (Alibaba: `{code: "Throttling.RateQuota", message}`; MiniMax: in `base_resp`). Null where the
 * code says success.
 */
export function bareError(answer: JsonObject): Pick<ProviderError, "code" | "message"> | null {
  const minimax = asObject(answer["base_resp"]);
  const body: JsonObject = minimax === null || asArray(answer["choices"]) !== null ? answer : { code: minimax["status_code"] ?? null, message: minimax["status_msg"] ?? null };
  const code = typeof body["code"] === "number" ? String(body["code"]) : asString(body["code"]);
  const message = asString(body["message"]) ?? asString(body["msg"]);
  const isSuccess = code === null || code === "" || code === "0" || /^2\d\d$/.test(code) || /^(?:ok|success)$/i.test(code);
  const hasAnswer = ["choices", "data", "content", "output", "candidates", "message_id"].some((name) => body[name] !== undefined);
  return message === null || isSuccess || hasAnswer ? null : { code, message };
}

/**
 * What a body that is not 2xx says, where it has no error object: FastAPI's `detail`, a text or a list of problems;
 * Mistral's, in `message`; a message alone, with or without a code (Cohere, Bedrock, Cloudflare).
 */
export function plainError(body: JsonObject, codeAbsent: string): Pick<ProviderError, "code" | "message"> | null {
  const details = body["detail"] ?? body["message"] ?? body["Message"] ?? body["msg"] ?? body["errors"];
  const message = textOf(details);
  if (message === "") return null;
  const code = typeof body["code"] === "number" ? String(body["code"]) : (asString(body["code"]) ?? asString(body["__type"]));
  return { code: code ?? codeAbsent, message };
}

/** The text of a message that may be a list of problems, each with its place. */
function textOf(details: Json | undefined): string {
  const plain = asString(details);
  if (plain !== null) return plain;
  const list = asArray(details) ?? asArray(asObject(details)?.["detail"]) ?? [];
  return list.map((one) => problemText(asObject(one))).filter((text) => text !== "").join("; ").slice(0, RAW_LENGTH_MAX);
}

function problemText(problem: JsonObject | null): string {
  const message = asString(problem?.["msg"]) ?? asString(problem?.["message"]) ?? "";
  const place = (asArray(problem?.["loc"]) ?? []).filter((part) => typeof part === "string" || typeof part === "number").join(".");
  return place === "" ? message : `${place}: ${message}`;
}

/** Enough of an error that is passed on to find its code or its sentence. */
const RAW_LENGTH_MAX = 1_000;

/**
 * An aggregator's (OpenRouter's) own words are the same for all errors of a provider, whose answer is in
 * `metadata.raw`. Where its moderation refused the input, `metadata` has the reasons.
 */
function withMetadata({ code, message }: Pick<ProviderError, "code" | "message">, metadata: JsonObject | null): Pick<ProviderError, "code" | "message"> {
  const isModerated = asString(metadata?.["flagged_input"]) !== null || (asArray(metadata?.["reasons"])?.length ?? 0) > 0;
  const raw = asString(metadata?.["raw"]);
  return { code: isModerated ? "content_policy_violation" : code, message: raw === null ? message : `${message}: ${raw.slice(0, RAW_LENGTH_MAX)}` };
}

/** A limit's headers that OpenRouter writes into the body alone, in `metadata.headers` (dirge-code/dirge issue 719). */
function bodyHeaders(body: JsonObject | null): Headers {
  const written = Object.entries(asObject(asObject(asObject(body?.["error"])?.["metadata"])?.["headers"]) ?? {});
  return Object.fromEntries(written.flatMap(([name, value]) => /^x-ratelimit-/i.test(name) && typeof value === "string" ? [[name.toLowerCase(), value]] : []));
}

/** An error that comes as an array of one: Google's endpoints do that to streams, in OpenAI's format too. */
export function withoutArray(text: string): string {
  const trimmed = text.trim();
  return trimmed.startsWith("[") && trimmed.endsWith("]") ? trimmed.slice(1, -1) : trimmed;
}

/** Whether the answer is for a browser: a proxy's, because no provider's API answers so. */
function isPage(headers: Headers): boolean {
  return /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(headers["content-type"] ?? "");
}

/**
 * Decodes an answer that is not 2xx; never throws. A body without an error object gets the code `html_page` where it is
 * a page, else `http_<status>`.
 */
export function providerError(status: number, headers: Headers, body: Uint8Array, wallMs: number): ProviderError {
  const object = parseObject(withoutArray(utf8Text(body)));
  const providerError = object === null ? null : errorObject(object, (bare) => plainError(bare, `http_${status}`));
  const { code, message } = providerError ?? { code: isPage(headers) ? "html_page" : `http_${status}`, message: `HTTP ${status} without a readable error` };
  const waitMs = retryAfterMs(headers, wallMs) ?? retryDelayMs(asObject(object?.["error"]) ?? {}) ?? bodyWaitMs(object ?? {}) ?? (status === 429 ? limitResetMs({ ...bodyHeaders(object), ...headers }, wallMs) : null);
  return { status, code, message, retryAfterMs: waitMs };
}
