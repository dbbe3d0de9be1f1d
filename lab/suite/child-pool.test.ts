import { expect, test } from "vitest";
import { doInChildren } from "./child-pool.ts";

interface Task {
  readonly act: "double" | "exit" | "kill" | "hang" | "throw";
  readonly value: number;
}

interface Answer {
  readonly doubled: number;
  readonly pid: number;
}

const slow = { timeout: 240_000 };

async function doAll(tasks: readonly Task[], { processes = 2, taskMsMax = 50_000, signal = new AbortController().signal, onAnswer = () => {} }: Partial<{ processes: number; taskMsMax: number; signal: AbortSignal; onAnswer: () => void }> = {}) {
  const outcomes: (Answer | string)[] = [];
  await doInChildren<Task, Answer>(tasks, {
    entry: new URL("./fixtures/child.ts", import.meta.url),
    processes,
    taskMsMax,
    signal,
    onAnswer: (index, answer) => {
      outcomes[index] = answer;
      onAnswer();
    },
    onDeath: (index, reason) => void (outcomes[index] = reason),
  });
  return outcomes;
}

const double = (value: number): Task => ({ act: "double", value });
const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test("doInChildren: a few children do many tasks, and have ended when it resolves", slow, async () => {
  const outcomes = (await doAll([1, 2, 3, 4, 5, 6].map(double))) as Answer[];
  expect(outcomes.map(({ doubled }) => doubled)).toEqual([2, 4, 6, 8, 10, 12]);
  const pids = new Set(outcomes.map(({ pid }) => pid));
  expect(pids.size).toBeLessThanOrEqual(2);
  expect([...pids].filter(isRunning)).toEqual([]);
});

test("doInChildren: a child that dies fails its own task with the reason, and the rest is done by another", slow, async () => {
  const outcomes = await doAll([double(1), { act: "exit", value: 7 }, double(2), { act: "kill", value: 0 }, { act: "throw", value: 0 }, double(3)], { processes: 1 });
  expect(outcomes.map((outcome) => (typeof outcome === "string" ? outcome : outcome.doubled))).toEqual([
    2,
    "Its process ended with exit code 7",
    4,
    "Its process was ended by SIGKILL",
    expect.stringMatching(/^Its process ended with exit code 1: .*the child's own words/),
    6,
  ]);
});

test("doInChildren: a task that takes too long costs its child", slow, async () => {
  const outcomes = await doAll([{ act: "hang", value: 0 }, double(2)], { processes: 1, taskMsMax: 3_000 });
  expect(outcomes).toEqual(["It took longer than 3 s, so its process was killed", expect.objectContaining({ doubled: 4 })]);
});

test("doInChildren: after the signal nothing new is begun, and every child has ended", slow, async () => {
  const controller = new AbortController();
  const outcomes = await doAll([double(1), { act: "hang", value: 0 }, double(3)], { processes: 1, signal: controller.signal, onAnswer: () => controller.abort() });
  expect(outcomes).toEqual([expect.objectContaining({ doubled: 2 })]);
  expect(isRunning((outcomes[0] as Answer).pid)).toBe(false);
});
