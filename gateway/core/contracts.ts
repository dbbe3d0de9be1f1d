import type { PopularityDisk } from "./cache/warm-up/popularity.ts";
import type { WireFormat, WirePiece, ChatEvent, ChatRequest, GatewayDialect, ProviderError, ToolCall } from "../../kernel/chat.ts";
import type { Clock, ConfigSource, Digest, EventSink, Rng, Secrets, Store, Transport } from "../../kernel/seams.ts";
import type { Handler, Headers, TransportResponse } from "../../kernel/transport.ts";
import type { Batches } from "./batches.ts";
import type { EncodedRequest } from "./encoded-request.ts";
import type { DefectConfig, DeploymentConfig, GatewayConfig, Priority } from "./config.ts";
import type { GatewayEvent } from "./events.ts";
import type { Sampling } from "./identifiers.ts";
import type { LoadedPackage, RunningPackages } from "./packages/running.ts";
import type { LimitState } from "./limits/state.ts";
import type { LongBody } from "./long-body.ts";
import type { Pause } from "./pause.ts";

/** How the gateway talks to one kind of provider: bytes to events and back. Pure. */
export interface UpstreamDialect {
  readonly name: GatewayDialect;
  /** The format that it shares with clients: such requests are sent as they came. Absent: none. */
  readonly format?: WireFormat;
  /**
   * `forwarded` holds the headers that are passed upstream unchanged: `x-client-request-id`, `traceparent`,
   * `tracestate`.
   */
  encodeRequest(request: ChatRequest, deployment: DeploymentConfig, credential: string, forwarded: Headers): EncodedRequest;
  /**
   * Events of a 2xx answer, JSON or SSE by `stream`. Yields `end` only for a real terminal event. A body that ends
   * without it just ends. Throws `MalformedAnswer` for bytes that are not the dialect. `TransportError` passes through.
   */
  decodeAnswer(response: TransportResponse, stream: boolean, expected?: ExpectedAnswer): Batches;
  /** An answer that is not 2xx; never throws, an HTML body included. `wallMs` is for HTTP dates in Retry-After. */
  decodeError(status: number, headers: Headers, body: Uint8Array, wallMs: number): ProviderError;
  /**
   * Parameters of the request, by OpenAI's names, that would shape its answer and that this wire format does not have.
   */
  unsupportedParameters(request: ChatRequest): readonly string[];
}

/** What is known of an answer before it arrives. Each absent: nothing. */
export interface ExpectedAnswer {
  /** The requested model: dialects whose answers name no model use it. */
  readonly model?: string;
  /**
   * Is part of the ids of tool calls to which the provider gives none: a conversation may hold those of many answers.
   */
  readonly answerId?: string;
  /** How many vectors were requested: they may be longer than any chat answer. */
  readonly vectors?: number;
  /** Whether the client speaks the provider's format: the answer's pieces are kept as they came. */
  readonly keepsPieces?: boolean;
  /** Called when the provider kept a stream alive, by a comment or a heartbeat, and sent nothing of its answer. */
  readonly onKeepAlive?: () => void;
}

/** A provider's body that does not conform to its dialect. */
export class MalformedAnswer extends Error {
  override readonly name = "MalformedAnswer";
}

/** An answer that its provider ended without a finish reason: a part of it may be missing. */
export class UnfinishedAnswer extends Error {
  override readonly name = "UnfinishedAnswer";
}

/**
 * JSON that breaks the contract with a provider: the shape of its answers has changed. `path` is where:
 * `choices[0].message`.
 */
export class ContractBreach extends MalformedAnswer {
  readonly path: string;
  constructor(path: string, expected: string, got: string) {
    super(`${path}: expected ${expected}, got ${got}`);
    this.path = path;
  }
}

/** How clients talk to the gateway. Pure. */
export interface ClientDialect {
  /** `headers`: all of the request's. Throws `BadRequest`. */
  decodeRequest(body: Uint8Array | LongBody, headers?: Headers): ChatRequest;
  /** The same, with pauses. Absent: its requests have no list that may have thousands of turns. */
  readonly decodeInPieces?: (body: LongBody, headers: Headers, pause: Pause) => Promise<ChatRequest>;
  encodeAnswer(answer: WholeAnswer): string;
  encodeError(error: ClientError): string;
  /**
   * The text of one stream event; empty for an event that is not shown to the client. An `error` is an in-band error
   * event.
   */
  streamEncoder(head: { id: string; model: string; createdS: number; includeUsage: boolean; request?: ChatRequest; attempts?: () => string; stateOwner?: string }): (event: ChatEvent) => string;
  /** Prefix of an answer's id; absent: `chatcmpl-`. */
  readonly idPrefix?: string;
  /** The header besides `x-request-id` in which its clients look for the request's id. */
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
  /** The answer as its provider wrote it; null: it was changed, or has another format. */
  readonly wire?: WirePiece | null;
  /** In the order of the inputs. */
  readonly embeddings?: readonly (readonly number[])[];
  /** The request: some formats echo it. */
  readonly request?: ChatRequest;
  /** Whose account keeps the answer, where its provider keeps it: a part of its id. */
  readonly stateOwner?: string;
  /**
   * The attempts, as in `x-blastlab-attempts`, for the body's metadata. For a stream it is called at its end, because
   * the header is sent earlier.
   */
  readonly attempts?: () => string;
}

