import type { ChatEvent, ChatRequest, GatewayDialect, ProviderError, ToolCall } from "../../kernel/chat.ts";
import type { Clock, ConfigSource, EventSink, Rng, Secrets, Store, Transport } from "../../kernel/seams.ts";
import type { Handler, Headers, TransportRequest, TransportResponse } from "../../kernel/transport.ts";
import type { Batches } from "./batches.ts";
import type { DefectConfig, DeploymentConfig, GatewayConfig, Priority } from "./config.ts";
import type { GatewayEvent } from "./events.ts";
import type { LimitState } from "./limits/state.ts";

/** How the gateway speaks to one kind of provider: bytes <-> events. Pure. */
export interface UpstreamDialect {
  readonly name: GatewayDialect;
  /** `forwarded` holds what goes upstream unchanged: `x-client-request-id`, `traceparent`, `tracestate`. */
  encodeRequest(request: ChatRequest, deployment: DeploymentConfig, credential: string, forwarded: Headers): TransportRequest;
  /**
   * Events of a 2xx answer, JSON or SSE by `stream`. Gives `end` only for a real terminal event; a body that ends without it just ends.
   * Throws `MalformedAnswer` for bytes that are not the dialect; lets `TransportError` through.
   */
  decodeAnswer(response: TransportResponse, stream: boolean, expected?: ExpectedAnswer): Batches;
  /** An answer that is not 2xx; never throws, an HTML body included. `wallMs` is for HTTP dates in Retry-After. */
  decodeError(status: number, headers: Headers, body: Uint8Array, wallMs: number): ProviderError;
  /** Parameters of the request that would shape its answer and for which this wire format has no word, by OpenAI's names. */
  unsupportedParameters(request: ChatRequest): readonly string[];
}

/** What is known of an answer before it comes; each absent: nothing. */
export interface ExpectedAnswer {
  /** The model that was asked: dialects whose answers do not name theirs take it to be that. */
  readonly model?: string;
  /** Is in the ids of calls to which the provider gives none: a conversation may hold those of many answers. */
  readonly answerId?: string;
  /** How many vectors were asked for: they may be longer than any chat answer. */
  readonly vectors?: number;
}

/** A provider's body that is not what its dialect says. */
export class MalformedAnswer extends Error {
  override readonly name = "MalformedAnswer";
}

/** JSON that breaks the contract with a provider: the shape of its answers has changed. `path` is where: `choices[0].message`. */
export class ContractBreach extends MalformedAnswer {
  readonly path: string;
  constructor(path: string, expected: string, got: string) {
    super(`${path}: expected ${expected}, got ${got}`);
    this.path = path;
  }
}

/** How clients speak to the gateway. Pure. */
export interface ClientDialect {
  /** Throws `BadRequest`. */
  decodeRequest(body: Uint8Array): ChatRequest;
  encodeAnswer(answer: WholeAnswer): string;
  encodeError(error: ClientError): string;
  /** The text of one stream event; empty for an event that shows nothing to the client. An `error` is an in-band error event. */
  streamEncoder(head: { id: string; model: string; createdS: number; includeUsage: boolean; request?: ChatRequest; attempts?: () => string }): (event: ChatEvent) => string;
  /** What an answer's id begins with; absent: `chatcmpl-`. */
  readonly idPrefix?: string;
  /** Where its clients look for the request's id besides `x-request-id`. */
  readonly requestIdHeader?: string;
  /** Absent: chat. */
  readonly operation?: "embeddings";
}

export interface WholeAnswer {
  readonly id: string;
  readonly model: string;
  readonly createdS: number;
  readonly text: string;
  readonly finishReason: string;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number } | null;
  readonly toolCalls?: readonly ToolCall[];
  /** In the order of the inputs. */
  readonly embeddings?: readonly (readonly number[])[];
  /** What was asked: formats that echo it want it. */
  readonly request?: ChatRequest;
  /** What each attempt came to, as in `x-blastlab-attempts`, for the body's metadata. Of a stream it is asked for at its end: the header is sent before. */
  readonly attempts?: () => string;
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

export interface GatewaySeams {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly transport: Transport;
  readonly store: Store;
  readonly secrets: Secrets;
  readonly config: ConfigSource<GatewayConfig>;
  readonly events: EventSink<GatewayEvent>;
  /** Speaks at `POST /v1/chat/completions`, and wherever no other does. */
  readonly client: ClientDialect;
  /** Who else speaks, by the path that is posted to. */
  readonly clients?: Readonly<Record<string, ClientDialect>>;
  readonly upstream: Readonly<Record<GatewayDialect, UpstreamDialect>>;
}

/** The data plane without its sockets. */
export interface Gateway {
  /** `POST` to the paths of the client dialects and `GET /v1/models`; anything else is 404 in the client's dialect. */
  readonly handle: Handler;
  /** What `/admin/state` shows. */
  state(): GatewayState;
  /** Plants a defect, in place of one with the same id. False: the gateway's config is `hardened`, and nothing is planted. */
  applyDefect(id: string, defect: DefectConfig): boolean;
  /** Lifts a planted defect; whether it was there. */
  liftDefect(id: string): boolean;
  /** Empties the answer cache of this process. False: the answers are in the shared store, where this process deletes nothing. */
  flushCache(): boolean;
}

export interface GatewayState {
  readonly inFlight: number;
  readonly retryBudgetTokens: number;
  /** Ids of the defects that were planted at run time. Absent: none is active. */
  readonly defects?: readonly string[];
  /** Requests refused so far because their priority had to give way; absent: none ever. */
  readonly shed?: Readonly<Partial<Record<Priority, number>>>;
  /** Answers that this process holds. Absent: it caches none. */
  readonly cache?: { readonly entries: number };
  /** What teams have left of their windows, as this process last heard of it. */
  readonly limits?: readonly LimitState[];
  readonly breakers: readonly BreakerReport[];
  /** Deployments that asked, by Retry-After, to be left alone until then (`nowMs` timeline): why one with a closed breaker is passed over. */
  readonly benched?: readonly { readonly deployment: string; readonly untilMs: number }[];
  /** Attempts under way at each deployment that was asked, and how many it is held to. Absent: concurrency is not limited. */
  readonly concurrency?: readonly { readonly deployment: string; readonly limit: number; readonly inFlight: number }[];
}

export interface BreakerReport {
  readonly deployment: string;
  readonly state: "closed" | "open" | "half_open";
  readonly reason: string;
  readonly untilMs: number | null;
  /** The share of its requests that begins there while it ramps up; absent: all. */
  readonly ramp?: number;
}
