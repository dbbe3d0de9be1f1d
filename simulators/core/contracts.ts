import type { ChatRequest, Dialect, Usage } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";

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

/** What all bytes of one response have in common. */
export interface ResponseHead {
  /** 16 letters, different for every attempt. */
  readonly answerId: string;
  /** The model that the answer claims. */
  readonly model: string;
  readonly createdS: number;
  readonly includeUsage: boolean;
  readonly inputTokens: number;
}

export type Decoded = { readonly ok: true; readonly request: ChatRequest } | { readonly ok: false; readonly fault: ProviderFault };

/** The bytes of a stream: the opening, one piece of text at a time, the terminal events. */
export interface StreamEncoder {
  opening(): Uint8Array;
  piece(text: string): Uint8Array;
  closing(usage: Usage): Uint8Array;
}

/** A provider's side of one wire format. Pure; knows nothing of time, fates and marks. */
export interface ProviderDialect {
  readonly name: Dialect;
  /** `POST` here asks for an answer. */
  readonly answerPath: string;
  /** Null: the credentials are there (any value will do). */
  checkHeaders(headers: Headers): ProviderFault | null;
  decodeRequest(body: Uint8Array): Decoded;
  /** The fault that this provider shows under an HTTP status during an outage. */
  faultOf(status: number, model: string, retryAfterS: number): ProviderFault;
  modelNotFound(model: string): ProviderFault;
  notFound(method: string, path: string): ProviderFault;
  encodeFault(fault: ProviderFault, requestId: string, wallMs: number): WholeResponse;
  encodeModels(models: readonly string[], createdS: number, requestId: string): WholeResponse;
  encodeAnswer(head: ResponseHead, text: string, usage: Usage): WholeResponse;
  streamHeaders(head: ResponseHead): Headers;
  streamEncoder(head: ResponseHead): StreamEncoder;
}
