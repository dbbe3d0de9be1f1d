import type { Clock } from "../../../kernel/clock.ts";
import type { Arrival } from "../../../kernel/plan.ts";
import type { ClientEnd, ClientRecord } from "../../../kernel/records.ts";
import { Cancelled, Canceller, type Signal } from "../../../kernel/signal.ts";
import { TransportError, type Transport, type TransportFailure, type TransportResponse } from "../../../kernel/transport.ts";
import { utf8Stream } from "../../../kernel/utf8.ts";
import { noAnswer, readEvent, readWhole, type Answer } from "./answer.ts";
import { requestOf, type Destination } from "./request.ts";
import { EventStreamReader } from "./sse.ts";

export interface ExchangeSeams {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly destination: Destination;
  /** From the send to the end of the answer. */
  readonly timeoutMs: number;
}

/** What is known of a request in flight; whatever ends it, this is what its client has. */
interface Progress {
  status: number | null;
  firstTokenMs: number | null;
  claimedDeployment: string | null;
  answer: Answer;
}

/**
 * Sends one request now and reads its answer to the end. Never rejects for what the network or the server does: that is in the record's
 * `end`. When `signal` is cancelled the client leaves: `aborted`. Rejects only for a bug in the transport (neither `TransportError` nor `Cancelled`).
 */
export async function exchange(arrival: Arrival, seams: ExchangeSeams, signal: Signal): Promise<ClientRecord> {
  const { clock, transport, destination, timeoutMs } = seams;
  const sentMs = clock.nowMs();
  const progress: Progress = { status: null, firstTokenMs: null, claimedDeployment: null, answer: noAnswer };
  using canceller = new Canceller(signal);
  const stopTimer = clock.at(sentMs + timeoutMs, () => canceller.cancel(timedOut));
  let end: ClientEnd = "complete";
  try {
    const response = await transport.open(requestOf(arrival, destination), canceller.signal);
    progress.status = response.status;
    progress.claimedDeployment = response.headers["x-blastlab-deployment"] ?? null;
    await readAnswer(response, progress, clock);
  } catch (error) {
    end = endOf(error, canceller.signal);
  } finally {
    stopTimer();
  }
  return { ...identityOf(arrival), sentMs, firstTokenMs: progress.firstTokenMs, endMs: clock.nowMs(), end, ...resultOf(progress) };
}

const timedOut = "timeout";

async function readAnswer(response: TransportResponse, progress: Progress, clock: Clock): Promise<void> {
  if (response.headers["content-type"]?.startsWith("text/event-stream") !== true) {
    const decoder = utf8Stream();
    let body = "";
    for await (const chunk of response.body) body += decoder.push(chunk);
    progress.answer = readWhole(body + decoder.end());
    return;
  }
  const reader = new EventStreamReader();
  for await (const chunk of response.body) {
    for (const data of reader.push(chunk)) progress.answer = readEvent(progress.answer, data);
    if (progress.firstTokenMs === null && progress.answer.text !== "") progress.firstTokenMs = clock.nowMs();
  }
}

function endOf(error: unknown, signal: Signal): ClientEnd {
  if (signal.aborted && (error instanceof Cancelled || error instanceof TransportError)) return signal.reason === timedOut ? "timeout" : "aborted";
  if (error instanceof TransportError) return clientEnds[error.kind];
  throw error;
}

/** A name that does not resolve is a server that cannot be reached; the records have one word for it. */
const clientEnds: Readonly<Record<TransportFailure, ClientEnd>> = {
  dns: "refused",
  refused: "refused",
  connect_timeout: "connect_timeout",
  reset: "reset",
  closed_early: "closed_early",
  aborted: "aborted",
};

const resultOf = ({ status, claimedDeployment, answer }: Progress) => ({ status, claimedDeployment, ...answer });

/** What a record says of its arrival. */
export const identityOf = (arrival: Arrival) => ({
  requestId: arrival.requestId,
  arrival: arrival.index,
  team: arrival.team,
  feature: arrival.feature,
  region: arrival.region,
  route: arrival.route,
  stream: arrival.stream,
  intendedMs: arrival.atMs,
});

/** The record of an arrival that was never sent. */
export function droppedRecord(arrival: Arrival, endMs: number): ClientRecord {
  return { ...identityOf(arrival), sentMs: null, firstTokenMs: null, endMs, end: "dropped", status: null, claimedDeployment: null, ...noAnswer };
}
