import type { Arrival } from "../../../kernel/plan.ts";
import type { ClientRecord, EarlierAttempt } from "../../../kernel/records.ts";
import { Cancelled, Canceller, type Signal } from "../../../kernel/signal.ts";
import type { Headers } from "../../../kernel/transport.ts";
import { exchange, givesUpAtMs, timedOut, type ExchangeSeams } from "./exchange.ts";
import { retryDelayMs } from "./retry.ts";

/**
 * Sends a request as its client does, which may try again after a failure. The record is of the whole request: its
 * first send, what came of its last attempt, and the attempts before. A client whose arrival has no behaviour sends
 * once.
 */
export async function persist(arrival: Arrival, seams: ExchangeSeams, signal: Signal): Promise<ClientRecord> {
  const { behaviour } = arrival;
  if (behaviour === undefined) return exchange(arrival, seams, signal);
  const leavesAtMs = givesUpAtMs(arrival);
  const earlier: EarlierAttempt[] = [];
  for (;;) {
    const { record, headers } = await attempt(arrival, { seams, signal, leavesAtMs });
    const { clock } = seams;
    const delayMs = retryDelayMs(behaviour, { number: earlier.length, record, headers });
    const isLast = delayMs === null || clock.nowMs() + delayMs >= leavesAtMs || !(await isWaited(seams, delayMs, signal));
    if (isLast) return earlier.length === 0 ? record : { ...record, sentMs: earlier[0]!.sentMs, lastSentMs: record.sentMs!, earlierAttempts: earlier };
    earlier.push(earlierOf(record));
  }
}

interface AttemptParts {
  readonly seams: ExchangeSeams;
  readonly signal: Signal;
  /** When the user gives up. */
  readonly leavesAtMs: number;
}

/** One attempt, with the client's own limits. */
async function attempt(arrival: Arrival, { seams, signal, leavesAtMs }: AttemptParts): Promise<{ readonly record: ClientRecord; readonly headers: Headers }> {
  const { clock } = seams;
  const { timeoutMs = Infinity } = arrival.behaviour!;
  using canceller = new Canceller(signal);
  const stopAt = (atMs: number) => (atMs === Infinity ? () => {} : clock.at(Math.max(atMs, clock.nowMs()), () => canceller.cancel(timedOut)));
  const stopPatience = stopAt(leavesAtMs);
  const stopTimeout = stopAt(clock.nowMs() + timeoutMs);
  let headers: Headers = {};
  const onHeaders = (given: Headers) => {
    headers = given;
    if (arrival.stream) stopTimeout();
  };
  try {
    return { record: await exchange(arrival, { ...seams, onHeaders }, canceller.signal), headers };
  } finally {
    stopPatience();
    stopTimeout();
  }
}

/** False: the run is over before the next attempt. */
async function isWaited({ clock }: ExchangeSeams, delayMs: number, signal: Signal): Promise<boolean> {
  try {
    await clock.sleep(delayMs, signal);
    return true;
  } catch (error) {
    if (error instanceof Cancelled) return false;
    throw error;
  }
}

function earlierOf({ sentMs, endMs, end, status }: ClientRecord): EarlierAttempt {
  return { sentMs: sentMs!, endMs, end: end as EarlierAttempt["end"], status };
}
