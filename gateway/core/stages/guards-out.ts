import type { Stage } from "../call.ts";
import type { PiiConfig, PiiKind } from "../guards/settings.ts";
import { ScrubFilter } from "../guards/scrub-filter.ts";
import { filtered } from "../guards/text-filter.ts";

/**
 * Takes personal data that the request did not hold out of the answer, as it streams: `[EMAIL]`. Stands before the cache, which then does not
 * keep the answer.
 */
export function answerGuard(settings: PiiConfig): Stage {
  return (next) => async (call) => {
    const reply = await next(call);
    if (reply.kind === "error") return reply;
    const found = (kind: PiiKind) => void call.guards.push({ guard: "pii", action: "scrubbed_answer", detail: `${kind}:1` });
    return { ...reply, events: filtered(reply.events, () => new ScrubFilter(settings.kinds, found)) };
  };
}
