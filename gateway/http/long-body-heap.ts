import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * By how much memory may grow over what was in use after the last full collection, percent. V8 itself allows as little
 * as 10.
 */
const GROWING_PERCENT = 300;

type Collect = (options: { readonly type: "minor" }) => void;

let collect: Collect | null = null;

/**
 * Called when a long request has ended, which leaves some 16 MB of buffers and texts. V8 counts them as used memory,
 * but does not run its quick collection of young objects for them, which takes a millisecond and finds them all: it
 * waits for its limit, and collects the whole heap, in which every other request is held up for longer. So the quick
 * one is run here, and there is more room to the limit, for the requests that guards read for so long that they count
 * as old. The text of a body is outside the heap, and V8 has a limit of its own for that, 64 MB, whatever the heap. It
 * is counted with the heap here: full collections are three to four times as rare, and the process is some 70 MB
 * larger. A process that gets no long bodies keeps V8's rules, and its smaller heap.
 */
export function collectAfterLongBody(): void {
  collect ??= prepared();
  collect({ type: "minor" });
}

function prepared(): Collect {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`);
  setFlagsFromString("--external-memory-accounted-in-global-limit");
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as Collect;
}
