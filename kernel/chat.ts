/** The chat vocabulary between a dialect and a core. Types only: each side writes its own wire code. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Wire formats that the reference gateway uses with providers. */
export type GatewayDialect = "openai" | "openai_responses" | "openai_compatible" | "anthropic" | "gemini";

/** Wire formats that a simulator serves. */
export type Dialect = "openai" | "openai_responses" | "openai_compatible" | "anthropic" | "gemini" | "azure" | "bedrock";

/** A tool that the model wants to call. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON as the model wrote it, not validated. */
  readonly arguments: string;
}

/** A part of a message. `cacheControl`: the provider caches the prompt up to here (Anthropic). */
export type ContentPart = TextPart | ImagePart;

export interface TextPart {
  readonly type: "text";
  readonly text: string;
  readonly cacheControl?: JsonObject;
}

export interface ImagePart {
  readonly type: "image";
  /** Base64 of its bytes, or where it is. */
  readonly source: { readonly kind: "base64"; readonly mediaType: string; readonly data: string } | { readonly kind: "url"; readonly url: string };
  /** OpenAI's `detail`. Absent: the model decides. */
  readonly detail?: string;
  readonly cacheControl?: JsonObject;
}

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
  /** Its parts, where text alone does not say it: `content` is then the text in them. */
  readonly parts?: readonly ContentPart[];
  /** The author, where several share one role (OpenAI's `name`). */
  readonly speaker?: string;
  /** Of an assistant: its tool calls. `content` may be empty then. */
  readonly toolCalls?: readonly ToolCall[];
  /** Of a tool: the call whose result this is. */
  readonly toolCallId?: string;
  /** Of a tool: the call failed, and `content` describes how. */
  readonly isError?: boolean;
}

/** A function that the model may call. */
export interface ToolDefinition {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments; absent: it takes none. */
  readonly parameters?: JsonObject;
  readonly strict?: boolean;
  /** Where the provider's cache of the prompt may end, in Anthropic's words. */
  readonly cacheControl?: JsonObject;
}

/** `required`: any tool, but one; a name: that one. Absent: the model decides. */
export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

/** Structured output. Absent: text. */
export type OutputFormat =
  | { readonly type: "json" }
  | { readonly type: "json_schema"; readonly name: string; readonly schema: JsonObject; readonly description?: string; readonly strict?: boolean };

/** What shapes an answer besides its temperature. Each absent: the provider's default. */
export interface Sampling {
  readonly topP?: number;
  readonly topK?: number;
  /** The answer ends before the first of these. */
  readonly stop?: readonly string[];
  /** Best effort with every provider: left out where the wire format lacks it. */
  readonly seed?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  /** Token id -> -100..100. */
  readonly logitBias?: JsonObject;
  readonly reasoningEffort?: string;
  readonly verbosity?: string;
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream: boolean;
  /** Null: the provider's default. */
  readonly maxTokens: number | null;
  readonly temperature: number | null;
  /** Whether a stream carries usage at its end (OpenAI `stream_options.include_usage`). */
  readonly includeUsage: boolean;
  readonly tools?: readonly ToolDefinition[];
  readonly toolChoice?: ToolChoice;
  /** False: at most one tool call in an answer. */
  readonly parallelToolCalls?: boolean;
  readonly output?: OutputFormat;
  readonly sampling?: Sampling;
  /**
   * Parameters that change no answer (`user`, `metadata`, `service_tier` ..), by OpenAI's names. Each dialect passes
   * those that it has.
   */
  readonly hints?: JsonObject;
  /** Asks for vectors instead of an answer: one for the content of each message. */
  readonly embedding?: EmbeddingOptions;
  /**
   * The last message is the beginning of the answer, which continues it (Anthropic). Otherwise a closing assistant
   * message is like any other.
   */
  readonly prefilled?: boolean;
  /** A registered prompt that precedes the messages. */
  readonly prompt?: PromptReference;
  /** The request as its client wrote it: it travels so to a deployment of the same format. Absent: it is translated. */
  readonly source?: RequestSource;
}

/** Formats that clients and deployments have in common. */
export type WireFormat = "openai" | "openai_responses" | "anthropic";

/** A request in the client's own words. */
export interface RequestSource {
  readonly format: WireFormat;
  /** The body, valid JSON. Guards change parts of it. Of a long body, marks stand in place of its long strings. */
  readonly text: string;
  /** The members of `text`, where they have been found before. Whoever changes the text leaves them out. */
  readonly members?: readonly Member[];
  /** Of a long body, so that nobody has to read all of it at once. */
  readonly long?: LongText;
  /** Headers that belong to the request, such as `anthropic-beta`. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the vocabulary has no word for, as refusals: only a deployment of this format can be sent the request. */
  readonly untranslatable: readonly Untranslatable[];
  /** It refers to something that a provider keeps, such as an earlier response. Absent: it says all itself. */
  readonly state?: StateReference;
  /** What a registered prompt adds before the request's own messages and tools. */
  readonly rendered?: { readonly messages: readonly ChatMessage[]; readonly tools: readonly ToolDefinition[] };
  /** The answer so far, for the deployment to continue, after the beginning that the client itself sent. */
  readonly continued?: { readonly text: string; readonly replacesLast: boolean };
}

/** A part of a text. */
export interface Span {
  readonly start: number;
  /** After the last character. */
  readonly end: number;
}

/** `"name": value`, from the opening quote to the end of the value. */
export interface Member extends Span {
  readonly name: string;
  readonly value: Span;
}

