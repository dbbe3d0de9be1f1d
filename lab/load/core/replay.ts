import type { Clock } from "../../../kernel/clock.ts";
import type { Arrival } from "../../../kernel/plan.ts";
import type { ClientRecord } from "../../../kernel/records.ts";
import { neverSignal, type Signal } from "../../../kernel/signal.ts";
import type { Headers, Transport } from "../../../kernel/transport.ts";
import type { Entries } from "./entries.ts";
import { firstErrorBodies } from "./first-errors.ts";
import { droppedRecord } from "./exchange.ts";
import { persist } from "./persist.ts";
import type { Destination } from "./request.ts";
import type { WordTimes } from "./word-times.ts";

export interface ReplayOptions {
  /** `nowMs` is the run's timeline. */
  readonly clock: Clock;
  readonly transport: Transport;
  /** Sorted by `atMs`. */
  readonly arrivals: readonly Arrival[];
  readonly targets: Entries;
  /** A client whose entry does not answer tries the others. False unless given: each keeps to one. */
  readonly tryOthers?: boolean;
  /** Virtual key by `team/feature`. */
  readonly keys: Readonly<Record<string, string>>;
  /** Sent with every request; they replace the client's own. */
  readonly headers?: Headers;
  readonly teamTarget?: Destination["teamTarget"];
  /** How long a client waits, from its send to the end of the answer. */
  readonly timeoutMs: number;
  readonly emit: (record: ClientRecord) => void;
  readonly signal?: Signal;
  /**
   * Above it, arrivals are dropped instead of sent, and recorded as dropped, so that an overloaded lab shows in the
   * records.
   */
  readonly inFlightMax?: number;
  readonly wordTimes?: WordTimes | undefined;
}

export interface ReplaySummary {
  readonly sent: number;
  readonly dropped: number;
  /** When the signal stopped it. Null when every arrival was sent or dropped. */
  readonly stoppedAtMs: number | null;
}

/**
 * Replays arrivals as an open loop: each is sent at its time, whether or not earlier ones have ended, and one
 * `ClientRecord` is emitted when it ends. Resolves when the last has ended. Rejects, and sends no more, when the
 * transport breaks its contract or `emit` throws.
 *
 * When `signal` is cancelled (Ctrl-C), requests in flight end as `stopped`. Arrivals that were not due have no record,
 * because they were neither sent nor dropped. The offered load ends at `stoppedAtMs`.
 */
export function replay(options: ReplayOptions): Promise<ReplaySummary> {
  const { clock, transport, arrivals, targets, tryOthers = false, keys, headers = {}, teamTarget, timeoutMs, signal = neverSignal, inFlightMax = 5_000, wordTimes } = options;
  const emit = firstErrorBodies(options.emit);
  const seams = { clock, transport, destination: { targets, tryOthers, keys, headers, teamTarget }, timeoutMs, wordTimes };
  let next = 0;
  let inFlight = 0;
  let dropped = 0;
  let stoppedAtMs: number | null = null;
  let cancelTimer = () => {};
  let unsubscribe = () => {};

  return new Promise<ReplaySummary>((resolve, reject) => {
    const finishIfDone = () => {
      if (inFlight > 0 || (next < arrivals.length && stoppedAtMs === null)) return;
      unsubscribe();
      resolve({ sent: next - dropped, dropped, stoppedAtMs });
    };
    const fail = (error: unknown) => {
      cancelTimer();
      unsubscribe();
      reject(error as Error);
    };
    const send = (arrival: Arrival) => {
      if (inFlight >= inFlightMax) {
        dropped++;
        emit(droppedRecord(arrival, clock.nowMs()));
        return;
      }
      inFlight++;
      persist(arrival, seams, signal)
        .then((record) => {
          inFlight--;
          emit(record);
          finishIfDone();
        })
        .catch(fail);
    };
    const sendDue = () => {
      while (next < arrivals.length && arrivals[next]!.atMs <= clock.nowMs()) send(arrivals[next++]!);
      schedule();
      finishIfDone();
    };
    const schedule = () => {
      if (next < arrivals.length) cancelTimer = clock.at(arrivals[next]!.atMs, sendDue);
    };
    unsubscribe = signal.onAbort(() => {
      cancelTimer();
      stoppedAtMs = clock.nowMs();
      finishIfDone();
    });
    if (stoppedAtMs === null) schedule();
    finishIfDone();
  });
}
