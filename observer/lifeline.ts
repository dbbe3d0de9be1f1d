import { once } from "node:events";
import { Worker } from "node:worker_threads";

/**
 * Ends this process by SIGKILL when its stdin closes: whoever asked for a verdict has gone. A thread of its own waits
 * for that, because judging a run computes for minutes without a pause. Ctrl-C in a terminal reaches both, and whoever
 * asked decides what it ends. Resolves when it watches.
 */
export async function endWithStdin(): Promise<void> {
  const worker = new Worker(new URL("./lifeline-worker.ts", import.meta.url), { execArgv: [] });
  await once(worker, "message");
  worker.unref();
  process.on("SIGINT", () => {});
}
