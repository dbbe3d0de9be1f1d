/**
 * A thread of `incidents verify`: plays the subjects that it is sent, one after the other, and sends back what was
 * seen.
 */
import { parentPort } from "node:worker_threads";
import { verifyVirtually } from "../virtual/verify.ts";
import type { Subject } from "./core/subject.ts";

export interface WorkerTask {
  readonly subject: Subject;
  readonly seed: number;
  readonly z: number;
}

parentPort?.on("message", (task: WorkerTask) => {
  verifyVirtually(task.subject, task).then(
    (phases) => parentPort?.postMessage(phases),
    (error: unknown) => {
      throw error;
    },
  );
});
