import type { ChatEvent, ChatRequest, GatewayDialect, ProviderError } from "../../kernel/chat.ts";
import type { FailureKind, Outcome } from "../../kernel/outcome.ts";
import type { Clock, ConfigSource, EventSink, Rng, Secrets, Store, Transport } from "../../kernel/seams.ts";
import type { Handler, Headers, TransportRequest, TransportResponse } from "../../kernel/transport.ts";
import type { DeploymentConfig, GatewayConfig } from "./config.ts";

/** How the gateway speaks to one kind of provider: bytes <-> events. Pure. */
export interface UpstreamDialect {
  readonly name: GatewayDialect;
  /** `forwarded` holds what goes upstream unchanged: `x-client-request-id`, `traceparent`. */
  encodeRequest(request: ChatRequest, deployment: DeploymentConfig, credential: string, forwarded: Headers): TransportRequest;
  /**
   * Events of a 2xx answer, JSON or SSE by `stream`. Yields `end` only for a real terminal event; a body that ends without it just ends.
   * Throws `MalformedAnswer` for bytes that are not the dialect; lets `TransportError` through.
   */
  decodeAnswer(response: TransportResponse, stream: boolean): AsyncIterable<ChatEvent>;
  /** An answer that is not 2xx; never throws, an HTML body included. `wallMs` is for HTTP dates in Retry-After. */
  decodeError(status: number, headers: Headers, body: Uint8Array, wallMs: number): ProviderError;
}

/** A provider's body that is not what its dialect says. */
export class MalformedAnswer extends Error {
  override readonly name = "MalformedAnswer";
}

/** How clients speak to the gateway. Pure. */
export interface ClientDialect {
  /** Throws `BadRequest`. */
  decodeRequest(body: Uint8Array): ChatRequest;
  encodeAnswer(answer: WholeAnswer): Uint8Array;
  encodeError(error: ClientError): Uint8Array;
  /** The bytes of one stream event; empty for an event that shows nothing to the client. An `error` is an in-band error event. */
  streamEncoder(head: { id: string; model: string; createdS: number; includeUsage: boolean }): (event: ChatEvent) => Uint8Array;
}

export interface WholeAnswer {
  readonly id: string;
  readonly model: string;
  readonly createdS: number;
  readonly text: string;
  readonly finishReason: string;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number } | null;
}

export interface ClientError {
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly message: string;
}

/** The client's own fault, found before any provider is asked: 400. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What the core tells; the rim makes spans, metrics and logs of it. Times are on the clock's `nowMs` timeline. */
export type GatewayEvent =
  | {
      readonly type: "started";
      /** 16 hexadecimal digits: the id of the request's span. */
      readonly id: string;
      /** The client's; where it sent none, a new trace whose span is `id`. */
      readonly traceparent: string;
      readonly requestId: string;
      readonly team: string;
      readonly feature: string;
      readonly route: string;
      readonly stream: boolean;
      readonly atMs: number;
    }
  | {
      readonly type: "finished";
      readonly id: string;
      readonly requestId: string;
      readonly team: string;
      readonly feature: string;
      readonly route: string;
      readonly stream: boolean;
      readonly startedMs: number;
      readonly firstTokenMs: number | null;
      readonly endedMs: number;
      readonly outcome: Outcome;
      readonly status: number;
      readonly attempts: readonly AttemptReport[];
      readonly inputTokens: number;
      readonly outputTokens: number;
    }
  | { readonly type: "state_changed"; readonly deployment: string; readonly from: string; readonly to: string; readonly reason: string; readonly atMs: number }
  /** A planted defect touched these requests: ground truth for the tests of the observer, which never sees it. */
  | { readonly type: "defect_applied"; readonly kind: string; readonly requestIds: readonly string[]; readonly atMs: number };

export interface AttemptReport {
  readonly spanId: string;
  readonly deployment: string;
  readonly startedMs: number;
  readonly endedMs: number;
  /** Null: it answered. */
  readonly failure: FailureKind | "cancelled" | null;
  readonly status: number | null;
}

export interface GatewaySeams {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly transport: Transport;
  readonly store: Store;
  readonly secrets: Secrets;
  readonly config: ConfigSource<GatewayConfig>;
  readonly events: EventSink<GatewayEvent>;
  readonly client: ClientDialect;
  readonly upstream: Readonly<Record<GatewayDialect, UpstreamDialect>>;
}

/** The data plane without its sockets. */
export interface Gateway {
  /** `POST /v1/chat/completions` and `GET /v1/models`; anything else is 404 in the client's dialect. */
  readonly handle: Handler;
  /** What `/admin/state` shows. */
  state(): GatewayState;
}

export interface GatewayState {
  readonly inFlight: number;
  readonly retryBudgetTokens: number;
  readonly breakers: readonly { readonly deployment: string; readonly state: "closed" | "open" | "half_open"; readonly reason: string; readonly untilMs: number | null }[];
}
