import { expect, test } from "vitest";
import { isByModel } from "./model-name.ts";

/** As the providers' public APIs, routers and local servers answer for these names. */
test.each([
  ["gpt-4o", "gpt-4o-2024-08-06"],
  ["gpt-4", "gpt-4-0613"],
  ["gpt-3.5-turbo", "gpt-3.5-turbo-0125"],
  ["o3-mini", "o3-mini-2025-01-31"],
  ["text-embedding-ada-002", "text-embedding-ada-002-v2"],
  ["claude-sonnet-4-5", "claude-sonnet-4-5-20250929"],
  ["claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022"],
  ["gemini-2.0-flash", "gemini-2.0-flash-001"],
  ["gemini-2.5-flash", "gemini-2.5-flash-preview-05-20"],
  ["gemini-2.5-pro", "gemini-2.5-pro-exp-03-25"],
  ["command-r-plus", "command-r-plus-08-2024"],
  ["grok-4", "grok-4-0709"],
  ["gpt-4o-2024-08-06", "gpt-4o-2024-08-06"],
  ["claude-sonnet-4-0", "claude-sonnet-4-20250514"],
  ["claude-opus-4-0", "claude-opus-4-20250514"],
  ["gpt-4-turbo-preview", "gpt-4-0125-preview"],
  ["gpt-3.5-turbo-16k", "gpt-3.5-turbo-16k-0613"],
  ["gemini-flash-latest", "gemini-2.5-flash-preview-09-2025"],
  ["mistral-large-latest", "mistral-large-2411"],
  ["deepseek-chat", "deepseek-v4-flash"],
  ["anthropic/claude-sonnet-4.5", "anthropic/claude-4.5-sonnet-20250929"],
  ["meta-llama/Llama-3.3-70B-Instruct", "meta-llama/llama-3.3-70b-instruct"],
  ["openrouter/auto", "openai/gpt-4o"],
  ["llama3.1", "llama3.1:latest"],
  ["gpt-3.5-turbo", "/models/qwen2.5-7b-q4.gguf"],
  ["my-gpt4o-deployment", "gpt-4o-2024-08-06"],
  ["claude-sonnet-4-5@20250929", "claude-sonnet-4-5-20250929"],
  ["claude-sonnet-4-5@default", "claude-sonnet-4-5-20250929"],
  ["claude-sonnet-4-5[1m]", "claude-sonnet-4-5-20250929"],
  ["openai/gpt-4o:nitro", "openai/gpt-4o"],
  ["qwen/qwen3-coder:exacto", "qwen/qwen3-coder"],
  ["deepseek/deepseek-r1", "deepseek/deepseek-r1:free"],
  ["grok-4-fast", "grok-4-fast-reasoning"],
  ["grok-4.1-fast", "grok-4-1-fast-reasoning"],
  ["grok-code-fast", "grok-code-fast-1"],
])("isByModel: what was asked of %s may answer as %s", (asked, answered) => {
  expect(isByModel(answered, asked)).toBe(true);
});

test.each([
  ["gpt-4o", "gpt-4o-mini"],
  ["gpt-4o", "gpt-4o-mini-2024-07-18"],
  ["gpt-4o", "gpt-4"],
  ["gpt-4o-2024-08-06", "gpt-4o-2024-05-13"],
  ["gpt-4o-2024-08-06", "gpt-4o"],
  ["gpt-test", "gpt-other"],
  ["gpt-test", "gpt-test-legacy"],
  ["claude-opus-4", "claude-opus-4-1"],
  ["claude-opus-4", "claude-opus-4-1-20250805"],
  ["gpt-4o", ""],
  ["gpt-4o", "claude-sonnet-4-5"],
  ["claude-sonnet-latest", "claude-opus-4-1-20250805"],
  ["claude-sonnet-4-0", "claude-sonnet-4-5-20250929"],
  ["gemini-2.5-pro", "gemini-2.5-flash"],
  ["m-1", "m-1-mini"],
  ["claude-sonnet-4-5@20250929", "claude-sonnet-4-5-20251015"],
  ["claude-sonnet-4-5@default", "claude-haiku-4-5@20251001"],
  ["openai/gpt-4o:nitro", "openai/gpt-4o-mini:nitro"],
  ["gpt-oss:20b", "gpt-oss:120b"],
  ["grok-4-fast", "grok-4-fast-non-reasoning"],
  ["grok-4-fast", "grok-4-1-fast-reasoning"],
])("isByModel: what was asked of %s may not answer as %s", (asked, answered) => {
  expect(isByModel(answered, asked)).toBe(false);
});
