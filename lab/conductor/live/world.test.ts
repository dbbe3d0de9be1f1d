import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { liveClock } from "../../../kernel/clock-live.ts";
import { plan } from "../../board/fixtures/run.ts";
import { freePort } from "../../live/free-port.ts";
import { startWarden, type Trouble } from "../../warden/client.ts";
import { eventually } from "../../warden/fixtures/processes.ts";
import { NetworkFaults } from "./network-faults.ts";
import { LiveWorld } from "./world.ts";

const main = fileURLToPath(new URL("./fixtures/component.ts", import.meta.url));

interface State {
  readonly pid: number;
  readonly options: readonly string[];
  readonly settings: readonly string[];
}

/** A gateway and a world that moves it. */
async function startRig() {
  const directory = mkdtempSync(path.join(tmpdir(), "blastlab-world-"));
  const troubles: Trouble[] = [];
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const started: string[] = [];
  const warden = startWarden({ log: path.join(directory, "warden.log"), onTrouble: (trouble) => troubles.push(trouble), onExit: (exit) => void world.handleExit(exit) });
  const child = await warden.spawn({ id: "gateway", command: process.execPath, args: [main, String(port)], log: path.join(directory, "gateway.log") });
  await child.ready(60_000);
  const components = new Map([["gateway", { child: "gateway", adminUrl: url, ready: async (start: typeof child) => void (await start.ready(60_000)) }]]);
  const links = new Map([["gateway~provider", "http://127.0.0.1:9"]]);
  const topology = { components: [], links: [{ id: "gateway~provider", from: "gateway", to: "provider" }] };
  const world = new LiveWorld({ plan: { ...plan, ...topology }, clock: liveClock(), warden, network: new NetworkFaults({ apiUrl: "http://127.0.0.1:9" }), links, components, bypass: null });
  world.onStart(async (component) => void started.push(component));
  return {
    world,
    warden,
    troubles,
    started,
    url,
    state: async (limitMs = 60_000) => (await (await fetch(url, { signal: AbortSignal.timeout(limitMs) })).json()) as State,
    [Symbol.asyncDispose]: async () => {
      await warden.shutdown();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

test("LiveWorld.kill, start: nobody listens while it is dead; then another process serves at the same address", async () => {
  await using rig = await startRig();
  const { pid } = await rig.state();
  await rig.world.kill("gateway");
  await expect(rig.state()).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
  await rig.world.start("gateway");
  expect((await rig.state()).pid).not.toBe(pid);
  expect(rig.started).toEqual(["gateway"]);
});

test("LiveWorld.pause, resume: it is silent, and goes on as the same process", async () => {
  await using rig = await startRig();
  const { pid } = await rig.state();
  await rig.world.pause("gateway");
  await expect(rig.state(500)).rejects.toMatchObject({ name: "TimeoutError" });
  await rig.world.resume("gateway");
  expect((await rig.state()).pid).toBe(pid);
});

test("LiveWorld: what it has changed is undone by the warden at the end; what it has undone itself is not", async () => {
  await using rig = await startRig();
  await rig.world.applyDefect("gateway", "first", { kind: "mix_up", share: 0.5 });
  await rig.world.removeDefect("gateway", "first");
  await rig.world.skewClock("gateway", 5_000);
  expect((await rig.state()).settings).toEqual(['PUT /admin/defects/first {"kind":"mix_up","share":0.5}', "DELETE /admin/defects/first", 'PUT /admin/clock {"offsetMs":5000}']);
  expect(await rig.warden.undoAll()).toEqual([]);
  // The warden undoes twice: a request of a dying conductor may be on its way.
  expect((await rig.state()).settings.slice(3)).toEqual(["DELETE /admin/clock", "DELETE /admin/clock"]);
});

test("LiveWorld.link: a look-up is made to fail in the process that dials", async () => {
  await using rig = await startRig();
  await rig.world.link("gateway~provider").setResolver("nxdomain");
  await rig.world.link("gateway~provider").setResolver(null);
  expect((await rig.state()).settings).toEqual(['PUT /admin/look-ups/127.0.0.1%3A9 {"answer":"nxdomain"}', "DELETE /admin/look-ups/127.0.0.1%3A9"]);
});

test("LiveWorld: a setting of a dead process needs no change, and its start is announced for what is in force", async () => {
  await using rig = await startRig();
  await rig.world.applyDefect("gateway", "sick", { kind: "fail", share: 1 });
  await rig.world.kill("gateway");
  await rig.world.removeDefect("gateway", "sick");
  await rig.world.flushCache("gateway");
  await rig.world.start("gateway");
  expect((await rig.state()).settings).toEqual([]);
});

test("LiveWorld.start: a process that dies of its memory limit is started again with it, until it is started without", async () => {
  await using rig = await startRig();
  await rig.world.kill("gateway");
  await rig.world.start("gateway", { memoryMb: 32 });
  const { pid, options } = await rig.state();
  expect(options).toEqual(["--max-old-space-size=32"]);
  const first = rig.warden.child("gateway")!;
  await expect(fetch(`${rig.url}/exhaust`)).rejects.toThrow();
  expect((await first.exited).ordered).toBe(false);
  await eventually("it was started again", () => rig.started.length === 2);
  const again = await rig.state();
  expect(again).toMatchObject({ options });
  expect(again.pid).not.toBe(pid);
  await rig.world.kill("gateway");
  await rig.world.start("gateway");
  expect(await rig.state()).toMatchObject({ options: [] });
  expect(rig.troubles).toEqual([]);
});

test("LiveWorld.applyDefect: a process that dies of a planted leak is started again, until the leak is lifted", async () => {
  await using rig = await startRig();
  await rig.world.applyDefect("gateway", "leak", { kind: "exhaust", share: 1, requests: 5 });
  const { pid } = await rig.state();
  process.kill(pid, "SIGKILL");
  await eventually("it was started again", () => rig.started.length === 1);
  const again = await rig.state();
  expect(again.pid).not.toBe(pid);
  await rig.world.removeDefect("gateway", "leak");
  const second = rig.warden.child("gateway")!;
  process.kill(again.pid, "SIGKILL");
  await second.exited;
  expect(rig.started.length).toBe(1);
});

test("LiveWorld: a gateway that refuses a fault, and a component that the lab did not start, are errors", async () => {
  await using rig = await startRig();
  await rig.world.pause("gateway");
  await expect(rig.world.applyDefect("gateway", "x", { kind: "fail", share: 1 })).rejects.toMatchObject({ exit: "failed", code: "fault_refused" });
  await rig.world.resume("gateway");
  await expect(rig.world.kill("store")).rejects.toMatchObject({ exit: "failed", code: "live_unsupported" });
});
