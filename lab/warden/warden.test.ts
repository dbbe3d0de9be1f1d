import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seededRng } from "../../kernel/rng.ts";
import { startWarden, type SpawnOptions } from "./client.ts";
import { startFaultApi } from "./fixtures/fault-api.ts";
import { eventually, processesNaming } from "./fixtures/processes.ts";

const conductor = fileURLToPath(new URL("./fixtures/conductor.ts", import.meta.url));
const ready = "console.log(JSON.stringify({ready:true,url:'http://127.0.0.1:1'}));";
const stayAlive = "process.stdin.resume(); setInterval(() => {}, 1000);";
let directory = "";
let log = "";
let tokens = 0;
const newToken = () => `blastlab-test-${process.pid}-${tokens++}`;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "blastlab-warden-"));
  log = join(directory, "child.log");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const script = (source: string, ...args: string[]) => ({ command: process.execPath, args: ["-e", source, ...args], log });

test("warden: SIGKILL of its conductor at random moments leaves no child and no fault after 5 s", { timeout: 60_000 }, async () => {
  const rng = seededRng(20_251_122, "kill");
  const delaysMs = Array.from({ length: 6 }, () => Math.floor(rng.next() * 900));
  for (const delayMs of delaysMs) {
    await using api = await startFaultApi();
    const token = newToken();
    const victim = spawn(process.execPath, [conductor, token, api.url], { stdio: ["ignore", "pipe", "inherit"] });
    await eventually("the warden runs", () => processesNaming(token).length >= 2, 10_000);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    victim.kill("SIGKILL");
    await eventually(`all gone after ${delayMs} ms`, () => processesNaming(token).length === 0 && api.toxics.size === 0, 5_000);
    rmSync(join(tmpdir(), `${token}.log`), { force: true });
  }
});

test("warden: a conductor that stops beating (SIGSTOP) counts as dead", async () => {
  await using api = await startFaultApi();
  const token = newToken();
  const victim = spawn(process.execPath, [conductor, token, api.url], { stdio: ["ignore", "ignore", "inherit"] });
  try {
    await eventually("a fault is injected", () => api.toxics.size > 0, 10_000);
    victim.kill("SIGSTOP");
    await eventually("only the conductor is left", () => processesNaming(token).length === 1 && api.toxics.size === 0, 5_000);
  } finally {
    victim.kill("SIGKILL");
    rmSync(join(tmpdir(), `${token}.log`), { force: true });
  }
});

test("warden: SIGKILL of the warden itself leaves children and faults to the conductor, which undoes both", async () => {
  await using api = await startFaultApi();
  const token = newToken();
  const warden = startWarden();
  await warden.spawn({ id: "stubborn", ...script(stayAlive, token) });
  await warden.lease("fault", { kind: "toxic", apiUrl: api.url, proxy: "link", toxic: "brownout" }, 60_000);
  api.toxics.add("brownout");
  process.kill(warden.pid, "SIGKILL");
  await eventually("undone", () => processesNaming(token).length === 0 && api.toxics.size === 0, 5_000);
  await expect(warden.spawn({ id: "late", ...script("") })).rejects.toMatchObject({ code: "warden_gone" });
});

test("Child.ready: the url of the ready line", async () => {
  await using warden = startWarden();
  const child = await warden.spawn({ id: "server", ...script(ready + stayAlive) });
  expect(await child.ready(10_000)).toEqual({ ready: true, url: "http://127.0.0.1:1" });
});

test("Child.ready: a start that failed gives the child's own code, message and hint", async () => {
  await using warden = startWarden();
  const line = { ready: false, code: "port_in_use", message: "port 8474 is in use", hint: "free it" };
  const child = await warden.spawn({ id: "server", ...script(`console.log('${JSON.stringify(line)}'); process.exit(3)`) });
  await expect(child.ready(10_000)).rejects.toMatchObject({
    exit: "failed",
    code: "port_in_use",
    message: "Cannot start server: port 8474 is in use",
    hint: "free it",
  });
});

test("Child.ready: a child that dies first is an error with the last lines of its log", async () => {
  await using warden = startWarden();
  const child = await warden.spawn({ id: "server", ...script("console.error('no such key'); process.exit(7)") });
  await expect(child.ready(10_000)).rejects.toMatchObject({
    code: "child_died",
    message: "Cannot start server: it ended with exit code 7 before it was ready; its log ends: no such key",
  });
});

