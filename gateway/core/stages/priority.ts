import type { Stage } from "../call.ts";
import type { Priority } from "../config.ts";
import { rejected } from "../replies.ts";
import type { InFlight } from "./admission.ts";

/** Requests shed so far, by priority. */
export type Shed = Partial<Record<Priority, number>>;

/**
 * Seconds after which a shed request may be retried: lower priorities return later, so that load returns in order of
 * priority.
 */
const retryAfterS: Readonly<Record<Priority, number>> = { high: 1, normal: 2, low: 5 };

/**
 * Load shedding, lowest priority first: each priority may fill a share of the gateway's room. The rest is reserved for
 * higher priorities. 503 at once, with Retry-After.
 */
export function priority(inFlight: InFlight, shed: Shed): Stage {
  return (next) => (call) => {
    const { shedding, concurrencyMax } = call.config;
    const share = shedding?.[call.priority] ?? 1;
    if (share >= 1 || inFlight.count < roomOf(share, concurrencyMax)) return next(call);
    shed[call.priority] = (shed[call.priority] ?? 0) + 1;
    const message = `The gateway is too busy for requests of priority "${call.priority}"`;
    const error = { status: 503, type: "server_error", code: "load_shed", message };
    return rejected("priority", error, { "retry-after": String(retryAfterS[call.priority]) });
  };
}

/** At least one: an idle gateway accepts any priority. */
function roomOf(share: number, concurrencyMax: number): number {
  return Math.max(1, Math.floor(share * concurrencyMax));
}
