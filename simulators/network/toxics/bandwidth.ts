import { attribute } from "./settings.ts";
import { passThrough, type Toxic } from "./toxic.ts";

const sliceMs = 100;
/** A late timer is compensated up to this time: the rate holds on average, and no burst follows a slow reader. */
const slackMs = 20;
/** A shorter pause between two chunks does not count as an idle line. */
const handoverMs = 1;

/**
 * Passes `rate` x 1000 bytes a second, in slices of at most 100 ms. Rate 0 and less passes nothing and keeps the
 * connection open.
 */
export const bandwidth: Toxic = {
  capacity: 1,
  onUpdate: "release",
  closesWhenRemoved: false,
  open(openedMs) {
    /** When the line is free for the next slice. */
    let freeMs = openedMs;
    let emptySinceMs: number | null = openedMs;
    return {
      step(view) {
        const { head, nowMs } = view;
        if (head === null) {
          emptySinceMs ??= nowMs;
          return passThrough(view);
        }
        const rate = attribute(view.attributes, "rate");
        if (rate === 0) return { kind: "idle" };
        if (emptySinceMs !== null && nowMs - emptySinceMs >= handoverMs) freeMs = Math.max(freeMs, nowMs);
        emptySinceMs = null;
        const bytes = Math.max(1, Math.min(head.bytes.length, Math.floor(rate * sliceMs)));
        const dueMs = freeMs + bytes / rate;
        if (dueMs > nowMs) return { kind: "wait", untilMs: dueMs };
        freeMs = Math.max(dueMs, nowMs - slackMs);
        return { kind: "pass", bytes };
      },
    };
  },
};