/** The long strings of a JSON text, and what stands between them. */
export interface LongText {
  /** What stands before, between and after the strings: one more than there are strings. */
  readonly gaps: readonly Uint8Array[];
  /** In their order. Names of members are never among them. */
  readonly strings: readonly LongString[];
}

export interface LongString {
  /** As JSON, with its quotes. */
  readonly bytes: Uint8Array;
  /** Read from the bytes when it is first asked for. */
  readonly value: string;
}

/**
 * `parameter` names it. Only its owner has it. Owner null: the gateway has not given the id, so that anybody may own
 * it.
 */
export interface StateReference {
  readonly parameter: string;
  readonly owner: string | null;
}

/**
 * Why a part of a request cannot be expressed in another format: the 400 that its client gets where no deployment is
 * left.
 */
export interface Untranslatable {
  readonly code: string;
  readonly message: string;
}

/** A registered prompt, with the values of its variables. No version: the current one. */
export interface PromptReference {
  readonly id: string;
  readonly version?: string;
  readonly variables: Readonly<Record<string, string>>;
}

export interface EmbeddingOptions {
  /** Null: the model's own. */
  readonly dimensions: number | null;
  /** Whether the client wants base64 of little-endian float32 rather than numbers. */
  readonly base64: boolean;
}

/** The values of OpenAI's `finish_reason`. */
export type FinishReason = "stop" | "length" | "content_filter" | "tool_calls";

export interface Usage {
  /** All of the input, including what the provider read from its prompt cache. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /**
   * The part of the input that the provider read from its own prompt cache, and the part that it wrote there. Absent:
   * not reported.
   */
  readonly cachedInputTokens?: number;
  readonly cacheWriteTokens?: number;
  /** The part of `cacheWriteTokens` that is kept for an hour, at a price of its own (Anthropic). */
  readonly cacheWriteHourTokens?: number;
  /** The part of the output that was thinking. Absent: not reported. */
  readonly reasoningTokens?: number;
  /** The service tier that the provider billed. Absent: not reported. */
  readonly serviceTier?: string;
  /**
   * What a rescued answer cost besides: tokens of the attempts that broke, as far as they are not part of the answer.
   * Absent: none.
   */
  readonly failedLegs?: { readonly inputTokens: number; readonly outputTokens: number };
  /** It billed something that is no text token: audio, or a tool of its own. */
  readonly hasOtherCharges?: true;
}

/** Usage without its output. */
export type InputUsage = Omit<Usage, "outputTokens">;

/** A provider's error. */
export interface ProviderError {
  /** HTTP status, or null for an error inside a stream. */
  readonly status: number | null;
  /** `error.code`, or `error.type` where the dialect has no code. */
  readonly code: string;
  readonly message: string;
  /** From `retry-after-ms`, `retry-after` (seconds or HTTP date); null if absent or unreadable. */
  readonly retryAfterMs: number | null;
  /** It asked not to be sent the same request again (`x-should-retry: false`). Absent: no. */
  readonly forbidsRetry?: boolean;
}

/**
 * An answer as a stream of events. A JSON answer has the same events at once. `end` is the terminal event: without it,
 * the answer is truncated.
 */
export type ChatEvent = PlainEvent & {
  /** The piece of the answer that said it. Absent: the gateway's own words, or a provider of another format. */
  readonly wire?: WirePiece;
};

/** A piece of an answer as its provider wrote it, for a client that speaks the same format. */
export interface WirePiece {
  readonly format: WireFormat;
  /** The name of an event of a stream; empty for a whole body. */
  readonly event: string;
  /** JSON. */
  readonly data: string;
  /** How many events it became. Where one of them has been changed, the piece no longer says what they say. */
  readonly count: number;
  /**
   * Several pieces of a stream that differ only in one string, which is the token: what each has before that string and
   * after it. Their event has the tokens, and `data` is the stream's text with all of them. Absent: one piece.
   */
  readonly around?: Around;
}

export interface Around {
  readonly before: string;
  readonly after: string;
}

type PlainEvent =
  /** `input`: what the prompt is billed as, where the provider reports it before the answer. Absent: it does not. */
  | { readonly type: "start"; readonly id: string; readonly model: string; readonly input?: InputUsage }
  /** `tokens`: several that came in one read, `text` in its parts, none of them empty. Absent: one. */
  | { readonly type: "text"; readonly text: string; readonly tokens?: readonly string[] }
  /**
   * The model thinks aloud: no part of the answer, but a sign that one is coming, and billed. The text may be empty.
   */
  | { readonly type: "reasoning"; readonly text: string }
  /**
   * A piece that says something the vocabulary has no word for: content, the edge of a block, or something beside the
   * answer.
   */
  | { readonly type: "opaque"; readonly kind: "content" | "frame" | "aside" }
  /** A call begins; calls are numbered from 0. Its arguments follow, whole or in pieces. */
  | { readonly type: "tool_call"; readonly index: number; readonly id: string; readonly name: string }
  | { readonly type: "tool_arguments"; readonly index: number; readonly text: string }
  /** The vector of input `index`, from 0. */
  | { readonly type: "embedding"; readonly index: number; readonly vector: readonly number[] }
  | { readonly type: "finish"; readonly reason: FinishReason }
  | { readonly type: "usage"; readonly usage: Usage }
  | { readonly type: "error"; readonly error: ProviderError }
  /** What came before is void: the answer restarts. Sent only to clients that accept restarts. */
  | { readonly type: "restart"; readonly reason: string }
  | { readonly type: "end" };
