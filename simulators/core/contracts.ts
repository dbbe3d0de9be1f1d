import type { ChatRequest, Dialect, Usage } from "../../kernel/chat.ts";
import type { Headers, WireRequest } from "../../kernel/transport.ts";

/** A failure in a provider's own words, before it is encoded. */
export interface ProviderFault {
  readonly status: number;
  /** `error.type` of the provider's body. */
  readonly type: string;
  /** `error.code`, where the provider has one. */
  readonly code: string | null;
  readonly message: string;
  /** The field that is at fault (OpenAI's `error.param`). */
  readonly param?: string;
  /** Whole seconds; sent as `retry-after`. */
  readonly retryAfterS?: number;
  /** The body that a proxy in front of the provider sends instead of the provider's JSON. */
  readonly raw?: { readonly contentType: string; readonly text: string };
}

export interface WholeResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** JSON text around the words of an answer. The whole fits a schema, and the words are in a string field. */
export interface Frame {
  readonly before: string;
  readonly after: string;
  /** False: the schema has no free string field, `before` is all there is, and the answer is unmarked. */
  readonly marked: boolean;
}

/**
 * The form of an answer: words, JSON text that fits a schema, a tool call whose arguments fit one, or vectors
 * (unmarked).
 */
export type AnswerShape =
  | { readonly kind: "text" }
  | ({ readonly kind: "json" } & Frame)
  | ({ readonly kind: "tool"; readonly name: string } & Frame)
  | { readonly kind: "embedding"; readonly inputs: readonly string[]; readonly dimensions: number; readonly encoding: "float" | "base64" };

/** The values that every event of one response shares. */
export interface ResponseHead {
  /** 16 letters, different for every attempt. */
  readonly answerId: string;
  /** The model that the answer claims. */
  readonly model: string;
  readonly createdS: number;
  readonly includeUsage: boolean;
  readonly inputTokens: number;
  readonly shape: AnswerShape;
  /** From arrival to the last word, ms. */
  readonly generationMs: number;
  /** One field has another name (effect `contract_drift`). */
  readonly drifted: boolean;
}

/** A decoded request. Without a shape the answer is words. */
export type Decoded = { readonly ok: true; readonly request: ChatRequest; readonly shape?: AnswerShape } | { readonly ok: false; readonly fault: ProviderFault };

/**
 * Encodes a stream: the opening, one piece of text at a time, the terminal events, in this order. Empty bytes: no event
 * for it.
 */
export interface StreamEncoder {
  opening(): Uint8Array;
  piece(text: string): Uint8Array;
  /** Encodes pieces that are sent together. Absent: each by `piece`. */
  pieces?(texts: readonly string[]): Uint8Array;
  closing(usage: Usage): Uint8Array;
  /** The provider's in-band error. May come at any place. */
  failure(fault: ProviderFault): Uint8Array;
}

/** The words of a streamed answer: the first `count` are sent, each when it is due, `wordMs` after the arrival. */
export interface WordStream {
  readonly requestId: string;
  readonly arrivedMs: number;
  readonly wordMs: readonly number[];
  readonly count: number;
}

/** Decides which words of a stream are sent together. A server in real time has none: each is sent when it is due. */
export interface WordBatching {
  /**
   * The words before the index that it returns are sent when the last of them is due; `from`: those before are sent.
   */
  next(stream: WordStream, from: number): number;
  /** `count` words, from those of the last `next` on, are sent now. */
  sent(stream: WordStream, count: number): void;
}

/** One endpoint of a provider: decodes its requests and encodes its answers. */
export interface WireEndpoint {
  /** `path` includes the query: some providers put model and stream there. */
  decodeRequest(body: Uint8Array, path: string): Decoded;
  encodeAnswer(head: ResponseHead, text: string, usage: Usage): WholeResponse;
  streamHeaders(head: ResponseHead): Headers;
  streamEncoder(head: ResponseHead): StreamEncoder;
}

/** A request by a test driver: one user message. */
export interface Question {
  readonly model: string;
  readonly text: string;
  readonly maxTokens: number;
  readonly stream: boolean;
}

/** A provider's side of one wire format. Pure, and independent of time, fates and marks. */
export interface ProviderDialect {
  readonly name: Dialect;
  /** The simplest request for an answer, with credentials and without a request id. For test drivers. */
  question(question: Question): WireRequest;
  /** `GET` here lists the models, or returns the one in the pattern's first group. Null: there is no such path. */
  readonly modelsPath: RegExp | null;
  /** The endpoint of a `POST` to this path (with its query). Null: not found. */
  endpointOf(path: string): WireEndpoint | null;
  /** The fault for missing credentials. Null: they are present (any value is accepted). `path` includes the query. */
  checkHeaders(headers: Headers, path: string): ProviderFault | null;
  /** The fault that this provider returns with an HTTP status during an outage. */
  faultOf(status: number, model: string, retryAfterS: number): ProviderFault;
  modelNotFound(model: string): ProviderFault;
  notFound(method: string, path: string): ProviderFault;
  encodeFault(fault: ProviderFault, requestId: string, wallMs: number): WholeResponse;
  encodeModels(models: readonly string[], createdS: number, requestId: string): WholeResponse;
  encodeModel(model: string, createdS: number, requestId: string): WholeResponse;
  /** Default status of the error that breaks a stream. */
  readonly streamFaultStatus: number;
  /** Bytes that keep an idle stream open. Null: the format has none. */
  readonly keepAlive: Uint8Array | null;
  /** Damages an event of a stream so that a reader must notice. */
  malform(event: Uint8Array): Uint8Array;
}
