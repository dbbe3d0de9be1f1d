import type { ChatEvent } from "../../kernel/chat.ts";
import { packageHeader } from "../../kernel/package-header.ts";
import type { Clock } from "../../kernel/seams.ts";
import { Cancelled } from "../../kernel/signal.ts";
import { type Headers, TransportError, type WireResponse } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { WholeBody } from "../../kernel/whole-body.ts";
import { AttemptFailure } from "./attempt-failure.ts";
import { type Batches, eventsOf } from "./batches.ts";
import type { Call, Reply } from "./call.ts";
import { collected, type Collected } from "./collect.ts";
import { isContent } from "./content.ts";
import { pacer, withHeartbeats, within } from "./heartbeat.ts";
import type { ClientDialect, WholeAnswer } from "./contracts.ts";
import { failureClasses } from "./policies/failures.ts";
import { requestIdHeaders } from "./identifiers.ts";
import { type Pause, pausesOf } from "./pause.ts";
import { attemptsHeader, shuttingDown, surfaced } from "./replies.ts";
import { reportHeaders } from "./report-headers.ts";
import { stateOwnerOf } from "./state-owner.ts";

type Answer = Extract<Reply, { kind: "answer" }>;

/** Encodes a reply as bytes for the client and ends the request: at once, or, for a stream, with its last event. */
export function deliver(call: Call, reply: Reply, dialect: ClientDialect, clock: Clock): WireResponse | Promise<WireResponse> {
  if (reply.kind === "error") return deliverError(call, reply, dialect);
  if (call.chat.stream) return deliverStream(call, reply, dialect, clock);
  const events = eventsOf(reply.events);
  return events instanceof Promise ? deliverRead(events, { call, reply, dialect, clock }) : deliverWhole(call, reply, collected(events), dialect, clock);
}

interface Delivery {
  readonly call: Call;
  readonly reply: Answer;
  readonly dialect: ClientDialect;
  readonly clock: Clock;
}

async function deliverRead(reading: Promise<readonly ChatEvent[]>, { call, reply, dialect, clock }: Delivery): Promise<WireResponse> {
  try {
    return deliverWhole(call, reply, collected(await reading), dialect, clock);
  } catch (error) {
    if (!(error instanceof AttemptFailure)) throw error;
    return deliver(call, surfaced(error, null), dialect, clock);
  }
}

/**
 * The same for a client whose connection must not fall silent: a stream that has nothing to send for `heartbeatMs`, or
 * whose provider keeps its own connection alive or thinks for long, begins at once, with comments. Its status is then
 * 200 before a deployment has answered, so that a failure of all of them is reported in-band, and the headers name only
 * the attempts so far.
 */
export async function deliverKept(call: Call, replying: Promise<Reply>, dialect: ClientDialect, clock: Clock): Promise<WireResponse> {
  const { heartbeatMs } = call.config;
  const decoding = call.untilDecoded();
  if (decoding !== null) await Promise.race([replying, decoding]);
  if (!call.stream) return deliver(call, await replying, dialect, clock);
  const pace = pacer(clock, call.lifeSigns, heartbeatMs);
  const early = (await within(replying, pace))?.value ?? null;
  if (early !== null && (heartbeatMs === undefined || early.kind === "error")) return deliver(call, early, dialect, clock);
  call.onCancelled(() => call.finish({ kind: "cancelled" }, 200));
  const bytes = lateBytes(call, replying, dialect, clock);
  const headers = { ...headersOf(call, early, dialect), ...streamHeaders };
  return { status: 200, headers, body: endedByLeaving(withHeartbeats(bytes, { pace, isDue: early === null }), call) };
}

async function* lateBytes(call: Call, replying: Promise<Reply>, dialect: ClientDialect, clock: Clock): AsyncGenerator<Uint8Array> {
  const reply = await replying.catch((error: unknown) => {
    if (error instanceof Cancelled && call.isCutByShutdown) return shuttingDown();
    if (error instanceof Cancelled) throw new TransportError("aborted");
    call.finish({ kind: "failure", failure: "server_error" }, 200);
    throw error;
  });
  const head = { ...headOf(call, reply.kind === "answer" ? reply : { model: call.chat.model }, dialect, clock), includeUsage: call.chat.includeUsage };
  const encode = dialect.streamEncoder(head);
  if (reply.kind === "answer") return yield* streamBytes(call, reply.events, encode, clock);
  call.finish(reply.outcome, 200);
  const { code, message } = reply.error;
  yield utf8Bytes(encode(inBandError(code, message)));
}

function deliverError(call: Call, reply: Extract<Reply, { kind: "error" }>, dialect: ClientDialect): WireResponse {
  const { status } = reply.error;
  call.finish(reply.outcome, status);
  const headers = { ...headersOf(call, null, dialect), ...reply.headers, "content-type": "application/json" };
  return { status, headers, body: new WholeBody(dialect.encodeError({ ...reply.error, requestId: call.id })) };
}

