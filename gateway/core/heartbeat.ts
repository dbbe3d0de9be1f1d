import type { Clock } from "../../kernel/seams.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";

/** A comment of an event stream: clients skip it, and load balancers see that the connection is in use. */
const heartbeat = utf8Bytes(": keep-alive\n\n");

/** What `waited` resolves to, or null when `ms` have passed before. */
export async function within<T>(clock: Clock, waited: Promise<T>, ms: number): Promise<{ readonly value: T } | null> {
  const { promise: passed, resolve } = Promise.withResolvers<null>();
  const cancelTimer = clock.at(clock.nowMs() + ms, () => resolve(null));
  try {
    return await Promise.race([waited.then((value) => ({ value })), passed]);
  } finally {
    cancelTimer();
  }
}

interface HeartbeatOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  /** Nothing has come for so long already. */
  readonly isDue: boolean;
}

/** The bytes of a stream, with a comment whenever nothing has come for `everyMs` while the client waits. */
export async function* withHeartbeats(source: AsyncIterator<Uint8Array>, { clock, everyMs, isDue }: HeartbeatOptions): AsyncGenerator<Uint8Array> {
  try {
    if (isDue) yield heartbeat;
    for (;;) {
      const next = source.next();
      let result = await within(clock, next, everyMs);
      while (result === null) {
        yield heartbeat;
        result = await within(clock, next, everyMs);
      }
      if (result.value.done === true) return;
      yield result.value.value;
    }
  } finally {
    await source.return?.(undefined);
  }
}
