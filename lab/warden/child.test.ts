import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { eventually, processesNaming } from "./fixtures/processes.ts";
import { newToken, ready, startRig, stayAlive, stubborn } from "./fixtures/warden.ts";

test("Child.ready: the url of the ready line", async () => {
  await using rig = startRig();
  const child = await rig.warden.spawn(rig.script("server", ready + stayAlive));
  expect(await child.ready(60_000)).toEqual({ ready: true, url: "http://127.0.0.1:1" });
});

test("Child.ready: a start that failed gives the child's own code, message and hint", async () => {
  await using rig = startRig();
  const line = { ready: false, code: "port_in_use", message: "port 8474 is in use", hint: "free it" };
  const child = await rig.warden.spawn(rig.script("server", `console.log('${JSON.stringify(line)}'); process.exit(3)`));
  await expect(child.ready(60_000)).rejects.toMatchObject({
    exit: "failed",
    code: "port_in_use",
    message: "Cannot start server: port 8474 is in use",
    hint: "free it",
  });
});

test("Child.ready: a child that dies first is an error with the last lines of its log", async () => {
  await using rig = startRig();
  const child = await rig.warden.spawn(rig.script("server", "console.error('no such key'); process.exit(7)"));
  await expect(child.ready(60_000)).rejects.toMatchObject({
    code: "child_died",
    message: "Cannot start server: it ended with exit code 7 before it was ready; its log ends: no such key",
  });
});

test("Child.ready: a child that says nothing is given up after the time limit", async () => {
  await using rig = startRig();
  const child = await rig.warden.spawn(rig.script("server", stayAlive));
  await expect(child.ready(50)).rejects.toMatchObject({ exit: "failed", code: "child_not_ready" });
});

test("Child.stop: SIGTERM lets it end by itself", async () => {
  await using rig = startRig();
  const child = await rig.warden.spawn(rig.script("polite", `process.on('SIGTERM', () => process.exit(0)); ${ready} ${stayAlive}`));
  await child.ready(60_000);
  expect(await child.stop(60_000)).toMatchObject({ code: 0, signal: null, ordered: true });
});

test("Child.stop: one that ignores SIGTERM is killed after the grace", async () => {
  await using rig = startRig();
  const child = await rig.warden.spawn(rig.script("stubborn", stubborn));
  await child.ready(60_000);
  expect(await child.stop(200)).toMatchObject({ code: null, signal: "SIGKILL", ordered: true });
});

test("Child.exited: what a child has started dies with it", async () => {
  const token = newToken();
  await using rig = startRig();
  const grandchild = `require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '${token}'], { stdio: 'ignore' })`;
  const child = await rig.warden.spawn(rig.script("parent", `${grandchild}.once('spawn', () => process.exit(0))`));
  await child.exited;
  await eventually("the grandchild is gone", () => processesNaming(token).length === 0);
});

test("Child.stop: one that is stopped (SIGSTOP) runs on and ends by itself", async () => {
  await using rig = startRig();
  const child = await rig.warden.spawn(rig.script("polite", `process.on('SIGTERM', () => process.exit(0)); ${ready} ${stayAlive}`));
  await child.ready(60_000);
  await child.signal("SIGSTOP");
  expect(await child.stop(60_000)).toEqual({ code: 0, signal: null, ordered: true });
});

const inLinux = existsSync("/proc/self/stat");

test.runIf(inLinux)("Child.signal: SIGSTOP and SIGCONT reach the whole group", async () => {
  await using rig = startRig();
  const grandchild = `require('child_process').spawn(process.execPath, ['-e', '${stayAlive}'], { stdio: ['pipe', 'ignore', 'ignore'] })`;
  const child = await rig.warden.spawn(rig.script("parent", `const other = ${grandchild}; other.once('spawn', () => console.log('pid ' + other.pid)); ${stayAlive}`));
  const pid = await new Promise<number>((resolve) => child.onLine((line) => resolve(Number(line.slice("pid ".length)))));
  await child.signal("SIGSTOP");
  await eventually("both are stopped", () => stateOf(child.pid) === "T" && stateOf(pid) === "T");
  await child.signal("SIGCONT");
  await eventually("both run", () => stateOf(child.pid) !== "T" && stateOf(pid) !== "T");
});

test("Child.signal: a child that has ended cannot be signalled, and no later start of it is", async () => {
  await using rig = startRig();
  const first = await rig.warden.spawn(rig.script("twice", stayAlive));
  await first.kill();
  await expect(first.signal("SIGSTOP")).rejects.toMatchObject({ exit: "failed", code: "signal_failed", message: "Cannot send SIGSTOP to twice: it has ended" });
  const second = await rig.warden.respawn("twice");
  await expect(first.signal("SIGKILL")).rejects.toMatchObject({ code: "signal_failed" });
  await first.stop(0);
  expect(second.isRunning).toBe(true);
});

test("Child.kill: the exit is ordered, that of a child that dies by itself is not", async () => {
  await using rig = startRig();
  const killed = await rig.warden.spawn(rig.script("killed", stubborn));
  await killed.signal("SIGSTOP");
  expect(await killed.kill()).toEqual({ code: null, signal: "SIGKILL", ordered: true });
  const dead = await rig.warden.spawn(rig.script("dead", stayAlive));
  process.kill(dead.pid, "SIGKILL");
  expect(await dead.exited).toEqual({ code: null, signal: "SIGKILL", ordered: false });
  expect(rig.exits).toMatchObject([
    { id: "killed", ordered: true, log: rig.log },
    { id: "dead", ordered: false },
  ]);
});

test("Child.exited: a process that left the group and holds its stdout open delays it only shortly", async () => {
  const token = newToken();
  await using rig = startRig();
  const escaped = `require('child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 120000)', '${token}'], { detached: true, stdio: ['ignore', 'inherit', 'ignore'] })`;
  const child = await rig.warden.spawn(rig.script("launcher", `${escaped}.once('spawn', () => process.exit(0))`));
  try {
    expect(await child.exited).toMatchObject({ code: 0 });
    expect(processesNaming(token)).toHaveLength(1);
  } finally {
    for (const pid of processesNaming(token)) process.kill(pid, "SIGKILL");
  }
});

/** `T`: stopped. */
function stateOf(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.slice(0, 1);
}
