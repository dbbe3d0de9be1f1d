import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { TURN_BYTES } from "./read-request-body.ts";

/**
 * A long body in slices, of which one turn of the event loop writes 256 KB. A fast connection takes megabytes at once,
 * and the process does nothing else while the system copies them.
 */
export function slicedBody(parts: readonly Uint8Array[]): Readable {
  return Readable.from(slicesOf(parts));
}

async function* slicesOf(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  let left = 0;
  for (const part of parts) {
    for (let start = 0; start < part.length; ) {
      if (left === 0) {
        await nextTurn();
        left = TURN_BYTES;
      }
      const slice = part.subarray(start, start + left);
      start += slice.length;
      left -= slice.length;
      yield slice;
    }
  }
}
