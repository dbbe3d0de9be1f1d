import type { WireResponse } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { Attempt } from "./attempt.ts";
import { Body, type Parts } from "./body.ts";
import { BrokenHead } from "./broken-head.ts";
import type { ProviderDialect, ProviderFault, ResponseHead, WireEndpoint } from "./contracts.ts";
import { silence, playScript } from "./body-script.ts";
import type { Effect } from "./effects.ts";
import type { Work } from "./work.ts";

/** A proxy's maintenance page, sent with status 200. */
const page = "<!DOCTYPE html>\n<html><head><title>Just a moment...</title></head>\n<body><h1>We will be right back.</h1></body></html>\n";

/** The fault of an effect that is an ordinary error. Null for other effects. */
export function faultOfEffect(dialect: ProviderDialect, model: string, effect: Effect, retryAfterS: number): ProviderFault | null {
  if (effect.kind === "model_withdrawn") return dialect.modelNotFound(model);
  return effect.kind === "fail_first" ? dialect.faultOf(effect.status ?? 503, model, retryAfterS) : null;
}

/** The fault that breaks a stream: with the effect's status, or the provider's default. */
export function streamFault(dialect: ProviderDialect, model: string, effect: Effect): ProviderFault {
  const { raw: _, ...fault } = dialect.faultOf(effect.status ?? dialect.streamFaultStatus, model, 1);
  return fault;
}

export interface ReplacementContext {
  readonly attempt: Attempt;
  readonly dialect: ProviderDialect;
  readonly endpoint: WireEndpoint;
  readonly head: ResponseHead;
  readonly stream: boolean;
  readonly wallMs: number;
}

const replacingKinds = ["half_open", "reset_mid_header", "empty_200", "html_200", "error_first"] as const;

type ReplacingEffect = Effect & { readonly kind: (typeof replacingKinds)[number] };

/** Whether the effect replaces the answer. */
export function replacesAnswer(effect: Effect): effect is ReplacingEffect {
  return (replacingKinds as readonly string[]).includes(effect.kind);
}

/**
 * The response that replaces an answer under an effect, from the moment when the provider has accepted the request.
 * Throws `TransportError` where the connection breaks.
 */
export function* replaceAnswer(context: ReplacementContext, effect: ReplacingEffect): Work<WireResponse> {
  const { attempt, endpoint, head, stream } = context;
  switch (effect.kind) {
    case "half_open":
      return yield* silence(attempt);
    case "reset_mid_header":
      throw new BrokenHead(200, stream ? endpoint.streamHeaders(head) : { "content-type": "application/json" });
    case "empty_200":
      return stream ? { ...okHead(context, endpoint.streamHeaders(head)), body: new Body(emptyParts(attempt)) } : whole(context, "application/json", new Uint8Array());
    case "html_200":
      return whole(context, "text/html; charset=utf-8", utf8Bytes(page));
    case "error_first":
      return errorFirst(context, effect);
  }
}

function errorFirst(context: ReplacementContext, effect: Effect): WireResponse {
  const { attempt, dialect, endpoint, head, stream, wallMs } = context;
  const fault = streamFault(dialect, head.model, effect);
  if (!stream) return whole(context, "application/json", dialect.encodeFault(fault, head.answerId, wallMs).body);
  const bytes = endpoint.streamEncoder(head).failure(fault);
  return { ...okHead(context, endpoint.streamHeaders(head)), body: new Body(playScript(attempt, { steps: [{ atMs: 0, bytes, words: 0 }], then: "end" })) };
}

function okHead({ attempt }: ReplacementContext, headers: WireResponse["headers"]): Omit<WireResponse, "body"> {
  attempt.record({ status: 200 });
  return { status: 200, headers };
}

function whole(context: ReplacementContext, contentType: string, bytes: Uint8Array): WireResponse {
  const headers = { "content-type": contentType, "content-length": String(bytes.length) };
  const parts = bytes.length === 0 ? emptyParts(context.attempt) : playScript(context.attempt, { steps: [{ atMs: 0, bytes, words: 0 }], then: "end" });
  return { ...okHead(context, headers), body: new Body(parts) };
}

function* emptyParts(attempt: Attempt): Parts {
  attempt.markHandedOver();
  yield* [];
  attempt.closeSent();
}
