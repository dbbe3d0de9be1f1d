import { writeFile } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { LabError } from "../../kernel/errors.ts";
import type { Plan } from "../../kernel/plan.ts";
import { componentsOf, type Component } from "../../kernel/topology.ts";
import type { LiveComponent } from "../conductor/live/live-component.ts";
import type { RunDirectory } from "../live/directory.ts";
import { freePort, onFreePort, startOf } from "../live/free-port.ts";
import { findRedis } from "../tools/redis.ts";
import type { Child, Warden } from "../warden/client.ts";
import { startLimitMs } from "../live/start-limit.ts";

const collectorMain = fileURLToPath(new URL("./collector/main.ts", import.meta.url));
const pollMs = 50;

export interface DependencyContext {
  readonly warden: Warden;
  readonly directory: RunDirectory;
  readonly plan: Plan;
}

/** What the gateways of a stack depend on, started by the lab, by component ids. */
export interface RunningDependencies {
  readonly urls: ReadonlyMap<string, string>;
  readonly components: ReadonlyMap<string, LiveComponent>;
}

/** Refuses a plan with a store on a machine without Redis. Throws LabError `refused` `tool_missing`. */
export function checkDependencies(plan: Plan): void {
  if (componentsOf(plan, "store").length > 0) redisBinary();
}

/** Starts the stores and the collectors of the plan. Rejects with LabError: `failed`, or `tool_missing` as `checkDependencies` does. */
export async function startDependencies(context: DependencyContext): Promise<RunningDependencies> {
  const started = await Promise.all([
    ...componentsOf(context.plan, "store").map((component) => startStore(context, component)),
    ...componentsOf(context.plan, "collector").map((component) => startCollector(context, component)),
  ]);
  return { urls: new Map(started.map(({ id, url }) => [id, url])), components: new Map(started.map(({ id, ready }) => [id, { child: id, adminUrl: null, ready }])) };
}

interface Started {
  readonly id: string;
  readonly url: string;
  readonly ready: (child: Child) => Promise<void>;
}

/** A Redis without persistence: what it holds is lost when it dies. */
async function startStore({ warden, directory }: DependencyContext, { id }: Component): Promise<Started> {
  const command = redisBinary();
  const port = await freePort();
  const args = ["--bind", "127.0.0.1", "--port", String(port), "--save", "", "--appendonly", "no", "--daemonize", "no"];
  const ready = (child: Child) => answersPing(child, port);
  await ready(await warden.spawn({ id, command, args, cwd: directory.path, log: directory.log(id) }));
  return { id, url: `http://127.0.0.1:${port}`, ready };
}

/** redis-server prints nothing that a program should read when it serves. */
async function answersPing(child: Child, port: number): Promise<void> {
  const giveUpAt = performance.now() + startLimitMs;
  while (child.isRunning && performance.now() < giveUpAt) {
    if (await pings(port)) return;
    await sleep(pollMs);
  }
  throw new LabError({ exit: "failed", code: "child_not_ready", message: `Cannot start ${child.id}: redis-server does not answer at port ${port}`, hint: `Read ${child.log}` });
}

function pings(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host: "127.0.0.1", port });
    const settle = (isUp: boolean) => {
      socket.destroy();
      resolve(isUp);
    };
    socket.once("connect", () => socket.write("PING\r\n"));
    socket.once("data", (data) => settle(data.toString().startsWith("+PONG")));
    socket.once("error", () => settle(false));
    socket.setTimeout(pollMs * 10, () => settle(false));
  });
}

function startCollector({ warden, directory }: DependencyContext, { id }: Component): Promise<Started> {
  return onFreePort(async (port) => {
    await writeFile(directory.config(id), `${JSON.stringify({ listen: { host: "127.0.0.1", port } })}\n`);
    const child = await warden.spawn({ id, command: process.execPath, args: [collectorMain, "--config", directory.config(id)], log: directory.log(id) });
    return { id, url: await startOf(child, startLimitMs), ready: async (next) => void (await next.ready(startLimitMs)) };
  });
}

function redisBinary(): string {
  const found = findRedis();
  if (found !== null) return found;
  throw new LabError({
    exit: "refused",
    code: "tool_missing",
    message: "The stack has a store of its own, and there is no redis-server on this machine",
    hint: "Install Redis, or name its binary by BLASTLAB_REDIS_BIN; a stack with `store: memory` needs none",
  });
}
