import type { Clock } from "../../../kernel/clock.ts";
import type { Arrival } from "../../../kernel/plan.ts";
import type { ClientRecord } from "../../../kernel/records.ts";
import type { ClientEnd } from "../../../kernel/request-ends.ts";
import { redact } from "../../../kernel/redact.ts";
import { Cancelled, Canceller, type Signal } from "../../../kernel/signal.ts";
import { TransportError, type Headers, type Transport, type TransportFailure } from "../../../kernel/transport.ts";
import { EntryCall } from "./entry-call.ts";
import { AnswerMeter, noFacts } from "./meter.ts";
import { entriesAt, requestOf, type Destination } from "./request.ts";
import type { WordTimes } from "./word-times.ts";

export interface ExchangeSeams {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly destination: Destination;
  /** From the send to the end of the answer. */
  readonly timeoutMs: number;
  /** Called once when the answer's status and headers have come. */
  readonly onHeaders?: ((headers: Headers) => void) | undefined;
  readonly wordTimes?: WordTimes | undefined;
}

/** When the user who waits for the answer gives up. */
export const givesUpAtMs = ({ atMs, behaviour }: Arrival): number => atMs + (behaviour?.patienceMs ?? Infinity);

/**
 * Sends one request now and reads its answer to the end. What the network or the server does is in the record's `end`,
 * and never a rejection. Cancelling `signal` ends the request as `stopped`, or, with the reason `timedOut`, as
 * `timeout`. Rejects only for a bug in the transport (neither `TransportError` nor `Cancelled`).
 */
export async function exchange(arrival: Arrival, seams: ExchangeSeams, signal: Signal): Promise<ClientRecord> {
  const { clock, destination, timeoutMs, wordTimes } = seams;
  const sentMs = clock.nowMs();
  const call = new EntryCall(seams, entriesAt(destination, arrival));
  const { requestId } = arrival;
  const meter = new AnswerMeter(clock, wordTimes === undefined ? null : () => wordTimes.nextMs(requestId));
  wordTimes?.begin(requestId, Math.min(sentMs + timeoutMs, givesUpAtMs(arrival)));
  using canceller = new Canceller(signal);
  const stopTimer = clock.at(sentMs + timeoutMs, () => canceller.cancel(timedOut));
  let end: ClientEnd = "complete";
  try {
    const response = await call.open((entry) => requestOf(arrival, destination, entry), canceller.signal);
    meter.begin(response);
    seams.onHeaders?.(response.headers);
    for await (const chunk of response.body) meter.push(chunk);
    meter.complete();
  } catch (error) {
    end = endOf(error, canceller.signal);
  } finally {
    stopTimer();
    wordTimes?.end(requestId);
  }
  return { ...identityOf(arrival), sentMs, endMs: clock.nowMs(), end, ...meter.facts, ...errorBodyOf(meter, () => requestOf(arrival, destination, "").headers), ...call.facts };
}

/** The body of an error without what the client sent to prove who it is. */
export function errorBodyOf({ errorBody }: AnswerMeter, headers: () => Headers): Pick<ClientRecord, "errorBody"> {
  if (errorBody === undefined) return {};
  const sent = Object.entries(headers()).flatMap(([name, value]) => (name === "content-type" ? [] : [value, value.replace(/^Bearer /, "")]));
  return { errorBody: redact(errorBody, sent) };
}

/** With this reason a signal ends a request as `timeout`. */
export const timedOut = "timeout";

function endOf(error: unknown, signal: Signal): ClientEnd {
  if (signal.aborted && (error instanceof Cancelled || error instanceof TransportError)) return signal.reason === timedOut ? "timeout" : "stopped";
  if (error instanceof TransportError) return clientEnds[error.kind];
  throw error;
}

/**
 * What a client records for each way in which its connection can fail. A name that does not resolve counts as
 * `refused`.
 */
export const clientEnds: Readonly<Record<TransportFailure, ClientEnd>> = {
  dns: "refused",
  refused: "refused",
  connect_timeout: "connect_timeout",
  reset: "reset",
  closed_early: "closed_early",
  headers_too_large: "closed_early",
  aborted: "aborted",
};

/** The part of a record that comes from its arrival. */
export type Identity = Pick<ClientRecord, "requestId" | "arrival" | "team" | "feature" | "region" | "route" | "stream" | "intendedMs">;

export function identityOf(arrival: Arrival): Identity {
  const { requestId, index, team, feature, region, route, stream, atMs } = arrival;
  return { requestId, arrival: index, team, feature, region, route, stream, intendedMs: atMs };
}

/** The record of an arrival that was never sent. */
export function droppedRecord(arrival: Arrival, endMs: number): ClientRecord {
  return { ...identityOf(arrival), sentMs: null, endMs, end: "dropped", ...noFacts };
}
