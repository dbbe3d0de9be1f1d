import type { Clock } from "../../../kernel/clock.ts";
import type { Arrival } from "../../../kernel/plan.ts";
import type { ClientRecord } from "../../../kernel/records.ts";
import { neverSignal, type Signal } from "../../../kernel/signal.ts";
import type { Transport } from "../../../kernel/transport.ts";
import type { Entries } from "./entries.ts";
import { droppedRecord, exchange } from "./exchange.ts";

export interface ReplayOptions {
  /** `nowMs` is the run's timeline. */
  readonly clock: Clock;
  readonly transport: Transport;
  /** Sorted by `atMs`. */
  readonly arrivals: readonly Arrival[];
  readonly targets: Entries;
  /** Virtual key by `team/feature`. */
  readonly keys: Readonly<Record<string, string>>;
  /** A client's patience, from its send. */
  readonly timeoutMs: number;
  readonly emit: (record: ClientRecord) => void;
  readonly signal?: Signal;
  /** Above it arrivals are dropped instead of sent, and recorded so: a lab that chokes must say it. */
  readonly inFlightMax?: number;
}

export interface ReplaySummary {
  readonly sent: number;
  readonly dropped: number;
  /** When the signal stopped it; null when every arrival had its turn. */
  readonly stoppedAtMs: number | null;
}

/**
 * Open loop: each arrival is sent at its time, whatever became of the earlier ones, and gives one `ClientRecord` when it ends. Resolves
 * when the last has ended. Rejects, and sends no more, when the transport breaks its contract or `emit` throws.
 *
 * When `signal` is cancelled (Ctrl-C), requests in flight end as `aborted`. Arrivals whose time had not come leave no record at all: they
 * were neither sent nor dropped, so whoever counts must cut the offered load at `stoppedAtMs`.
 */
export function replay(options: ReplayOptions): Promise<ReplaySummary> {
  const { clock, transport, arrivals, targets, keys, timeoutMs, emit, signal = neverSignal, inFlightMax = 5_000 } = options;
  const seams = { clock, transport, destination: { targets, keys }, timeoutMs };
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
      exchange(arrival, seams, signal)
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
