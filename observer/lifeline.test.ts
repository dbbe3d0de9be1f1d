import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";

test("endWithStdin: a process that computes without a pause outlives Ctrl-C, and ends when its stdin closes", async () => {
  const script = `import { endWithStdin } from ${JSON.stringify(new URL("./lifeline.ts", import.meta.url).href)}; await endWithStdin(); console.log("computing"); for (;;);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  child.kill("SIGINT");
  child.stdin.end();
  expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
});