test("Child.ready: a child that says nothing is given up after the time limit", async () => {
  await using warden = startWarden();
  const child = await warden.spawn({ id: "server", ...script(stayAlive) });
  await expect(child.ready(50)).rejects.toMatchObject({ exit: "failed", code: "child_not_ready" });
});

test("Child.stop: SIGTERM lets it end by itself", async () => {
  await using warden = startWarden();
  const child = await warden.spawn({ id: "polite", ...script(`process.on('SIGTERM', () => process.exit(0)); ${ready} ${stayAlive}`) });
  await child.ready(10_000);
  expect(await child.stop(10_000)).toMatchObject({ code: 0, signal: null });
});

test("Child.stop: one that ignores SIGTERM is killed after the grace", async () => {
  await using warden = startWarden();
  const child = await warden.spawn({ id: "stubborn", ...script(`process.on('SIGTERM', () => {}); ${ready} ${stayAlive}`) });
  await child.ready(10_000);
  expect(await child.stop(200)).toMatchObject({ code: null, signal: "SIGKILL" });
});

test("Child.exited: what a child has started dies with it", async () => {
  const token = newToken();
  await using warden = startWarden();
  const grandchild = `require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '${token}'], { stdio: 'ignore' })`;
  const child = await warden.spawn({ id: "parent", ...script(`${grandchild}.once('spawn', () => process.exit(0))`) });
  await child.exited;
  await eventually("the grandchild is gone", () => processesNaming(token).length === 0, 5_000);
});

test("Warden.spawn: what cannot be started is an error with its reason, and harms no other child", async () => {
  await using warden = startWarden();
  const healthy = await warden.spawn({ id: "healthy", ...script(stayAlive) });
  const failures: [Partial<SpawnOptions>, string][] = [
    [{ command: join(directory, "nowhere"), args: [] }, "ENOENT"],
    [{ command: directory, args: [] }, "EACCES"],
    [{ args: ["x".repeat(300_000)] }, "E2BIG"],
    [{ cwd: join(directory, "nowhere") }, "ENOENT"],
    [{ log: join(directory, "nowhere", "child.log") }, "ENOENT"],
    [{ id: "healthy" }, 'a child named "healthy" runs already'],
  ];
  for (const [changes, reason] of failures) {
    const spawning = warden.spawn({ id: "failing", ...script(stayAlive), ...changes });
    await expect(spawning).rejects.toMatchObject({ exit: "failed", code: "spawn_failed", message: expect.stringContaining(reason) as unknown });
  }
  expect(await healthy.stop(5_000)).toMatchObject({ signal: "SIGTERM" });
});

test("Warden.spawn: lines reach the listener and the log, stderr the log alone", async () => {
  await using warden = startWarden();
  const heard: string[] = [];
  const child = await warden.spawn({ id: "talker", ...script("console.log('one\\ntwo'); console.error('three')"), onLine: (line) => heard.push(line) });
  await child.exited;
  expect(heard).toEqual(["one", "two"]);
  expect(readFileSync(log, "utf8").trim().split("\n").sort()).toEqual(["one", "three", "two"]);
});

test("Warden.lease: its dead-man limit lifts the fault of a living conductor", async () => {
  await using api = await startFaultApi();
  const troubles: unknown[] = [];
  await using warden = startWarden({ onTrouble: (event) => troubles.push(event) });
  api.enabled = false;
  await warden.lease("down", { kind: "link_down", apiUrl: api.url, proxy: "link" }, 50);
  await eventually("the link is up again", () => api.enabled, 5_000);
  await eventually("the conductor is told", () => troubles.length > 0, 5_000);
  expect(troubles).toEqual([{ event: "expired", id: "down" }]);
});

test("Warden.release: a released fault is not lifted at the end, a held one is", async () => {
  await using api = await startFaultApi();
  const warden = startWarden();
  for (const toxic of ["first", "second"]) {
    await warden.lease(toxic, { kind: "toxic", apiUrl: api.url, proxy: "link", toxic }, 60_000);
    api.toxics.add(toxic);
  }
  warden.release("first");
  await warden.shutdown();
  expect([...api.toxics]).toEqual(["first"]);
});

test("Warden.shutdown: a fault that cannot be lifted is told of", async () => {
  await using api = await startFaultApi();
  const troubles: unknown[] = [];
  const warden = startWarden({ onTrouble: (event) => troubles.push(event) });
  await warden.lease("held", { kind: "proxy", apiUrl: api.url, proxy: "broken" }, 60_000);
  await warden.shutdown();
  expect(troubles[0]).toMatchObject({ event: "error", id: "held", code: "lift_failed" });
});
