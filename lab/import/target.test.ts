import { expect, test } from "vitest";
import type { StatusEntry } from "./entry.ts";
import { targetOf } from "./target.ts";

const entry: StatusEntry = { line: 1, provider: "openai", id: null, title: null, components: [], severity: "minor", spans: [], times: { start: "page", end: "page", phases: "page" }, url: null, origin: null };
const surfaces = (fields: Partial<StatusEntry>) => targetOf({ ...entry, ...fields }).surfaces;

test.each([
  [["Chat Completions", "Responses", "Embeddings", "Login"], ["api", "login"]],
  [["API", "ChatGPT"], ["api", "web"]],
  [["claude.ai", "Claude API (api.anthropic.com)", "Claude Code", "Claude Console (platform.claude.com)"], ["web", "api", "product", "console"]],
  [["Claude Cowork"], ["product"]],
  [["Codex API"], ["api"]],
  [["Conversations", "GPTs"], ["web"]],
  [["Images"], ["api"]],
  [["Sonnet 4.5"], ["api"]],
  [["Uncategorised"], ["product"]],
])("targetOf: components %j hit %j", (components, expected) => {
  expect(surfaces({ components })).toEqual(expected);
});

test.each([
  ["Delays in customer support responses", ["product"]],
  ["Degraded functionality for Claude Cowork on Windows", ["product"]],
  ["Elevated errors for ChatGPT users in Europe", ["web"]],
  ["Unable to open shared ChatGPT Project using direct link", ["web"]],
  ["Login and account creation errors", ["login"]],
  ["Elevated errors for GPT-5.6 Sol on the API", ["api"]],
  ["Elevated errors across ChatGPT, Codex, and the API including the Agents API", ["api", "product", "web"]],
  ["Elevated errors for Claude Opus 4.8", ["api"]],
  ["Elevated error rates", ["api"]],
])("targetOf: without components, the title %j hit %j", (title, expected) => {
  expect(surfaces({ title })).toEqual(expected);
});

test("targetOf: components go before the title, and an unknown provider is none", () => {
  expect(surfaces({ title: "Elevated errors on the API", components: ["ChatGPT"] })).toEqual(["web"]);
  expect(targetOf({ ...entry, provider: "cursor" }).providers).toEqual([]);
});
