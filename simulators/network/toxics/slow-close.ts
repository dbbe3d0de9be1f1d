import { attribute } from "./settings.ts";
import { passThrough, type Toxic } from "./toxic.ts";

/** Delays the end of the stream by `delay` ms. Data is not delayed. */
export const slowClose: Toxic = {
  capacity: 1,
  onUpdate: "restart",
  closesWhenRemoved: false,
  open() {
    let endedMs: number | null = null;
    return {
      step(view) {
        if (view.head !== null || view.ending === null) return passThrough(view);
        endedMs ??= view.nowMs;
        const dueMs = endedMs + attribute(view.attributes, "delay");
        return dueMs > view.nowMs ? { kind: "wait", untilMs: dueMs } : { kind: "end", ending: view.ending };
      },
    };
  },
};
