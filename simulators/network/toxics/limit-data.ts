import { attribute } from "./settings.ts";
import { passThrough, type Toxic } from "./toxic.ts";

/**
 * Passes `bytes` bytes of each connection, then closes it. The count is kept on updates. 0 closes at the first data and
 * passes none.
 */
export const limitData: Toxic = {
  capacity: 1,
  onUpdate: "keep",
  closesWhenRemoved: false,
  open() {
    let passed = 0;
    let full = false;
    return {
      step(view) {
        if (full) return { kind: "end", ending: "close" };
        if (view.head === null) return passThrough(view);
        const left = Math.floor(attribute(view.attributes, "bytes")) - passed;
        if (left <= 0) return { kind: "end", ending: "close" };
        const bytes = Math.min(left, view.head.bytes.length);
        passed += bytes;
        full = bytes === left;
        return { kind: "pass", bytes };
      },
    };
  },
};
