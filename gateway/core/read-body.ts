import type { Clock } from "../../kernel/seams.ts";
import { Canceller, Cancelled, orAborted, type Signal } from "../../kernel/signal.ts";
import { TransportError } from "../../kernel/transport.ts";

const DRAIN_MS_MAX = 1_000;

const ERROR_BODY_BYTES_MAX = 64 * 1024;
/** The status is known: the error's body is not worth a deadline. */
const ERROR_BODY_MS_MAX = 1_000;

/** A reason to cancel a reading that then returns what has arrived, instead of throwing. */
const stopReading = "Reading stopped: no more is needed";

/** The body of an error, as far as it arrives within a second. */
export async function readErrorBody(body: AsyncIterable<Uint8Array>, clock: Clock, signal: Signal): Promise<Uint8Array> {
  using reading = new Canceller(signal);
  const cancelTimer = clock.at(clock.nowMs() + ERROR_BODY_MS_MAX, () => reading.cancel(stopReading));
  return await readBounded(body, ERROR_BODY_BYTES_MAX, reading.signal).finally(cancelTimer);
}

/** A body's first `bytesMax` bytes. If the connection breaks, returns what arrived. */
export async function readBounded(body: AsyncIterable<Uint8Array>, bytesMax: number, signal: Signal): Promise<Uint8Array> {
  const bytes = new Uint8Array(bytesMax);
  let length = 0;
  const iterator = body[Symbol.asyncIterator]();
  try {
    while (length < bytesMax) {
      const result = await orAborted(iterator.next(), signal);
      if (result.done) break;
      const chunk = result.value.subarray(0, bytesMax - length);
      bytes.set(chunk, length);
      length += chunk.length;
    }
  } catch (error) {
    const isEnough = error instanceof TransportError || (error instanceof Cancelled && error.reason === stopReading);
    if (!isEnough) throw error;
  }
  return bytes.slice(0, length);
}

/**
 * Reads what may follow the terminal event, so that the connection can be reused. After a second it stops and closes
 * the connection. Nobody waits for this: the answer is complete.
 */
export function drainQuietly(source: AsyncIterator<unknown> | null, canceller: Canceller, clock: Clock): void {
  if (source === null) return;
  const cancelTimer = clock.at(clock.nowMs() + DRAIN_MS_MAX, () => canceller.cancel("The drain timed out"));
  const read = async () => {
    while (!(await orAborted(source.next(), canceller.signal)).done);
  };
  read().then(cancelTimer, cancelTimer);
}
