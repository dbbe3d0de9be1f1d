import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { childEnvironment } from "../child-environment.ts";

export interface PoolOptions<Answer> {
  /** Module of a child. It answers each message with one message, in order, and ends when it is disconnected. */
  readonly entry: URL;
  readonly processes: number;
  /** A child that takes longer for one task is killed. */
  readonly taskMsMax: number;
  readonly onAnswer: (index: number, answer: Answer) => void;
  /** A child died with the task: how, in words. */
  readonly onDeath: (index: number, reason: string) => void;
  readonly signal: AbortSignal;
}

/** So long may a child that was disconnected take to end. */
const graceMs = 5_000;

/**
 * Has child processes do tasks. Each does one after the other, so that it loads its modules once. A child that dies is
 * replaced. Resolves when all are done, or, after `signal`, when every child has ended.
 */
export async function doInChildren<Task extends object, Answer>(tasks: readonly Task[], options: PoolOptions<Answer>): Promise<void> {
  const queue = tasks.entries();
  const lanes = Array.from({ length: Math.min(options.processes, tasks.length) }, () => runLane(queue, options));
  await Promise.all(lanes);
}

/** One child after another, until the queue is empty. */
async function runLane<Task extends object, Answer>(queue: Iterator<[number, Task]>, options: PoolOptions<Answer>): Promise<void> {
  let child: ChildProcess | null = null;
  try {
    for (let next = queue.next(); next.done !== true && !options.signal.aborted; next = queue.next()) {
      const [index, task] = next.value;
      if (child?.connected === false) child = null;
      child ??= fork(options.entry, { env: childEnvironment(), stdio: ["ignore", "ignore", "pipe", "ipc"] });
      const outcome = await doTask<Answer>(child, task, options);
      if (outcome === "aborted") return;
      if ("answer" in outcome) options.onAnswer(index, outcome.answer);
      else {
        options.onDeath(index, outcome.died);
        child = null;
      }
    }
  } finally {
    if (child !== null) await end(child);
  }
}

type Outcome<Answer> = { readonly answer: Answer } | { readonly died: string } | "aborted";

async function doTask<Answer>(child: ChildProcess, task: object, { taskMsMax, signal }: PoolOptions<Answer>): Promise<Outcome<Answer>> {
  const { promise, resolve } = Promise.withResolvers<Outcome<Answer>>();
  const errors = lastLines(child);
  const onMessage = (answer: Answer) => resolve({ answer });
  // `close` comes after the last of stderr.
  const onClose = (code: number | null, by: NodeJS.Signals | null) => resolve({ died: deathOf(code, by, errors.text()) });
  const onError = (error: Error) => resolve({ died: `Its process could not be used: ${error.message}` });
  const onAbort = () => resolve("aborted");
  const limit = setTimeout(() => {
    resolve({ died: `It took longer than ${taskMsMax / 1_000} s, so its process was killed` });
    child.kill("SIGKILL");
  }, taskMsMax);
  child.on("message", onMessage).on("close", onClose).on("error", onError);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  else child.send(task, (error) => void (error !== null && onError(error)));
  try {
    return await promise;
  } finally {
    clearTimeout(limit);
    errors.close();
    signal.removeEventListener("abort", onAbort);
    child.off("message", onMessage).off("close", onClose).off("error", onError);
  }
}

function deathOf(code: number | null, by: NodeJS.Signals | null, lastErrors: string): string {
  const how = by === null ? `ended with exit code ${code}` : `was ended by ${by}`;
  return `Its process ${how}${lastErrors === "" ? "" : `: ${lastErrors}`}`;
}

/** Room for the words of an error before its stack, whose lines are as long as the clone's path. */
const stderrCharactersMax = 4_000;

/** The end of what a child writes to stderr during a task. */
function lastLines(child: ChildProcess): { text(): string; close(): void } {
  let text = "";
  const onData = (bytes: Buffer) => void (text = (text + bytes.toString()).slice(-stderrCharactersMax));
  child.stderr?.on("data", onData);
  return { text: () => text.trim().replaceAll(/\s*\n\s*/g, " "), close: () => void child.stderr?.off("data", onData) };
}

/** Disconnects a child and waits until it has ended. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  // Nobody reads it any more, and a full pipe would keep the child.
  child.stderr?.resume();
  if (child.connected) child.disconnect();
  const limit = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await ended;
  clearTimeout(limit);
}
