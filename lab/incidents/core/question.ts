import type { Dialect, JsonObject } from "../../../kernel/chat.ts";
import type { Endpoint } from "../../../kernel/endpoints.ts";

/** What the driver asks, before it is in any format. */
export interface Question {
  readonly endpoint: Endpoint;
  readonly model: string;
  readonly text: string;
  readonly stream: boolean;
  readonly key: string;
  readonly tier: string;
}

export interface AskedQuestion {
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

/** What of each format the driver can ask and judge; embeddings bear no mark, so it cannot judge them. */
export const askable: Readonly<Record<Dialect, readonly Endpoint[]>> = {
  openai: ["chat", "responses"],
  openai_responses: ["responses"],
  azure: ["chat"],
  openai_compatible: ["chat"],
  anthropic: ["chat"],
  gemini: ["chat"],
  bedrock: ["chat"],
};

const outputWords = 1;

/** A client's side of each format, written apart from the simulators'. */
export function ask(dialect: Dialect, question: Question): AskedQuestion {
  const { endpoint, model, text, stream, key, tier } = question;
  const bearer = { authorization: `Bearer ${key}` };
  const tiered = tier === "default" ? {} : { service_tier: tier };
  const openai = { model, messages: [{ role: "user", content: text }], max_tokens: outputWords, stream, ...tiered };
  switch (dialect) {
    case "openai":
    case "openai_responses":
    case "openai_compatible":
      if (endpoint === "responses") return { path: "/v1/responses", headers: bearer, body: { model, input: text, max_output_tokens: outputWords, stream, ...tiered } };
      return { path: "/v1/chat/completions", headers: bearer, body: openai };
    case "azure":
      return { path: `/openai/deployments/${encodeURIComponent(model)}/chat/completions?api-version=2024-10-21`, headers: { "api-key": key }, body: openai };
    case "anthropic":
      return { path: "/v1/messages", headers: { "x-api-key": key, "anthropic-version": "2023-06-01" }, body: openai };
    case "gemini":
      return {
        path: `/v1beta/models/${encodeURIComponent(model)}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
        headers: { "x-goog-api-key": key },
        body: { contents: [{ role: "user", parts: [{ text }] }], generationConfig: { maxOutputTokens: outputWords } },
      };
    case "bedrock":
      return {
        path: `/model/${encodeURIComponent(model)}/converse${stream ? "-stream" : ""}`,
        headers: bearer,
        body: { messages: [{ role: "user", content: [{ text }] }], inferenceConfig: { maxTokens: outputWords } },
      };
  }
}
