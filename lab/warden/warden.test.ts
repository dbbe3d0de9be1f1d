import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { seededRng } from "../../kernel/rng.ts";
import type { Lease, SpawnOptions } from "./client.ts";
import { brokenLeaseAt, startFaultApi, toxicLeaseAt } from "./fixtures/fault-api.ts";
import { eventually, parentOf, processesNaming } from "./fixtures/processes.ts";
import { newToken, ready, startRig, stayAlive, stubborn } from "./fixtures/warden.ts";
import { renewEveryMs, silentMsMax } from "./protocol.ts";

const conductor = fileURLToPath(new URL("./fixtures/conductor.ts", import.meta.url));
const goneWithinMs = 5_000;

/** The conductor of the fixtures as a process; `await using` it. */
function startConductor(token: string, apiUrl: string) {
  const folder = mkdtempSync(join(tmpdir(), "blastlab-conductor-"));
  const process_ = spawn(process.execPath, [conductor, token, apiUrl, folder], { stdio: ["ignore", "ignore", "inherit"] });
  return {
    process: process_,
    [Symbol.dispose]: () => {
      process_.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function killConductor(delayMs: number): Promise<void> {
  await using api = await startFaultApi();
  const token = newToken();
  using victim = startConductor(token, api.url);
  await eventually("the warden runs", () => processesNaming(token).length >= 2);
  await sleep(delayMs);
  victim.process.kill("SIGKILL");
  await eventually(`all gone after ${delayMs} ms`, () => processesNaming(token).length === 0 && api.toxics.size === 0, goneWithinMs);
}

test("warden: SIGKILL of its conductor at random moments leaves no child, stopped ones included, and no fault after 5 s", async () => {
  const rng = seededRng(20_251_122, "kill");
  const delaysMs = Array.from({ length: 6 }, () => Math.floor(rng.next() * 900));
  await Promise.all(delaysMs.map(killConductor));
});

test.concurrent("warden: a conductor that does not renew (SIGSTOP) counts as dead", async () => {
  await using api = await startFaultApi();
  const token = newToken();
  using victim = startConductor(token, api.url);
  await eventually("a fault is injected", () => api.toxics.size > 0);
  victim.process.kill("SIGSTOP");
  await eventually("only the conductor is left", () => processesNaming(token).length === 1 && api.toxics.size === 0);
});

test.concurrent("warden: a machine that stalls for longer than a conductor may be silent (SIGSTOP of both) is no death", async () => {
  await using api = await startFaultApi();
  const token = newToken();
  using victim = startConductor(token, api.url);
  await eventually("every fault is injected", () => api.toxics.size === 4);
  const both = processesNaming(token).filter((pid) => pid === victim.process.pid || parentOf(pid) === victim.process.pid);
  expect(both).toHaveLength(2);
  for (const pid of both) process.kill(pid, "SIGSTOP");
  await sleep(silentMsMax + 1_000);
  for (const pid of both) process.kill(pid, "SIGCONT");
  // Time for two renewals, and for the end of a run whose conductor counted as dead.
  await sleep(2 * renewEveryMs + 500);
  expect([api.toxics.size, victim.process.exitCode, api.requests.filter((request) => request.startsWith("DELETE"))]).toEqual([4, null, []]);
  victim.process.kill("SIGKILL");
  await eventually("all gone", () => processesNaming(token).length === 0 && api.toxics.size === 0);
});

test.concurrent("warden: SIGKILL of the warden itself leaves children and faults to the conductor, which undoes both and reports it", async () => {
  await using api = await startFaultApi();
  const token = newToken();
  await using rig = startRig();
  const { warden } = rig;
  const child = await warden.spawn(rig.script("stubborn", stubborn, token));
  await child.ready(60_000);
  await child.signal("SIGSTOP");
  await warden.lease("fault", toxicLeaseAt(api.url, "brownout"), 60_000);
  await warden.lease("other", brokenLeaseAt(api.url), 60_000);
  api.toxics.add("brownout");
  process.kill(warden.pid, "SIGKILL");
  await eventually("undone", () => processesNaming(token).length === 0 && api.toxics.size === 0, goneWithinMs);
  expect(rig.exits).toMatchObject([{ id: "warden", signal: "SIGKILL", ordered: false }]);
  await expect(warden.spawn(rig.script("late", ""))).rejects.toMatchObject({ code: "warden_gone" });
  await expect(warden.lease("late", toxicLeaseAt(api.url, "late"), 60_000)).rejects.toMatchObject({ code: "warden_gone" });
  expect(await warden.shutdown()).toMatchObject([{ id: "other", description: "a fault that stays" }]);
});

test.concurrent("warden: one that is silent (SIGSTOP) counts as dead, and the conductor undoes what it held", async () => {
  await using api = await startFaultApi();
  const token = newToken();
  await using rig = startRig();
  await rig.warden.spawn(rig.script("stubborn", stubborn, token));
  await rig.warden.lease("fault", toxicLeaseAt(api.url, "brownout"), 60_000);
  api.toxics.add("brownout");
  process.kill(rig.warden.pid, "SIGSTOP");
  await eventually("undone", () => processesNaming(token).length === 0 && api.toxics.size === 0);
  expect(rig.exits).toMatchObject([{ id: "warden", signal: "SIGKILL", ordered: false }]);
});

test.concurrent("Warden.spawn: what cannot be started is an error with its reason, and harms no other child", async () => {
  await using rig = startRig();
  const healthy = await rig.warden.spawn(rig.script("healthy", stayAlive));
  const failures: [Partial<SpawnOptions>, string][] = [
    [{ command: join(rig.directory, "nowhere"), args: [] }, "ENOENT"],
    [{ command: rig.directory, args: [] }, "EACCES"],
    [{ args: ["x".repeat(300_000)] }, "E2BIG"],
    [{ cwd: join(rig.directory, "nowhere") }, "ENOENT"],
    [{ log: join(rig.directory, "nowhere", "child.log") }, "ENOENT"],
    [{ id: "healthy" }, 'a child named "healthy" runs already'],
    [{ id: "warden" }, 'a child named "warden" runs already'],
  ];
  for (const [changes, reason] of failures) {
    const spawning = rig.warden.spawn({ ...rig.script("failing", stayAlive), ...changes });
    await expect(spawning).rejects.toMatchObject({ exit: "failed", code: "spawn_failed", message: expect.stringContaining(reason) as unknown });
  }
  expect(await healthy.stop(60_000)).toMatchObject({ signal: "SIGTERM" });
});

test.concurrent("Warden.spawn: lines reach the listener and the log, stderr the log alone", async () => {
  await using rig = startRig();
  const lines: string[] = [];
  const child = await rig.warden.spawn({ ...rig.script("talker", "console.log('one\\ntwo'); console.error('three')"), onLine: (line) => lines.push(line) });
  await child.exited;
  expect(lines).toEqual(["one", "two"]);
  expect(readFileSync(rig.log, "utf8").trim().split("\n").sort()).toEqual(["one", "three", "two"]);
});

test.concurrent("Warden.respawn: the same command again, with its listener, and with arguments before its own", async () => {
  await using rig = startRig();
  const lines: string[] = [];
  const source = "console.log([...process.execArgv.filter((arg) => arg.startsWith('--max')), ...process.argv.slice(1)].join(' ')); " + stayAlive;
  const options = { ...rig.script("twice", source, "argument"), onLine: (line: string) => lines.push(line) };
  const first = await rig.warden.spawn(options);
  await eventually("its line", () => lines.length === 1);
  const second = await rig.warden.respawn("twice", ["--max-old-space-size=64"]);
  expect(await first.exited).toEqual({ code: null, signal: "SIGKILL", ordered: true });
  expect(rig.warden.child("twice")).toBe(second);
  await eventually("the second start's line", () => lines.length === 2);
  expect(lines).toEqual(["argument", "--max-old-space-size=64 argument"]);
  await expect(rig.warden.respawn("never")).rejects.toMatchObject({ code: "spawn_failed" });
});

test.concurrent("Warden.lease: its dead-man limit undoes the fault of a living conductor, and is reported", async () => {
  await using api = await startFaultApi();
  await using rig = startRig();
  api.toxics.add("brownout");
  await rig.warden.lease("down", toxicLeaseAt(api.url, "brownout"), 50);
  await eventually("undone", () => api.toxics.size === 0);
  await eventually("reported", () => rig.troubles.length > 0);
  expect(rig.troubles).toEqual([{ event: "expired", id: "down", description: 'toxic "brownout"' }]);
});

test.concurrent("Warden.lease: steps run in order; a failed one keeps no other from running", async () => {
  await using api = await startFaultApi();
  await using rig = startRig();
  const steps = [...toxicLeaseAt(api.url, "first").steps, ...brokenLeaseAt(api.url).steps, ...toxicLeaseAt(api.url, "last").steps];
  await rig.warden.lease("several", { description: "several", steps }, 50);
  await eventually("reported", () => rig.troubles.length === 2);
  expect(api.requests).toEqual(["DELETE /toxics/first", "DELETE /broken", "DELETE /toxics/last"]);
  expect(rig.troubles[1]).toMatchObject({ event: "undo_failed", id: "several", reason: expect.stringContaining("answered 500") as unknown });
});

test.concurrent("Warden.lease: a child that was paused runs on, and one that was killed runs again, when their leases expire", async () => {
  await using rig = startRig();
  const lines: string[] = [];
  const paused = await rig.warden.spawn({ ...rig.script("paused", `${ready} process.stdin.resume(); setInterval(() => console.log('tick'), 20)`), onLine: (line) => lines.push(line) });
  await paused.ready(60_000);
  const pause: Lease = { description: "pause", steps: [{ kind: "signal", child: "paused", signal: "SIGCONT" }] };
  await rig.warden.lease("pause", pause, 60_000);
  await paused.signal("SIGSTOP");
  lines.length = 0;
  await rig.warden.lease("pause", pause, 0);
  const killed = await rig.warden.spawn(rig.script("killed", `${ready} ${stayAlive}`));
  const respawn: Lease = { description: "kill", steps: [{ kind: "respawn", child: "killed" }] };
  await rig.warden.lease("kill", respawn, 60_000);
  await killed.kill();
  await rig.warden.lease("kill", respawn, 0);
  await eventually("it runs on", () => lines.length > 0);
  await eventually("it runs again", () => rig.warden.child("killed") !== killed);
  expect(await rig.warden.child("killed")!.ready(60_000)).toMatchObject({ ready: true });
  await rig.warden.lease("again", respawn, 0);
  await eventually("the third lease has expired", () => rig.troubles.length === 3);
  expect(rig.troubles.map(({ event }) => event)).toEqual(["expired", "expired", "expired"]);
  expect(rig.exits).toHaveLength(1);
});

test.concurrent("Warden.release: a released fault is not undone at the end, a held one is", async () => {
  await using api = await startFaultApi();
  await using rig = startRig();
  for (const toxic of ["first", "second"]) {
    await rig.warden.lease(toxic, toxicLeaseAt(api.url, toxic), 60_000);
    api.toxics.add(toxic);
  }
  rig.warden.release("first");
  expect(await rig.warden.shutdown()).toEqual([]);
  expect([...api.toxics]).toEqual(["first"]);
});

test.concurrent("Warden.undoAll: resolves to what could not be undone, which shutdown tries again", async () => {
  await using api = await startFaultApi();
  await using rig = startRig();
  await rig.warden.lease("fine", toxicLeaseAt(api.url, "brownout"), 60_000);
  await rig.warden.lease("held", brokenLeaseAt(api.url), 60_000);
  const left = [{ id: "held", description: "a fault that stays", reason: `DELETE ${api.url}/broken answered 500` }];
  expect(await rig.warden.undoAll()).toEqual(left);
  api.requests.length = 0;
  expect(await rig.warden.shutdown()).toEqual(left);
  expect(new Set(api.requests)).toEqual(new Set(["DELETE /broken"]));
});

test.concurrent("Warden.undoAll: an API that refuses connections has lost its faults, unless the step says otherwise", async () => {
  const api = await startFaultApi();
  await api[Symbol.asyncDispose]();
  await using rig = startRig();
  const lease = toxicLeaseAt(api.url, "brownout");
  await rig.warden.lease("in memory", lease, 60_000);
  await rig.warden.lease("on disk", { ...lease, steps: lease.steps.map((step) => ({ ...step, goneIfRefused: false })) }, 60_000);
  expect(await rig.warden.undoAll()).toMatchObject([{ id: "on disk", reason: expect.stringContaining("ECONNREFUSED") as unknown }]);
});

/**
 * A process that leads a session of its own, as one in a container does, and a client that stands for it: it prints
 * what that one prints and ends when that one has ended.
 */
const clientOfAnother = `
  const inner = require("node:child_process").spawn(process.execPath, process.argv.slice(2), { detached: true, stdio: ["ignore", "inherit", "inherit"] });
  require("node:fs").writeFileSync(process.argv[1], String(inner.pid));
  inner.once("exit", () => process.exit(137));`;

test.skipIf(!existsSync("/proc/self/stat"))("Warden.spawn: a child whose process only stands for another is stopped, resumed and killed by its commands, and started again with options in their place", async () => {
  const token = newToken();
  await using rig = startRig();
  const pidFile = join(rig.directory, "pid");
  const signalled = (name: string) => ["sh", "-c", `kill -${name} $(cat ${pidFile})`] as const;
  const signals = { SIGSTOP: signalled("STOP"), SIGCONT: signalled("CONT"), SIGTERM: signalled("TERM"), SIGKILL: signalled("KILL") };
  const inner = `${ready} console.log(process.execArgv.join(" ")); ${stayAlive}`;
  const child = await rig.warden.spawn({ ...rig.script("it", clientOfAnother, pidFile, "-e", inner, token), proxy: { signals, argsBeforeAt: 3 } });
  await child.ready(60_000);
  const state = () => readFileSync(`/proc/${readFileSync(pidFile, "utf8")}/stat`, "utf8").replace(/^.*\) (\S).*$/s, "$1");

  await child.signal("SIGSTOP");
  await eventually("it is stopped", () => state() === "T");
  await child.signal("SIGCONT");
  await eventually("it runs on", () => state() !== "T");
  expect(await child.kill()).toEqual({ code: 137, signal: null, ordered: true });
  expect(processesNaming(token)).toEqual([]);

  const again = await rig.warden.respawn("it", ["--max-old-space-size=64"]);
  await again.ready(60_000);
  await eventually("it runs with the option", () => readFileSync(rig.log, "utf8").includes("--max-old-space-size=64"));
  await again.signal("SIGSTOP");
  expect(await rig.warden.shutdown()).toEqual([]);
  expect(processesNaming(token)).toEqual([]);
  expect(rig.troubles).toEqual([]);
});

test.concurrent("Child.signal: a command that fails is an error with what it printed", async () => {
  await using rig = startRig();
  const failing = ["sh", "-c", "echo no such container >&2; exit 1"] as const;
  const killed = ["sh", "-c", `kill -KILL $(cat ${join(rig.directory, "pid")})`] as const;
  const child = await rig.warden.spawn({ ...rig.script("it", clientOfAnother, join(rig.directory, "pid"), "-e", ready + stayAlive), proxy: { signals: { SIGSTOP: failing, SIGCONT: failing, SIGTERM: killed, SIGKILL: killed }, argsBeforeAt: 3 } });
  await child.ready(60_000);
  await expect(child.signal("SIGSTOP")).rejects.toMatchObject({ code: "signal_failed", message: "Cannot send SIGSTOP to it: no such container" });
});
