import type { Stage } from "../call.ts";
import { rejected } from "../replies.ts";

/** Requests in flight, from admission to the last byte. */
export interface InFlight {
  count: number;
}

/**
 * Admits at most `concurrencyMax` requests at once. Above it: 503 at once, with Retry-After, instead of an invisible
 * queue.
 */
export function admission(inFlight: InFlight): Stage {
  return (next) => (call) => {
    if (inFlight.count >= call.config.concurrencyMax) {
      const message = `The gateway is at its limit of ${call.config.concurrencyMax} concurrent requests`;
      return rejected("admission", { status: 503, type: "server_error", code: "gateway_overloaded", message }, { "retry-after": "1" });
    }
    inFlight.count++;
    call.onFinish(() => void inFlight.count--);
    return next(call);
  };
}
