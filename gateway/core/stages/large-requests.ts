import type { Clock } from "../../../kernel/seams.ts";
import type { Call, Stage } from "../call.ts";

/** Reading or writing a body of this size takes about a millisecond. */
const LARGE_BYTES = 256 * 1024;

/**
 * Serves what else has come before the next stage works on a large request, so that its stages are not one long stall.
 */
export function yieldIfLarge(clock: Clock): Stage {
  return (next) => {
    const later = async (call: Call) => {
      await clock.sleep(0, call.signal);
      return next(call);
    };
    return (call) => (call.wire.body.length < LARGE_BYTES ? next(call) : later(call));
  };
}
