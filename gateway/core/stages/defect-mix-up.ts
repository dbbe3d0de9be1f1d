import type { ChatEvent } from "../../../kernel/chat.ts";
import { orAborted } from "../../../kernel/signal.ts";
import { batchOf, eventsOf } from "../batches.ts";
import type { Call, Stage } from "../call.ts";
import type { Answer, Defect } from "./defect.ts";

const HOLD_MS_MAX = 2_000;

/** A whole answer that waits to be swapped with another. `exchange` passes it that one, or its own when none came. */
interface Held {
  readonly call: Call;
  readonly events: readonly ChatEvent[];
  readonly exchange: (events: readonly ChatEvent[]) => void;
}

/**
 * Swaps the answers of two requests, both 200. A request that is hit holds its whole answer, for at most 2 s, until the
 * next answer to another prompt is complete, of any request that the defect covers. Then the two are swapped. Alone, or
 * once the defect is lifted, it gets its own answer and nothing is emitted.
 */
export function mixUp(defect: Defect): Stage {
  let held: Held | null = null;
  const take = (call: Call): Held | null => {
    if (held === null || held.call.signal.aborted || defect.lifted.aborted || promptOf(held.call) === promptOf(call)) return null;
    const taken = held;
    held = null;
    return taken;
  };
  const hold = async (call: Call, events: readonly ChatEvent[]): Promise<readonly ChatEvent[]> => {
    const { promise, resolve } = Promise.withResolvers<readonly ChatEvent[]>();
    const mine: Held = { call, events, exchange: resolve };
    held = mine;
    const cancelTimer = defect.clock.at(defect.clock.nowMs() + HOLD_MS_MAX, () => {
      if (held === mine) resolve(events);
    });
    const unsubscribe = defect.lifted.onAbort(() => resolve(events));
    try {
      return await orAborted(promise, call.signal);
    } finally {
      cancelTimer();
      unsubscribe();
      if (held === mine) held = null;
    }
  };
  return (next) => async (call) => {
    const reply = await next(call);
    if (reply.kind === "error" || !defect.covers(call)) return reply;
    const partner = take(call);
    if (partner !== null) return swapped(reply, call, partner, defect);
    if (!defect.hits(call) || held !== null) return reply;
    const own = await eventsOf(reply.events);
    /** Another request may have started to hold while this answer was read. */
    const late = take(call);
    if (late !== null) return exchanged(reply, own, call, late, defect);
    return withText(reply, held === null ? await hold(call, own) : own);
  };
}

async function swapped(reply: Answer, call: Call, partner: Held, defect: Defect): Promise<Answer> {
  let own: readonly ChatEvent[];
  try {
    own = await eventsOf(reply.events);
  } catch (error) {
    partner.exchange(partner.events);
    throw error;
  }
  return exchanged(reply, own, call, partner, defect);
}

function exchanged(reply: Answer, own: readonly ChatEvent[], call: Call, partner: Held, defect: Defect): Answer {
  if (partner.call.signal.aborted || call.signal.aborted || defect.lifted.aborted) {
    partner.exchange(partner.events);
    return withText(reply, own);
  }
  defect.applied(partner.call, call);
  partner.exchange(own);
  return withText(reply, partner.events);
}

function withText(reply: Answer, events: readonly ChatEvent[]): Answer {
  return { ...reply, events: batchOf(events) };
}

function promptOf(call: Call): string {
  return call.chat.messages.findLast(({ role }) => role === "user")?.content ?? "";
}
