/** The chat vocabulary between a dialect and a core. Types only: each side writes its own wire code. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Wire formats that the reference gateway speaks upstream. */
export type GatewayDialect = "openai" | "anthropic";

/** Wire formats that a simulator speaks. */
export type Dialect = "openai" | "openai_compatible" | "anthropic" | "gemini" | "azure" | "bedrock";

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream: boolean;
  /** Null: the provider's default. */
  readonly maxTokens: number | null;
  readonly temperature: number | null;
  /** Whether a stream is to carry usage at its end (OpenAI `stream_options.include_usage`). */
  readonly includeUsage: boolean;
}

/** In the words of OpenAI's `finish_reason`. */
export type FinishReason = "stop" | "length" | "content_filter" | "tool_calls";

export interface Usage {
  /** All of the input, what the provider's prompt cache spared included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of the input, what the provider read from its own prompt cache, and what it wrote there. Absent: not said. */
  readonly cachedInputTokens?: number;
  readonly cacheWriteTokens?: number;
}

/** What a provider says of its own failure. */
export interface ProviderError {
  /** HTTP status, or null for an error inside a stream. */
  readonly status: number | null;
  /** `error.code`, or `error.type` where the dialect has no code. */
  readonly code: string;
  readonly message: string;
  /** From `retry-after-ms`, `retry-after` (seconds or HTTP date); null if absent or unreadable. */
  readonly retryAfterMs: number | null;
}

/** An answer as a stream of events; a JSON answer gives the same events at once. `end` is the terminal event: without it, truncated. */
export type ChatEvent =
  | { readonly type: "start"; readonly id: string; readonly model: string }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "finish"; readonly reason: FinishReason }
  | { readonly type: "usage"; readonly usage: Usage }
  | { readonly type: "error"; readonly error: ProviderError }
  | { readonly type: "end" };
