import type { Clock } from "../../../kernel/seams.ts";
import { AttemptFailure } from "../attempt-failure.ts";
import type { Attempt } from "../attempt.ts";

/** The result of bringing one or two attempts to their commit point. */
export interface Opened {
  /** The one that answers; null when all failed. */
  readonly attempt: Attempt | null;
  /** In the order in which they were asked. */
  readonly failed: readonly { readonly attempt: Attempt; readonly error: AttemptFailure }[];
}

interface Outcome {
  readonly attempt: Attempt;
  /** Null: it reached its commit point. */
  readonly error: unknown;
}

/**
 * Brings `first` to its commit point. If that takes longer than `delayMs`, runs the attempt that `second` returns
 * beside it: the first to commit answers, and the other is abandoned in the same turn. Without a delay there is no
 * second attempt. Throws `Cancelled` when the client left.
 */
export async function openHedged(first: Attempt, clock: Clock, hedge: { delayMs: number; second: () => Attempt | null } | null): Promise<Opened> {
  if (hedge === null) return settle([await outcomeOf(first)]);
  const opening = outcomeOf(first);
  const early = await orAfter(opening, clock, hedge.delayMs);
  if (early !== null) return settle([early]);
  const second = hedge.second();
  if (second === null) return settle([await opening]);
  const other = outcomeOf(second);
  const winner = await Promise.race([opening, other]);
  if (winner.error === null || !(winner.error instanceof AttemptFailure)) {
    (winner.attempt === first ? second : first).abandon();
    winner.attempt.commit();
    return settle([winner]);
  }
  return settle([await opening, await other]);
}

async function outcomeOf(attempt: Attempt): Promise<Outcome> {
  try {
    await attempt.open();
    return { attempt, error: null };
  } catch (error) {
    return { attempt, error };
  }
}

function settle(outcomes: readonly Outcome[]): Opened {
  const failed: { attempt: Attempt; error: AttemptFailure }[] = [];
  let answering: Attempt | null = null;
  for (const { attempt, error } of outcomes) {
    if (error === null) answering = attempt;
    else if (error instanceof AttemptFailure) failed.push({ attempt, error });
    else throw error;
  }
  return { attempt: answering, failed };
}

/** Null when `promise` takes longer than `ms`. It never rejects. */
function orAfter<T>(promise: Promise<T>, clock: Clock, ms: number): Promise<T | null> {
  return new Promise((resolve) => {
    const cancelTimer = clock.at(clock.nowMs() + ms, () => resolve(null));
    void promise.then((value) => {
      cancelTimer();
      resolve(value);
    });
  });
}
