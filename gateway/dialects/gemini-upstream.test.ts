import { expect, test } from "vitest";
import type { ChatEvent, ChatRequest } from "../../kernel/chat.ts";
import { bodyOf, type Headers } from "../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { eventsOf } from "../core/batches.ts";
import { ContractBreach, MalformedAnswer } from "../core/contracts.ts";
import { classify } from "../core/policies/classify.ts";
import { geminiUpstream } from "./gemini-upstream.ts";

const request: ChatRequest = { model: "route", messages: [{ role: "user", content: "Hé?" }], stream: false, maxTokens: null, temperature: null, includeUsage: false };
const deployment = { name: "d", dialect: "gemini" as const, model: "m-1", baseUrl: "http://127.0.0.1:1/v1beta", credential: "env:KEY" };

async function answerOf(text: string, stream: boolean): Promise<readonly ChatEvent[]> {
  const headers: Headers = { "content-type": stream ? "text/event-stream" : "application/json" };
  return eventsOf(geminiUpstream.decodeAnswer({ status: 200, headers, body: bodyOf(utf8Bytes(text)) }, stream, { model: "m-1" }));
}

const candidate = (parts: readonly object[], finishReason?: string) => ({ candidates: [{ content: { role: "model", parts }, finishReason }], modelVersion: "m-1", responseId: "r" });
const sse = (...answers: readonly object[]) => answers.map((answer) => `data: ${JSON.stringify(answer)}\r\n\r\n`).join("");

test("geminiUpstream.encodeRequest: the model and the method are in the path, the key in its own header", () => {
  const sent = geminiUpstream.encodeRequest({ ...request, stream: true }, deployment, "secret", { "x-client-request-id": "r1" });
  expect(sent.url).toBe("http://127.0.0.1:1/v1beta/models/m-1:streamGenerateContent?alt=sse");
  expect(sent.headers).toMatchObject({ "x-goog-api-key": "secret", "x-client-request-id": "r1", accept: "text/event-stream" });
  expect(JSON.parse(utf8Text(sent.body))).toEqual({ contents: [{ role: "user", parts: [{ text: "Hé?" }] }] });
  expect(geminiUpstream.encodeRequest(request, deployment, "secret", {}).url).toBe("http://127.0.0.1:1/v1beta/models/m-1:generateContent");
});

test("geminiUpstream.encodeRequest: a call that failed, and one whose arguments are broken, are sent as such", () => {
  const messages: ChatRequest["messages"] = [
    { role: "user", content: "x" },
    { role: "assistant", content: "Let me see.", toolCalls: [{ id: "c1", name: "look", arguments: "{oops" }] },
    { role: "tool", content: "not found", toolCallId: "c1", isError: true },
  ];
  const { contents } = JSON.parse(utf8Text(geminiUpstream.encodeRequest({ ...request, messages }, deployment, "s", {}).body)) as { contents: unknown[] };
  expect(contents.slice(1)).toEqual([
    { role: "model", parts: [{ text: "Let me see." }, { functionCall: { name: "look", args: { arguments: "{oops" } }, thoughtSignature: "skip_thought_signature_validator" }] },
    { role: "user", parts: [{ functionResponse: { name: "look", response: { error: "not found" } } }] },
  ]);
});

test("geminiUpstream.decodeAnswer: a stream has no terminal event: it ends with its message, and what follows a finish is read", async () => {
  const first = candidate([{ text: "Hé" }]);
  const last = { ...candidate([{ text: "llo" }], "STOP"), usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, thoughtsTokenCount: 5, cachedContentTokenCount: 1 } };
  expect(await answerOf(sse(first, last), true)).toEqual([
    { type: "start", id: "r", model: "m-1" },
    { type: "text", text: "Hé" },
    { type: "text", text: "llo" },
    { type: "finish", reason: "stop" },
    { type: "usage", usage: { inputTokens: 3, outputTokens: 7, reasoningTokens: 5, cachedInputTokens: 1 } },
  ]);
  expect((await answerOf(sse(last, first), true)).map(({ type }) => type)).toEqual(["start", "text", "finish", "usage", "text"]);
  expect((await answerOf(sse(first), true)).map(({ type }) => type)).toEqual(["start", "text"]);
});

test.each([
  ["STOP", "stop"],
  ["MAX_TOKENS", "length"],
  ["SAFETY", "content_filter"],
  ["PROHIBITED_CONTENT", "content_filter"],
])("geminiUpstream.decodeAnswer: finish reason %s is %s", async (finishReason, reason) => {
  expect(await answerOf(JSON.stringify(candidate([{ text: "x" }], finishReason)), false)).toContainEqual({ type: "finish", reason });
});

test.each(["MALFORMED_FUNCTION_CALL", "OTHER", "UNEXPECTED_TOOL_CALL"])("geminiUpstream.decodeAnswer: finish reason %s is a failure of the provider's", async (finishReason) => {
  const last = (await answerOf(JSON.stringify(candidate([], finishReason)), false)).at(-1);
  expect(last).toMatchObject({ type: "error", error: { code: `finish_reason_${finishReason.toLowerCase()}` } });
});

