import { expect, test } from "vitest";
import { noAnswer, readEvent, readWhole } from "./answer.ts";

const chunk = (delta: object, finish: string | null = null, more: object = {}) =>
  JSON.stringify({ id: "c", model: "m", choices: [{ index: 0, delta, finish_reason: finish }], ...more });

test("readEvent: a whole stream", () => {
  const events = [
    chunk({ role: "assistant", content: "" }),
    chunk({ content: "one" }),
    chunk({ content: " two" }),
    chunk({}, "stop"),
    JSON.stringify({ id: "c", model: "m", choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } }),
    "[DONE]",
  ];
  expect(events.reduce(readEvent, noAnswer)).toEqual({
    terminal: true,
    finishReason: "stop",
    errorCode: null,
    text: "one two",
    model: "m",
    usage: { inputTokens: 3, outputTokens: 2 },
  });
  expect(events.slice(0, -1).reduce(readEvent, noAnswer).terminal).toBe(false);
});

test("readEvent: the first in-band error stays, and text before it is kept", () => {
  const events = [chunk({ content: "one" }), '{"error":{"code":"upstream_truncated","type":"api_error"}}', '{"error":{"code":"later"}}'];
  expect(events.reduce(readEvent, noAnswer)).toMatchObject({ text: "one", errorCode: "upstream_truncated", terminal: false });
});

test.each([
  ['{"error":{"code":"rate_limit_exceeded","type":"requests"}}', "rate_limit_exceeded"],
  ['{"error":{"code":null,"type":"server_error"}}', "server_error"],
  ['{"error":{"code":503}}', "503"],
  ['{"error":"sick"}', "unknown"],
  ["<html>Bad gateway</html>", "unreadable"],
  ["[]", "unreadable"],
  ["", "unreadable"],
])("readWhole: the error code of %s is %s", (body, code) => {
  expect(readWhole(body).errorCode).toBe(code);
});

test("readWhole: a JSON answer", () => {
  const body = { model: "m", choices: [{ message: { content: "one two" }, finish_reason: "length" }], usage: { prompt_tokens: 3, completion_tokens: 2 } };
  expect(readWhole(JSON.stringify(body))).toEqual({
    terminal: true,
    finishReason: "length",
    errorCode: null,
    text: "one two",
    model: "m",
    usage: { inputTokens: 3, outputTokens: 2 },
  });
});

test("readWhole: an object without choices is readable and empty, whatever stands in their place", () => {
  expect(readWhole('{"choices":[null],"usage":7,"model":1}')).toEqual({ ...noAnswer, terminal: true });
});
