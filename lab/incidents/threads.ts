import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { PhaseChecks } from "./core/checks.ts";
import type { Subject } from "./core/subject.ts";
import type { VerifyHarness } from "./verify.ts";
import type { WorkerTask } from "./verify-worker.ts";

const threadsMax = 4;

/**
 * A thread's heap. Its live part is under 40 MB. Without a limit V8 lets garbage pile up to some 250 MB a thread before
 * it collects.
 */
const resourceLimits = { maxOldGenerationSizeMb: 160, maxYoungGenerationSizeMb: 16 };

/**
 * Plays every subject on the virtual clock, on as many threads as there are cores, four at most. The number of threads
 * changes no result.
 */
export function startVirtualHarness(seed: number, threads: number = Math.min(threadsMax, availableParallelism())): VerifyHarness & AsyncDisposable {
  const idle = Array.from({ length: threads }, () => new Worker(new URL("./verify-worker.ts", import.meta.url), { resourceLimits }));
  const all = [...idle];
  return {
    perSecondMax: 1_000,
    marginMs: 0,
    parallel: threads,
    play: async (subject, z) => {
      const worker = idle.pop()!;
      try {
        return await playOn(worker, subject, { seed, z });
      } finally {
        idle.push(worker);
      }
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all(all.map((worker) => worker.terminate()))),
  };
}

function playOn(worker: Worker, subject: Subject, options: { readonly seed: number; readonly z: number }): Promise<readonly PhaseChecks[]> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      worker.off("message", onMessage);
      worker.off("error", onError);
      act();
    };
    const onMessage = (phases: readonly PhaseChecks[]) => settle(() => resolve(phases));
    const onError = (error: Error) => settle(() => reject(error));
    worker.on("message", onMessage);
    worker.on("error", onError);
    worker.postMessage({ subject, ...options } satisfies WorkerTask);
  });
}
