import type { ChatRequest, Dialect, Usage } from "../../kernel/chat.ts";
import type { Headers, WireRequest } from "../../kernel/transport.ts";

/** A failure in a provider's own words, before it has been put on the wire. */
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
  /** What a proxy in front of the provider sends instead of the provider's JSON. */
  readonly raw?: { readonly contentType: string; readonly text: string };
}

export interface WholeResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** JSON text around the words of an answer: it fits a schema, and the words lie in a string field. */
export interface Frame {
  readonly before: string;
  readonly after: string;
  /** False: the schema has no free string field, `before` is all there is, and the answer is unmarked. */
  readonly marked: boolean;
}

/** What an answer is to be: words, JSON text that fits a schema, a tool call whose arguments fit one, or vectors (unmarked). */
export type AnswerShape =
  | { readonly kind: "text" }
  | ({ readonly kind: "json" } & Frame)
  | ({ readonly kind: "tool"; readonly name: string } & Frame)
  | { readonly kind: "embedding"; readonly inputs: readonly string[]; readonly dimensions: number; readonly encoding: "float" | "base64" };

/** What all bytes of one response have in common. */
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
  /** One field goes by another name (effect `contract_drift`). */
  readonly drifted: boolean;
}

/** Without a shape: words. */
export type Decoded = { readonly ok: true; readonly request: ChatRequest; readonly shape?: AnswerShape } | { readonly ok: false; readonly fault: ProviderFault };

/** The bytes of a stream: the opening, one piece of text at a time, the terminal events; called in this order. Empty: no event shows it. */
export interface StreamEncoder {
  opening(): Uint8Array;
  piece(text: string): Uint8Array;
  /** Pieces that leave at the same moment; absent: each by `piece`. */
  pieces?(texts: readonly string[]): Uint8Array;
  closing(usage: Usage): Uint8Array;
  /** The provider's in-band error, at any place. */
  failure(fault: ProviderFault): Uint8Array;
}

/** One thing that a provider can be asked for, and its bytes. */
export interface WireEndpoint {
  /** `path` has its query: some providers say model and stream there. */
  decodeRequest(body: Uint8Array, path: string): Decoded;
  encodeAnswer(head: ResponseHead, text: string, usage: Usage): WholeResponse;
  streamHeaders(head: ResponseHead): Headers;
  streamEncoder(head: ResponseHead): StreamEncoder;
}

/** What a driver asks: one user message. */
export interface Question {
  readonly model: string;
  readonly text: string;
  readonly maxTokens: number;
  readonly stream: boolean;
}

/** A provider's side of one wire format. Pure; knows nothing of time, fates and marks. */
export interface ProviderDialect {
  readonly name: Dialect;
  /** The simplest request for an answer, with credentials and without a request id: for drivers. */
  question(question: Question): WireRequest;
  /** `GET` here lists models, or shows the one that the first group of the pattern names; null: nowhere. */
  readonly modelsPath: RegExp | null;
  /** What a `POST` to this path (with its query) asks for; null: not found. */
  endpointOf(path: string): WireEndpoint | null;
  /** Null: the credentials are there (any value will do). `path` has its query. */
  checkHeaders(headers: Headers, path: string): ProviderFault | null;
  /** The fault that this provider shows under an HTTP status during an outage. */
  faultOf(status: number, model: string, retryAfterS: number): ProviderFault;
  modelNotFound(model: string): ProviderFault;
  notFound(method: string, path: string): ProviderFault;
  encodeFault(fault: ProviderFault, requestId: string, wallMs: number): WholeResponse;
  encodeModels(models: readonly string[], createdS: number, requestId: string): WholeResponse;
  encodeModel(model: string, createdS: number, requestId: string): WholeResponse;
  /** Status of the error that breaks a stream, where nobody says which. */
  readonly streamFaultStatus: number;
  /** What keeps an idle stream open; null: the format has no such thing. */
  readonly keepAlive: Uint8Array | null;
  /** An event of a stream, damaged so that a reader must notice. */
  malform(event: Uint8Array): Uint8Array;
}
