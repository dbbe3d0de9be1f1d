import type { Stage } from "../call.ts";
import type { Defect } from "./defect.ts";

/**
 * A leak of memory: something is kept of each request that a provider was asked for, and nothing of one that the cache
 * answered. `onExhausted` is called when it was kept of as many requests as the process has memory for.
 */
export function exhaust(defect: Defect, onExhausted: () => void): Stage {
  let kept = 0;
  return (next) => async (call) => {
    const reply = await next(call);
    if (call.attemptsSoFar.length === 0 || !defect.hits(call)) return reply;
    kept++;
    if (kept === defect.settings.requests) onExhausted();
    return reply;
  };
}
