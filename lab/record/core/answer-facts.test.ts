import { expect, test } from "vitest";
import { eventFacts, wholeTokens } from "./answer-facts.ts";

test.each([
  ["OpenAI's role chunk", '{"choices":[{"delta":{"role":"assistant","content":""}}]}', false, null, false],
  ["OpenAI's content", '{"choices":[{"delta":{"content":"Hi"}}]}', true, null, false],
  ["OpenAI's tool call", '{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{"}}]}}]}', true, null, false],
  ["OpenAI's usage", '{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":41}}', false, 41, false],
  ["OpenAI's end", "[DONE]", false, null, true],
  ["a responses delta", '{"type":"response.output_text.delta","delta":"Hi"}', true, null, false],
  ["a responses end", '{"type":"response.completed","response":{"usage":{"output_tokens":9}}}', false, 9, true],
  ["Anthropic's content", '{"type":"content_block_delta","delta":{"type":"text_delta","text":"Hi"}}', true, null, false],
  ["Anthropic's usage", '{"type":"message_delta","usage":{"output_tokens":15}}', false, 15, false],
  ["Anthropic's end", '{"type":"message_stop"}', false, null, true],
  ["Anthropic's ping", '{"type":"ping"}', false, null, false],
  ["Gemini's last", '{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP"}],"usageMetadata":{"candidatesTokenCount":5}}', true, 5, true],
  ["what is no JSON", "{", false, null, false],
])("eventFacts: %s", (_what, data, content, outputTokens, terminal) => {
  expect(eventFacts(data)).toEqual({ content, outputTokens, terminal });
});

test("wholeTokens: of each provider's usage; null without", () => {
  const bodies = ['{"usage":{"completion_tokens":4}}', '{"usage":{"output_tokens":5}}', '{"usage":{"outputTokens":6}}', '{"usageMetadata":{"candidatesTokenCount":7}}', "{}", "<html>"];
  expect(bodies.map(wholeTokens)).toEqual([4, 5, 6, 7, null, null]);
});
