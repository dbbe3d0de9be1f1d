import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { TURN_BYTES } from "./read-request-body.ts";

/**
 * A long body in slices, each written in its own turn of the event loop. A fast connection takes megabytes at once, and
 * the process does nothing else while the system copies them.
 */
export function slicedBody(body: Uint8Array): Readable {
  return Readable.from(slicesOf(body));
}

async function* slicesOf(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < body.length; start += TURN_BYTES) {
    await nextTurn();
    yield body.subarray(start, start + TURN_BYTES);
  }
}