function deliverWhole(call: Call, reply: Answer, whole: Collected, dialect: ClientDialect, clock: Clock): WireResponse {
  const answer: WholeAnswer = { ...headOf(call, reply, dialect, clock), ...whole };
  call.markFirstToken();
  call.finish({ kind: "success" }, 200);
  const headers = { ...headersOf(call, reply, dialect), "content-type": "application/json" };
  return { status: 200, headers, body: new WholeBody(dialect.encodeAnswer(answer)) };
}

function deliverStream(call: Call, reply: Answer, dialect: ClientDialect, clock: Clock): WireResponse {
  const encode = dialect.streamEncoder({ ...headOf(call, reply, dialect, clock), includeUsage: call.chat.includeUsage });
  call.onCancelled(() => call.finish({ kind: "cancelled" }, 200));
  const headers = { ...headersOf(call, reply, dialect), ...streamHeaders };
  return { status: 200, headers, body: endedByLeaving(streamBytes(call, reply.events, encode, clock), call) };
}

const streamHeaders = { "content-type": "text/event-stream", "cache-control": "no-cache" } as const;

/** Of a batch of thousands of events, such as one chunk with as many calls, so many are encoded before others run. */
const SLICE = 256;

/** Every end but the client's own sends a terminal event or an in-band error: a stream never just stops. */
async function* streamBytes(call: Call, batches: Batches, encode: (event: ChatEvent) => string, clock: Clock): AsyncGenerator<Uint8Array> {
  try {
    for await (const batch of batches) {
      let text = "";
      let encoded = 0;
      let pause: Pause | null = null;
      for (const event of batch) {
        if (isContent(event)) call.markFirstToken();
        text += encode(event);
        if (++encoded % SLICE !== 0) continue;
        if (text !== "") yield utf8Bytes(text);
        text = "";
        pause ??= pausesOf(clock, call.signal);
        await pause();
      }
      const isLast = batch.at(-1)!.type === "end";
      /** Before the bytes are sent: a client that hangs up as soon as it has them was served all the same. */
      if (isLast) call.finish({ kind: "success" }, 200);
      if (text !== "") yield utf8Bytes(text);
      if (isLast) return;
    }
    throw new AttemptFailure("truncated", "The answer ended without its terminal event");
  } catch (error) {
    if (error instanceof Cancelled && call.isCutByShutdown) {
      const { error: { code, message }, outcome } = shuttingDown();
      call.finish(outcome, 200);
      yield utf8Bytes(encode(inBandError(code, message)));
      return;
    }
    if (error instanceof Cancelled) throw new TransportError("aborted");
    if (!(error instanceof AttemptFailure)) {
      call.finish({ kind: "failure", failure: "server_error" }, 200);
      throw error;
    }
    call.finish({ kind: "failure", failure: error.failure }, 200);
    yield utf8Bytes(encode(inBandError(failureClasses[error.failure].code, `The answer broke off: ${error.failure}`)));
  }
}

function inBandError(code: string, message: string): ChatEvent {
  return { type: "error", error: { status: null, code, message, retryAfterMs: null } };
}

/** A generator that was never started does not run its `finally`, so `return` is handled here. */
function endedByLeaving(source: AsyncGenerator<Uint8Array>, call: Call): AsyncIterable<Uint8Array> {
  const leave = async (): Promise<IteratorResult<Uint8Array>> => {
    if (!call.finished) call.cancel("The client left");
    await source.return(undefined);
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next: () => source.next(), return: leave }) };
}

function headOf(call: Call, reply: Pick<Answer, "model"> & Partial<Pick<Answer, "deployment">>, dialect: ClientDialect, clock: Clock) {
  const { idPrefix = "chatcmpl-" } = dialect;
  const deployment = call.config.deployments.find(({ name }) => name === reply.deployment);
  return {
    id: `${idPrefix}${call.id}`,
    model: reply.model,
    createdS: Math.floor(clock.wallMs() / 1000),
    request: call.originalChat,
    ...(deployment !== undefined && { stateOwner: stateOwnerOf(deployment) }),
    attempts: () => attemptsHeader(call.attemptsSoFar),
  };
}

function headersOf(call: Call, reply: Answer | null, { requestIdHeader }: ClientDialect): Headers {
  const attempts = attemptsHeader(call.attemptsSoFar);
  return {
    ...requestIdHeaders(call.id, requestIdHeader),
    ...(attempts !== "" && { "x-blastlab-attempts": attempts }),
    ...(reply !== null && { "x-blastlab-deployment": reply.deployment }),
    ...(call.config.name !== undefined && { [packageHeader]: call.config.name }),
    ...reportHeaders(call.reports),
  };
}
