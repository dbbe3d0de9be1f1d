import { attribute } from "./settings.ts";
import type { Toxic } from "./toxic.ts";

/** Resets the connection `timeout` ms after the first data or end of stream. Nothing passes. */
export const resetPeer: Toxic = {
  capacity: 1,
  onUpdate: "restart",
  closesWhenRemoved: false,
  open() {
    let firstMs: number | null = null;
    return {
      step(view) {
        if (firstMs === null && view.head === null && view.ending === null) return { kind: "idle" };
        firstMs ??= view.nowMs;
        const dueMs = firstMs + attribute(view.attributes, "timeout");
        return dueMs > view.nowMs ? { kind: "wait", untilMs: dueMs } : { kind: "end", ending: "reset" };
      },
    };
  },
};
