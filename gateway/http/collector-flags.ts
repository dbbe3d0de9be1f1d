import { setFlagsFromString } from "node:v8";

/**
 * Sets V8's collector for a process whose objects live as long as one request. Called before anything is compiled that
 * handles requests.
 *
 * - Optimized code allocates what once lived long in the old space from then on. After the first long requests some of
 *   the objects of every request are there, and they keep alive, until the next full collection, what they point to:
 *   4 MB of texts for each long request. Quick collections copied these texts, and full ones came every 20 requests.
 * - A quick collection is shared by threads, and its end waits for all of them. It takes a third of a millisecond here,
 *   and where other processes have the cores, a thread that has begun waits for its turn for several milliseconds.
 */
export function setCollectorFlags(): void {
  setFlagsFromString("--no-allocation-site-pretenuring");
  setFlagsFromString("--no-parallel-scavenge");
}
