import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { brokenAnswer, brokenError, brokenStream } from "./consumer-contract.ts";

const answer = { id: "chatcmpl-1", object: "chat.completion", model: "m", choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }], usage: { prompt_tokens: 3, completion_tokens: 1 } };
const events = [
  { id: "chatcmpl-1", model: "m", choices: [{ index: 0, delta: { role: "assistant", content: "Hel" }, finish_reason: null }] },
  { id: "chatcmpl-1", model: "m", choices: [{ index: 0, delta: { content: "lo" }, finish_reason: null }] },
  { id: "chatcmpl-1", model: "m", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
];
const error = { error: { message: "No such route", type: "invalid_request_error", param: null, code: "model_not_found" } };

const sent = (value: unknown, status = 200) => ({ status, text: typeof value === "string" ? value : JSON.stringify(value) });
const stream = (list: readonly unknown[], last = "data: [DONE]\n\n") => sent(`${list.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")}${last}`);
const renamed = (value: unknown, from: string, to: string) => JSON.parse(JSON.stringify(value).replaceAll(`"${from}":`, `"${to}":`)) as unknown;

test("consumerContract: what clients are recorded to read breaks nothing, whatever else is added", () => {
  expect(brokenAnswer(sent({ ...answer, system_fingerprint: "fp" }))).toBeNull();
  expect(brokenStream(stream([...events, { ...events[0], choices: [], usage: { prompt_tokens: 3 } }]))).toBeNull();
  expect(brokenError(sent(error, 404))).toBeNull();
});

test.each([
  ["content", "text", "an answer has no string choices.0.message.content"],
  ["finish_reason", "stop_reason", "an answer has no string choices.0.finish_reason"],
  ["prompt_tokens", "input_tokens", "an answer has no number usage.prompt_tokens"],
])("brokenAnswer: %s that is called %s", (from, to, broken) => {
  expect(brokenAnswer(sent(renamed(answer, from, to)))).toBe(broken);
});

test("brokenStream: a field that has gone from every event, and another last event", () => {
  expect(brokenStream(stream(renamed(events, "content", "text") as readonly unknown[]))).toBe("a stream has no string choices.0.delta.content");
  expect(brokenStream(stream(renamed(events, "delta", "change") as readonly unknown[]))).toBe("a stream has no string choices.0.delta.content");
  expect(brokenStream(stream(events, "event: done\ndata: {}\n\n"))).toBe("a stream does not end with data: [DONE]");
});

test("brokenStream: one that its provider broke off ends with an error, which has the fields of errors", () => {
  expect(brokenStream(stream([events[0], error], ""))).toBeNull();
  expect(brokenStream(stream([events[0], renamed(error, "message", "detail")], ""))).toBe("an error has no string error.message");
  expect(brokenStream(stream([error, events[0]], ""))).toBe("a stream does not end with data: [DONE]");
});

test("brokenError: another shape, and a success where there is no such route", () => {
  expect(brokenError(sent({ detail: "No such route" }, 404))).toBe("an error has no string error.message");
  expect(brokenError(sent("<html>", 404))).toBe("an error has no string error.message");
  expect(brokenError(sent(answer))).toBe("a route that is not there was answered with status 200");
});

/** The body of a golden answer, which official clients have read. */
function goldenBody(title: string): string {
  const golden = readFileSync(new URL("../../contract/golden/chat-completions.txt", import.meta.url), "utf8");
  const section = golden.split(/^=== /m).find((each) => each.startsWith(title))!;
  return section.slice(section.search(/^(\{"id"|data: )/m)).trim();
}

test("consumerContract: the golden answers keep it", () => {
  expect(brokenAnswer(sent(goldenBody("text, stream false")))).toBeNull();
  expect(brokenStream(sent(goldenBody("text, stream true")))).toBeNull();
  expect(brokenStream(sent(goldenBody("a stream that the provider breaks off")))).toBeNull();
});