export interface ClientError {
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly message: string;
  /** Written where the format's errors have it. */
  readonly requestId?: string;
}

/** The client's own mistake, found before any provider is asked: 400. */
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
  /** For the keys of long requests. Absent: they are kept whole. */
  readonly newDigest?: () => Digest;
  readonly config: ConfigSource<GatewayConfig>;
  /** Where a control plane rules: what to run instead of `config`. Absent: `config` alone. */
  readonly packages?: ConfigSource<RunningPackages>;
  readonly events: EventSink<GatewayEvent>;
  /** Which traces are recorded. Absent: none is, and a client's word on that is passed on. */
  readonly isSampled?: Sampling;
  /**
   * Where what is popular in the cache is kept for the next process. Absent: nothing is recorded, and no cache is
   * warmed.
   */
  readonly popularity?: PopularityDisk;
  /** The dialect of `POST /v1/chat/completions`, and of every path that has no other. */
  readonly client: ClientDialect;
  /** The other dialects, by path. */
  readonly clients?: Readonly<Record<string, ClientDialect>>;
  readonly upstream: Readonly<Record<GatewayDialect, UpstreamDialect>>;
}

/** The data plane without its sockets. */
export interface Gateway {
  /** `POST` to the paths of the client dialects and `GET /v1/models`; anything else is 404 in the client's dialect. */
  readonly handle: Handler;
  /** What `/admin/state` shows. */
  state(): GatewayState;
  /**
   * Plants a defect, in place of one with the same id. Returns false, and plants nothing, where the config is
   * `hardened`.
   */
  applyDefect(id: string, defect: DefectConfig): boolean;
  /** Lifts a planted defect. Returns whether it was active. */
  liftDefect(id: string): boolean;
  /** False while a defect makes its readiness check fail. It serves all the same. */
  isReady(): boolean;
  /**
   * Takes a deployment out until it is released, or the process ends: nothing is sent there, not even as a last resort.
   * Returns false where the configuration has no such deployment.
   */
  isolate(deployment: string): boolean;
  /** Gives an isolated deployment back. Returns whether it was isolated. */
  release(deployment: string): boolean;
  /** Builds what a configuration needs and drops it again. Throws what running it would throw. */
  rehearse(loaded: LoadedPackage): void;
  /** What part of all traffic this region bears now, by its own edge: limits follow it for some seconds. */
  reportRegionShare(share: number): void;
  /** From now on refuses new requests: 503 with Retry-After. Open ones go on. */
  drain(): void;
  /** Cuts what is still open: a stream ends with an in-band error, anything else with the 503 of `drain`. */
  cutOpenAnswers(): void;
  /**
   * Empties the answer cache of this process. Returns false where the answers are in the shared store: this process
   * deletes nothing there.
   */
  flushCache(): boolean;
}

export interface GatewayState {
  readonly inFlight: number;
  /** For retries in place. */
  readonly retryBudgetTokens: number;
  /** For further attempts at deployments that are known to be bad. */
  readonly lastResortTokens?: number;
  /** Ids of the defects that are planted at run time. Absent: none is active. */
  readonly defects?: readonly string[];
  /** Requests shed so far, by priority. Absent: none ever. */
  readonly shed?: Readonly<Partial<Record<Priority, number>>>;
  /** What runs beside the current package. Absent: nothing. */
  readonly candidate?: { readonly package: string; readonly share: number; readonly breakers: readonly BreakerReport[] };
  /** The current package, `version@hash`. Absent: the gateway's own file. */
  readonly package?: string;
  /** Number of answers that this process holds. Absent: no cache. */
  readonly cache?: { readonly entries: number };
  /** What teams have left of their windows, as this process last read it. */
  readonly limits?: readonly LimitState[];
  readonly breakers: readonly BreakerReport[];
  /**
   * Deployments that asked, by Retry-After, not to be called until then (`nowMs` timeline): why one with a closed
   * breaker is passed over.
   */
  readonly benched?: readonly { readonly deployment: string; readonly untilMs: number }[];
  /**
   * Deployments whose provider is bad, as its other deployments show: why one with a closed breaker is asked every few
   * seconds only.
   */
  readonly ofBadProvider?: readonly string[];
  /** Deployments that an operator has taken out. */
  readonly isolated?: readonly string[];
  /** Attempts in flight at each deployment that was asked, and its limit. Absent: concurrency is not limited. */
  readonly concurrency?: readonly { readonly deployment: string; readonly limit: number; readonly waiting: number }[];
}

export interface BreakerReport {
  readonly deployment: string;
  readonly state: "closed" | "open" | "half_open";
  readonly reason: string;
  readonly untilMs: number | null;
  /** The share of its requests that begins there while it ramps up. Absent: all. */
  readonly ramp?: number;
}
