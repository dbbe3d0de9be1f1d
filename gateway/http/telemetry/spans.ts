import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Context, type Tracer } from "@opentelemetry/api";
import { RandomIdGenerator, type IdGenerator } from "@opentelemetry/sdk-trace";
import type { Usage } from "../../../kernel/chat.ts";
import type { Outcome } from "../../../kernel/outcome.ts";
import type { DeploymentConfig } from "../../core/config.ts";
import type { GatewayEvent } from "../../core/events.ts";
import type { Sampling } from "../../core/identifiers.ts";
import type { AttemptReport } from "../../core/attempt-report.ts";
import type { CostLeg } from "../../core/cost/report.ts";
import { identifierOf } from "../../core/redact.ts";
import { providerNameOf, serverOf } from "./conventions.ts";
import type { KnownNames } from "./known-names.ts";
import type { SpanAttributes } from "./schema.ts";

type Finished = Extract<GatewayEvent, { type: "finished" }>;

/** Traces of requests that have not finished yet. A defect may suppress the end, so the oldest are dropped. */
const OPEN_MAX = 10_000;

/** Returns the ids that the core drew: spans are created after the fact, one at a time. */
export class ChosenIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  #next: { traceId: string; spanId: string } | null = null;

  choose(traceId: string, spanId: string): void {
    this.#next = { traceId, spanId };
  }

  generateTraceId(): string {
    return this.#next?.traceId ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    return this.#next?.spanId ?? this.#random.generateSpanId();
  }
}

interface SpanSeams {
  readonly tracer: Tracer;
  readonly ids: ChosenIds;
  /** Unix ms of a moment of the clock's `nowMs` timeline. */
  readonly toWallMs: (atMs: number) => number;
  readonly config: KnownNames;
}

interface SpanFacts {
  readonly name: string;
  readonly kind: SpanKind;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: Context;
  /** Start and end on the clock's `nowMs` timeline. */
  readonly times: readonly [number, number];
  readonly attributes: SpanAttributes;
  readonly failure: string | null;
}

/**
 * One span a request and one an attempt, with explicit times and the ids of the core's events; attributes by
 * OpenTelemetry's semantic conventions for generative AI. Contents and keys never enter one.
 */
export class SpanWriter {
  readonly #seams: SpanSeams;
  readonly #traceparents = new Map<string, string>();

  constructor(seams: SpanSeams) {
    this.#seams = seams;
  }

  record(event: GatewayEvent): void {
    if (event.type === "started") this.#open(event.id, event.traceparent);
    if (event.type === "finished") this.#write(event);
  }

