import type { ChatEvent } from "../../../kernel/chat.ts";
import { batchOf, type Batches, tapEvents } from "../batches.ts";
import type { Call, Stage } from "../call.ts";
import type { Answer, Defect } from "./defect.ts";

interface Remembered {
  readonly team: string;
  readonly answer: Omit<Answer, "events">;
  readonly events: readonly ChatEvent[];
}

/**
 * Answers a request with an answer that another team got earlier, as a cache without tenants in its key would. No
 * provider is asked. Only whole answers are remembered, the last of each team. Until another team has one, the defect
 * does nothing.
 */
export function leak(defect: Defect): Stage {
  const lastByTeam = new Map<string, Remembered>();
  return (next) => async (call) => {
    const foreign = defect.hits(call) ? latestOfOthers(lastByTeam, call.team) : undefined;
    if (foreign !== undefined) {
      defect.applied(call);
      return { ...foreign.answer, events: batchOf(foreign.events) };
    }
    const reply = await next(call);
    if (reply.kind === "error") return reply;
    const remember = (events: readonly ChatEvent[]) => {
      lastByTeam.delete(call.team);
      lastByTeam.set(call.team, { team: call.team, answer: reply, events });
    };
    return { ...reply, events: remembering(reply.events, call, remember) };
  };
}

function latestOfOthers(lastByTeam: ReadonlyMap<string, Remembered>, team: string): Remembered | undefined {
  return [...lastByTeam.values()].findLast((remembered) => remembered.team !== team);
}

function remembering(batches: Batches, call: Call, remember: (events: readonly ChatEvent[]) => void): Batches {
  const seen: ChatEvent[] = [];
  return tapEvents(batches, (event) => {
    seen.push(event);
    if (event.type === "end" && !call.signal.aborted) remember(seen);
  });
}
