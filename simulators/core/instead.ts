import type { WireResponse } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { Attempt } from "./attempt.ts";
import { Body, type Parts } from "./body.ts";
import { BrokenHead } from "./broken-head.ts";
import type { ProviderDialect, ProviderFault, ResponseHead, WireEndpoint } from "./contracts.ts";
import { silence, relayCourse } from "./course.ts";
import type { Effect } from "./effects.ts";
import type { Work } from "./work.ts";

/** What a proxy or a maintenance page shows under a status that says that all is well. */
const page = "<!DOCTYPE html>\n<html><head><title>Just a moment...</title></head>\n<body><h1>We will be right back.</h1></body></html>\n";

/** The fault of an effect that is an error like any other; null for other effects. */
export function faultInstead(dialect: ProviderDialect, model: string, effect: Effect, retryAfterS: number): ProviderFault | null {
  if (effect.kind === "model_withdrawn") return dialect.modelNotFound(model);
  return effect.kind === "fail_first" ? dialect.faultOf(effect.status ?? 503, model, retryAfterS) : null;
}

/** The fault that breaks a stream: as the effect says, or the provider's usual one. */
export function streamFault(dialect: ProviderDialect, model: string, effect: Effect): ProviderFault {
  const { raw: _, ...fault } = dialect.faultOf(effect.status ?? dialect.streamFaultStatus, model, 1);
  return fault;
}

export interface InsteadScene {
  readonly attempt: Attempt;
  readonly dialect: ProviderDialect;
  readonly endpoint: WireEndpoint;
  readonly head: ResponseHead;
  readonly stream: boolean;
  readonly wallMs: number;
}

const replacing = ["half_open", "reset_mid_header", "empty_200", "html_200", "error_first"] as const;

type Replacing = Effect & { readonly kind: (typeof replacing)[number] };

/** Whether the effect lets no answer come into being. */
export function replacesAnswer(effect: Effect): effect is Replacing {
  return (replacing as readonly string[]).includes(effect.kind);
}

/**
 * What comes in place of any answer under an effect, at the moment when the provider has accepted the request. Throws `TransportError`
 * where the connection breaks.
 */
export function* answerInstead(scene: InsteadScene, effect: Replacing): Work<WireResponse> {
  const { attempt, endpoint, head, stream } = scene;
  switch (effect.kind) {
    case "half_open":
      return yield* silence(attempt);
    case "reset_mid_header":
      throw new BrokenHead(200, stream ? endpoint.streamHeaders(head) : { "content-type": "application/json" });
    case "empty_200":
      return stream ? { ...said(scene, endpoint.streamHeaders(head)), body: new Body(nothing(attempt)) } : whole(scene, "application/json", new Uint8Array());
    case "html_200":
      return whole(scene, "text/html; charset=utf-8", utf8Bytes(page));
    case "error_first":
      return errorFirst(scene, effect);
  }
}

function errorFirst(scene: InsteadScene, effect: Effect): WireResponse {
  const { attempt, dialect, endpoint, head, stream, wallMs } = scene;
  const fault = streamFault(dialect, head.model, effect);
  if (!stream) return whole(scene, "application/json", dialect.encodeFault(fault, head.answerId, wallMs).body);
  const bytes = endpoint.streamEncoder(head).failure(fault);
  return { ...said(scene, endpoint.streamHeaders(head)), body: new Body(relayCourse(attempt, { steps: [{ atMs: 0, bytes, words: 0 }], then: "end" })) };
}

function said({ attempt }: InsteadScene, headers: WireResponse["headers"]): Omit<WireResponse, "body"> {
  attempt.note({ status: 200 });
  return { status: 200, headers };
}

function whole(scene: InsteadScene, contentType: string, bytes: Uint8Array): WireResponse {
  const headers = { "content-type": contentType, "content-length": String(bytes.length) };
  const parts = bytes.length === 0 ? nothing(scene.attempt) : relayCourse(scene.attempt, { steps: [{ atMs: 0, bytes, words: 0 }], then: "end" });
  return { ...said(scene, headers), body: new Body(parts) };
}

function* nothing(attempt: Attempt): Parts {
  attempt.handOver();
  yield* [];
  attempt.sent();
}
