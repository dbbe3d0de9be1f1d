import type { Clock } from "../../kernel/seams.ts";
import { orAborted, type Signal } from "../../kernel/signal.ts";

/**
 * Lets others run, where this request has worked long enough: one prompt of 4 MB must not stall the process
 * (BerriAI/litellm pull request 31497). Called after each small piece of work, of which there are thousands: undefined
 * where it has not worked long enough. Rejects when its request has ended.
 */
export type Pause = () => Promise<void> | undefined;

/** How long a request works before others are served. */
const TURN_MS = 0.25;

/** The last turn that a long request has asked for, by the clock of its process. */
const lastTurns = new WeakMap<Clock, Promise<void>>();

/** Pauses of one request's work, which begins now. */
export function pausesOf(clock: Clock, signal: Signal): Pause {
  let untilMs = clock.nowMs() + TURN_MS;
  const rest = async () => {
    await orAborted(nextTurn(clock), signal);
    untilMs = clock.nowMs() + TURN_MS;
  };
  return () => (clock.nowMs() < untilMs ? undefined : rest());
}

/**
 * Long requests take turns: however many there are, one of them works at a time before others are served. What arrived
 * in the meantime is read in one turn of the event loop and goes on at its end, which is where the long request would
 * go on too, and before it. So it waits for one turn more.
 */
function nextTurn(clock: Clock): Promise<void> {
  const last = lastTurns.get(clock) ?? Promise.resolve();
  const turn = last.then(() => clock.sleep(0)).then(() => clock.sleep(0));
  lastTurns.set(clock, turn);
  return turn;
}
