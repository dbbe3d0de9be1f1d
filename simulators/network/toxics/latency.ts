import { attribute, type Attributes } from "./settings.ts";
import { passThrough, type Chunk, type Toxic } from "./toxic.ts";
import type { Rng } from "../../../kernel/rng.ts";

/**
 * Delays each chunk by `latency` +/- `jitter` (uniform) from its arrival, in order. 1024 chunks may wait, so that
 * throughput is not limited. A negative delay is 0.
 */
export const latency: Toxic = {
  capacity: 1024,
  onUpdate: "release",
  closesWhenRemoved: false,
  open() {
    let timed: Chunk | null = null;
    let dueMs = 0;
    return {
      step(view) {
        const { head, nowMs } = view;
        if (head === null) return passThrough(view);
        if (timed !== head) {
          timed = head;
          dueMs = head.stampMs + delayMs(view.attributes, view.rng);
        }
        if (dueMs > nowMs) return { kind: "wait", untilMs: dueMs };
        return { kind: "pass", bytes: head.bytes.length, stampMs: Math.max(head.stampMs, dueMs) };
      },
    };
  },
};

function delayMs(attributes: Attributes, rng: Rng): number {
  const jitterMs = attribute(attributes, "jitter");
  const around = jitterMs > 0 ? Math.floor(rng.next() * 2 * jitterMs) - jitterMs : 0;
  const latencyMs = attributes["latency"] ?? 0;
  return Number.isNaN(latencyMs) ? Math.max(0, around) : Math.max(0, latencyMs + around);
}
