import type { Rng } from "../../kernel/seams.ts";
import type { Headers } from "../../kernel/transport.ts";

/**
 * The client's id of its request. Null: none, or one for which OpenAI would refuse the whole request, as it accepts 512
 * characters of printable ASCII (API reference, "Debugging requests").
 */
export function clientRequestId(headers: Headers): string | null {
  const id = headers["x-client-request-id"];
  return id !== undefined && /^[ -~]{1,512}$/.test(id) ? id : null;
}

/** The headers that name a request to its client. `requestIdHeader`: the second one, which its dialect has. */
export function requestIdHeaders(id: string, requestIdHeader: string | undefined): Headers {
  return requestIdHeader === undefined ? { "x-request-id": id } : { "x-request-id": id, [requestIdHeader]: id };
}

/** A request's place in its trace (W3C Trace Context, version 00). */
export interface Trace {
  readonly traceId: string;
  /** The client's span; null when the trace begins here. */
  readonly parentId: string | null;
  readonly flags: string;
  /** The client's `tracestate`, which belongs to its trace; null: none. */
  readonly state: string | null;
}

/** Only later versions may be longer than version 00. */
const traceparentPattern = /^(?!ff)(?!00-.{53})[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

const SAMPLED = 0x01;

/** Sampled, and random trace id: the flags of this version. */
const KNOWN_FLAGS = 0x03;

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** `bytes` random bytes as hexadecimal, never all zeros: Trace Context forbids that. */
export function drawHex(rng: Rng, bytes: number): string {
  const pairs: string[] = [];
  let isZero = true;
  for (let byte = 0; byte < bytes; byte++) {
    const drawn = Math.floor(rng.next() * 256);
    isZero &&= drawn === 0;
    pairs.push(hexPairs[drawn]!);
  }
  /** In one piece: a sum of texts stays a tree of its parts. */
  const text = pairs.join("");
  return isZero ? text.slice(1) + "1" : text;
}

/** Whether a trace is recorded here. `parentId`: the client's span; null: it begins here. `flags`: the client's. */
export type Sampling = (trace: Pick<Trace, "traceId" | "parentId" | "flags">) => boolean;

/**
 * The client's trace, or a new one where it sent none that can be parsed. It goes on as sampled where this process
 * records it; without a sampling of its own, as the client said.
 */
export function traceOf(headers: Headers, rng: Rng, isSampled?: Sampling): Trace {
  const trace = askedTrace(headers, rng);
  if (isSampled === undefined) return trace;
  const others = Number.parseInt(trace.flags, 16) & ~SAMPLED;
  return { ...trace, flags: hexPairs[isSampled(trace) ? others | SAMPLED : others]! };
}

function askedTrace(headers: Headers, rng: Rng): Trace {
  const [, traceId, parentId, flags] = traceparentPattern.exec(headers["traceparent"] ?? "") ?? [];
  const isValid = traceId !== undefined && parentId !== undefined && flags !== undefined && !/^0+$/.test(traceId) && !/^0+$/.test(parentId);
  if (!isValid) return { traceId: drawHex(rng, 16), parentId: null, flags: "01", state: null };
  return { traceId, parentId, flags: hexPairs[Number.parseInt(flags, 16) & KNOWN_FLAGS]!, state: headers["tracestate"] || null };
}

/** The headers that identify a request to a provider: its id, and its trace with `spanId` as the parent. */
export function forwardedHeaders(requestId: string, trace: Trace, spanId: string): Headers {
  const traceparent = traceparentOf(trace, spanId);
  if (trace.state === null) return { "x-client-request-id": requestId, traceparent };
  return { "x-client-request-id": requestId, traceparent, tracestate: trace.state };
}

/** The header that names `spanId` as the parent. */
export function traceparentOf(trace: Trace, spanId: string): string {
  return `00-${trace.traceId}-${spanId}-${trace.flags}`;
}