  /**
   * Whether a trace will be recorded: as the sampler says of a span that is never ended, hence never exported. Spans
   * themselves are created when their request has ended, and what goes upstream must say it before.
   */
  isSampled({ traceId, parentId, flags }: Parameters<Sampling>[0]): boolean {
    const { tracer, ids } = this.#seams;
    ids.choose(traceId, traceId.slice(0, 16));
    const parent = parentId === null ? ROOT_CONTEXT : contextOf(traceId, parentId, Number.parseInt(flags, 16), true);
    return (tracer.startSpan("sampling", { kind: SpanKind.SERVER }, parent).spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
  }

  #open(id: string, traceparent: string): void {
    this.#traceparents.set(id, traceparent);
    if (this.#traceparents.size > OPEN_MAX) this.#traceparents.delete(this.#traceparents.keys().next().value!);
  }

  #write(event: Finished): void {
    const [, traceId, parentId, flags] = this.#traceparents.get(event.id)?.split("-") ?? [];
    this.#traceparents.delete(event.id);
    if (traceId === undefined || parentId === undefined) return;
    const askedFlags = Number.parseInt(flags ?? "01", 16);
    const isRoot = parentId === event.id;
    const parent = isRoot ? ROOT_CONTEXT : contextOf(traceId, parentId, askedFlags, true);
    const isKnown = this.#seams.config.hasRoute(event.route);
    const route = isKnown ? event.route : "unknown";
    /** A client can put anything where the name of a model belongs, its prompt too. */
    const model = isKnown ? event.route : identifierOf(event.route, "");
    const traceFlags = this.#span({
      name: `${operationOf(event)} ${route}`,
      kind: SpanKind.SERVER,
      traceId,
      spanId: event.id,
      parent,
      times: [event.startedMs, event.endedMs],
      attributes: { ...requestAttributes(event), ...(model !== null && { "gen_ai.request.model": model }) },
      failure: serverErrorOf(event),
    });
    /** As the sampler decided: an attempt is never exported without its request. */
    const own = contextOf(traceId, event.id, traceFlags, false);
    for (const attempt of event.attempts) this.#attempt(attempt, operationOf(event), event.cost?.legs.find(({ spanId }) => spanId === attempt.spanId), traceId, own);
  }

  #attempt(attempt: AttemptReport, operation: string, leg: CostLeg | undefined, traceId: string, parent: Context): void {
    const deployment = this.#seams.config.deployment(attempt.deployment);
    this.#span({
      name: `${operation} ${deployment?.model ?? attempt.deployment}`,
      kind: SpanKind.CLIENT,
      traceId,
      spanId: attempt.spanId,
      parent,
      times: [attempt.startedMs, attempt.endedMs],
      attributes: { "gen_ai.operation.name": operation, ...attemptAttributes(attempt, deployment), ...(operation === "chat" && answerAttributes(attempt)), ...(leg !== undefined && legAttributes(leg, operation)) },
      failure: attempt.failure,
    });
  }

  /** Returns the span's trace flags. */
  #span(span: SpanFacts): number {
    const { tracer, ids, toWallMs } = this.#seams;
    ids.choose(span.traceId, span.spanId);
    const made = tracer.startSpan(span.name, { kind: span.kind, startTime: hrTime(toWallMs(span.times[0])), attributes: span.attributes }, span.parent);
    if (span.failure !== null) made.setStatus({ code: SpanStatusCode.ERROR, message: span.failure });
    made.end(hrTime(toWallMs(span.times[1])));
    return made.spanContext().traceFlags;
  }
}

/** Seconds and nanoseconds: OpenTelemetry would read a small plain number as relative to the process's start. */
function hrTime(wallMs: number): [number, number] {
  const seconds = Math.floor(wallMs / 1_000);
  return [seconds, Math.round((wallMs - seconds * 1_000) * 1e6)];
}

function contextOf(traceId: string, spanId: string, traceFlags: number, isRemote: boolean): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote });
}

/** One of the values that OpenTelemetry's conventions know. */
const operationOf = ({ operation }: Finished): string => operation ?? "chat";

/** Null for a success, and for a client that left. */
function reasonOf(outcome: Outcome): string | null {
  if (outcome.kind === "failure") return outcome.failure;
  return outcome.kind === "rejected" ? `rejected_${outcome.by}` : null;
}

/** OpenTelemetry's conventions for HTTP: a server's 4xx is its client's mistake, and no error of the span. */
function serverErrorOf({ outcome, status }: Finished): string | null {
  return status >= 400 && status <= 499 ? null : reasonOf(outcome);
}

const NANO = 1e9;

