import { attribute } from "./settings.ts";
import type { Toxic } from "./toxic.ts";

/**
 * Drops all data, and closes the connection after `timeout` ms without any. Each dropped chunk restarts the time. 0
 * never closes. Removing it closes the connection, because its peers have lost data.
 */
export const timeout: Toxic = {
  capacity: 1,
  onUpdate: "restart",
  closesWhenRemoved: true,
  open(nowMs) {
    let quietSinceMs = nowMs;
    return {
      step(view) {
        if (view.head !== null) {
          quietSinceMs = view.nowMs;
          return { kind: "drop" };
        }
        if (view.ending !== null) return { kind: "end", ending: view.ending };
        const timeoutMs = attribute(view.attributes, "timeout");
        if (timeoutMs === 0) return { kind: "idle" };
        const dueMs = quietSinceMs + timeoutMs;
        return dueMs > view.nowMs ? { kind: "wait", untilMs: dueMs } : { kind: "end", ending: "close" };
      },
    };
  },
};
