import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { ProcessTree } from "./process-tree.ts";

test("ProcessTree: a child of a child is read with its memory, followed when its parent is killed, and gone when it ends", async () => {
  const inner = "const held = Buffer.alloc(64 * 2 ** 20, 1); console.log('inner', process.pid); setInterval(() => held.length, 1e6)";
  const outer = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(inner)}], { stdio: ["ignore", "inherit", "ignore"], detached: true }); setInterval(() => {}, 1e6)`;
  const child = spawn(process.execPath, ["-e", outer], { stdio: ["ignore", "pipe", "ignore"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const innerPid = Number(/inner (\d+)/.exec(String(line))![1]);
  onTestFinished(() => {
    for (const pid of [innerPid, child.pid!]) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
  });
  const tree = new ProcessTree(child.pid!);
  expect(tree.read().map(({ pid }) => pid)).toEqual([child.pid, innerPid]);
  expect(tree.read()[1]!.pssBytes).toBeGreaterThan(64 * 2 ** 20);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(tree.read().map(({ pid }) => pid)).toEqual([innerPid]);
  process.kill(innerPid, "SIGKILL");
  await expect.poll(() => tree.read()).toEqual([]);
});