function requestAttributes(event: Finished): SpanAttributes {
  const [reason, error] = [reasonOf(event.outcome), serverErrorOf(event)];
  return {
    "gen_ai.operation.name": operationOf(event),
    ...(event.stream && { "gen_ai.request.stream": true }),
    ...(event.inputTokens + event.outputTokens > 0 && {
      "gen_ai.usage.input_tokens": event.inputTokens,
      ...(operationOf(event) === "chat" && { "gen_ai.usage.output_tokens": event.outputTokens }),
    }),
    "http.response.status_code": event.status,
    "blastlab.request_id": event.requestId,
    "blastlab.team": event.team,
    "blastlab.feature": event.feature,
    "blastlab.outcome": event.outcome.kind,
    ...(reason !== null && { "blastlab.reason": reason }),
    ...(event.firstTokenMs !== null && { "blastlab.first_token_ms": event.firstTokenMs - event.startedMs }),
    ...(event.cost !== undefined && {
      ...(event.cost.isPriced && { "blastlab.cost_usd": event.cost.nanoUsd / NANO }),
      "blastlab.failed_cost_usd": event.cost.failedNanoUsd / NANO,
      ...cacheAttributes(event.cost.legs.some(({ usage }) => isCacheReported(usage)) ? event.cost.usage : {}),
    }),
    ...(event.cache !== undefined && { "blastlab.cache": event.cache.kind === null ? event.cache.status : `${event.cache.status}:${event.cache.kind}` }),
    ...(event.package !== undefined && { "blastlab.package": event.package }),
    ...(event.prompt !== undefined && { "gen_ai.prompt.name": event.prompt.name, "gen_ai.prompt.version": event.prompt.version }),
    ...(event.guards !== undefined && { "blastlab.guards": event.guards.map(({ guard, action }) => `${guard}:${action}`).join(",") }),
    ...(error !== null && { "error.type": error }),
  };
}

/** What is not reported is absent, not 0. */
function cacheAttributes({ cachedInputTokens, cacheWriteTokens }: Pick<Usage, "cachedInputTokens" | "cacheWriteTokens">): SpanAttributes {
  return {
    ...(cachedInputTokens !== undefined && { "gen_ai.usage.cache_read.input_tokens": cachedInputTokens }),
    ...(cacheWriteTokens !== undefined && { "gen_ai.usage.cache_write.input_tokens": cacheWriteTokens }),
  };
}

const isCacheReported = ({ cachedInputTokens, cacheWriteTokens }: Usage) => cachedInputTokens !== undefined || cacheWriteTokens !== undefined;

/** What the attempt was billed for. */
function legAttributes({ usage, nanoUsd }: CostLeg, operation: string): SpanAttributes {
  return {
    "gen_ai.usage.input_tokens": usage.inputTokens,
    ...(operation === "chat" && { "gen_ai.usage.output_tokens": usage.outputTokens }),
    ...cacheAttributes(usage),
    ...(usage.reasoningTokens !== undefined && { "gen_ai.usage.reasoning.output_tokens": usage.reasoningTokens }),
    ...(usage.isEstimated && { "blastlab.usage_estimated": true }),
    ...(nanoUsd !== null && { "blastlab.cost_usd": nanoUsd / NANO }),
  };
}

/** An answer without its finish reason ended abnormally: the conventions call that `error`. */
function answerAttributes({ answer, stream, startedMs }: AttemptReport): SpanAttributes {
  if (answer === undefined) return {};
  return {
    ...(answer.id !== undefined && { "gen_ai.response.id": answer.id }),
    "gen_ai.response.finish_reasons": [answer.finish ?? "error"],
    ...(stream === true && { "gen_ai.response.time_to_first_chunk": (answer.firstChunkMs - startedMs) / 1_000 }),
  };
}

function attemptAttributes(attempt: AttemptReport, deployment: DeploymentConfig | undefined): SpanAttributes {
  const server = deployment === undefined ? null : serverOf(deployment);
  return {
    "blastlab.deployment": attempt.deployment,
    ...(attempt.reason !== undefined && { "blastlab.attempt_reason": attempt.reason }),
    ...(deployment !== undefined && { "gen_ai.provider.name": providerNameOf(deployment), "gen_ai.request.model": deployment.model }),
    ...(server !== null && { "server.address": server.address, "server.port": server.port }),
    ...(attempt.stream === true && { "gen_ai.request.stream": true }),
    ...(attempt.answer?.model !== undefined && { "gen_ai.response.model": attempt.answer.model }),
    ...(attempt.status !== null && { "http.response.status_code": attempt.status }),
    ...(attempt.failure !== null && { "error.type": attempt.failure }),
  };
}
