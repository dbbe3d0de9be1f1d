import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** By how much the heap may grow over what was in use after the last full collection, percent. V8 itself allows as little as 10. */
const GROWING_PERCENT = 200;

type Collect = (options: { readonly type: "minor" }) => void;

let collect: Collect | null = null;

/**
 * Called when a long request has ended, which leaves some 16 MB of buffers and texts. V8 counts them as used memory, but does not run its quick collection of
 * young objects for them, which takes a millisecond and finds them all: it waits for its limit, and collects the whole heap, in which every other request is
 * held up for longer. So the quick one is run here, and there is more room to the limit, for the requests that guards read for so long that they count as old.
 * A process that gets no long bodies keeps V8's rule, and its smaller heap.
 */
export function collectAfterLongBody(): void {
  collect ??= prepared();
  collect({ type: "minor" });
}

function prepared(): Collect {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`);
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as Collect;
}
