import type { Clock } from "../../kernel/seams.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { LifeSigns } from "./life-signs.ts";

/** A comment of an event stream: clients skip it, and load balancers see that the connection is in use. */
const heartbeat = utf8Bytes(": keep-alive\n\n");

/** When a client that waits from now on gets a comment: calls `onDue` once, unless it is cancelled before. */
export type Pace = (onDue: () => void) => () => void;

/** After `everyMs`, and at each sign of life of the provider. `everyMs` absent: at those alone. */
export function pacer(clock: Clock, signs: LifeSigns, everyMs: number | undefined): Pace {
  return (onDue) => {
    const stopWaiting = signs.onNext(onDue);
    const cancelTimer = everyMs === undefined ? () => {} : clock.at(clock.nowMs() + everyMs, onDue);
    return () => {
      stopWaiting();
      cancelTimer();
    };
  };
}

/** What `waited` resolves to, or null when a comment is due before. */
export async function within<T>(waited: Promise<T>, pace: Pace): Promise<{ readonly value: T } | null> {
  const { promise: due, resolve } = Promise.withResolvers<null>();
  const cancel = pace(() => resolve(null));
  try {
    return await Promise.race([waited.then((value) => ({ value })), due]);
  } finally {
    cancel();
  }
}

interface HeartbeatOptions {
  readonly pace: Pace;
  /** A comment is due already. */
  readonly isDue: boolean;
}

/** The bytes of a stream, with a comment whenever one is due while the client waits. */
export async function* withHeartbeats(source: AsyncIterator<Uint8Array>, { pace, isDue }: HeartbeatOptions): AsyncGenerator<Uint8Array> {
  try {
    if (isDue) yield heartbeat;
    for (;;) {
      const next = source.next();
      let result = await within(next, pace);
      while (result === null) {
        yield heartbeat;
        result = await within(next, pace);
      }
      if (result.value.done === true) return;
      yield result.value.value;
    }
  } finally {
    await source.return?.(undefined);
  }
}