test("geminiUpstream.decodeAnswer: a prompt that is refused is filtered, not malformed", async () => {
  const refused = JSON.stringify({ promptFeedback: { blockReason: "SAFETY" }, usageMetadata: { promptTokenCount: 3 }, modelVersion: "m-1" });
  expect((await answerOf(refused, false)).map((event) => (event.type === "finish" ? event.reason : event.type))).toEqual(["start", "content_filter", "usage", "end"]);
});

test.each([
  ["nothing in it", "{}", MalformedAnswer],
  ["a reason unknown", JSON.stringify(candidate([{ text: "x" }], "NOVEL")), ContractBreach],
  ["no reason", JSON.stringify(candidate([{ text: "x" }])), ContractBreach],
  ["an empty part", JSON.stringify(candidate([{}], "STOP")), ContractBreach],
  ["no vectors", '{"embeddings":[]}', MalformedAnswer],
])("geminiUpstream.decodeAnswer: an answer with %s is refused", async (_, text, kind) => {
  await expect(answerOf(text, false)).rejects.toThrow(kind);
});

const google = (code: number, status: string, message: string, details: readonly object[] = []) => JSON.stringify({ error: { code, status, message, details } });
const quota = "You exceeded your current quota, please check your plan and billing details.";
const retryInfo = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "19.5s" };
const keyInvalid = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" };

/** Google's own words for a thing, and what it is in ours. Bodies after the Gemini API's troubleshooting page. */
test.each([
  [429, google(429, "RESOURCE_EXHAUSTED", quota, [retryInfo]), "rate_limited", 19_500],
  [429, google(429, "RESOURCE_EXHAUSTED", quota), "quota_exhausted", null],
  [503, google(503, "UNAVAILABLE", "The model is overloaded."), "overloaded", null],
  [500, google(500, "INTERNAL", "An internal error has occurred."), "server_error", null],
  [504, google(504, "DEADLINE_EXCEEDED", "Deadline expired."), "server_error", null],
  [400, google(400, "INVALID_ARGUMENT", "API key not valid.", [keyInvalid]), "auth", null],
  [400, google(400, "FAILED_PRECONDITION", "User location is not supported for the API use."), "auth", null],
  [403, google(403, "PERMISSION_DENIED", "no"), "auth", null],
  [404, google(404, "NOT_FOUND", "models/x is not found"), "not_found", null],
  [400, google(400, "INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."), "context_length", null],
  [400, google(400, "INVALID_ARGUMENT", "Invalid value at 'contents'"), "bad_request", null],
  [400, `[${google(400, "INVALID_ARGUMENT", "Invalid value")}]`, "bad_request", null],
  [502, "<html>", "server_error", null],
])("geminiUpstream.decodeError: %i %s", (status, body, failure, waitMs) => {
  const error = geminiUpstream.decodeError(status, {}, utf8Bytes(body), 0);
  expect([classify(error), error.retryAfterMs]).toEqual([failure, waitMs]);
});

test.each([
  ["RESOURCE_EXHAUSTED", "rate_limited"],
  ["UNAVAILABLE", "overloaded"],
  ["INTERNAL", "server_error"],
])("geminiUpstream.decodeAnswer: %s inside a stream is an error event that is %s", async (status, failure) => {
  const events = await answerOf(sse(candidate([{ text: "x" }])) + `data: ${google(500, status, "no")}\n\n`, true);
  const last = events.at(-1)!;
  expect(last.type === "error" ? classify(last.error) : last.type).toBe(failure);
});

test("geminiUpstream.unsupportedParameters: what it has no word for, by name", () => {
  const tools = [{ name: "t" }];
  expect(geminiUpstream.unsupportedParameters({ ...request, tools, parallelToolCalls: false, sampling: { logitBias: { 1: 2 }, seed: 1 } })).toEqual(["parallel_tool_calls", "logit_bias"]);
  expect(geminiUpstream.unsupportedParameters({ ...request, tools, parallelToolCalls: true, output: { type: "json" } })).toEqual([]);
});

test("geminiUpstream.decodeAnswer: of several candidates only the first by number is the answer", async () => {
  const numbered = (index: number, text: string, finishReason?: string) => ({ index, content: { role: "model", parts: [{ text }] }, finishReason });
  const answer = (...candidates: readonly object[]) => ({ candidates, modelVersion: "m-1", responseId: "r" });
  const text = sse(answer(numbered(1, "No"), numbered(0, "Hé")), answer(numbered(1, "body", "STOP")), answer(numbered(1, ""), numbered(0, "llo", "STOP")));
  expect((await answerOf(text, true)).slice(1)).toEqual([{ type: "text", text: "Hé" }, { type: "text", text: "llo" }, { type: "finish", reason: "stop" }]);
});
