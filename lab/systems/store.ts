import { connect as connectTcp } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "../../kernel/errors.ts";
import { isFree } from "../live/free-port.ts";
import { onPortOf } from "../live/run-ports.ts";
import { startLimitMs } from "../live/start-limit.ts";
import { findRedis } from "../tools/on-path.ts";
import type { Child } from "../warden/client.ts";
import type { LiveRole } from "./live-role.ts";

const pollMs = 50;

/** A Redis without persistence: what it holds is lost when it dies. */
export const store: LiveRole = {
  check: (stack) => void redisBinary(stack),
  start({ warden, directory, stack, ports }, { id }) {
    const command = redisBinary(stack);
    return onPortOf(ports, id, async (port) => {
      const args = ["--bind", "127.0.0.1", "--port", String(port), "--save", "", "--appendonly", "no", "--daemonize", "no"];
      const ready = (child: Child) => answersPing(child, port);
      await ready(await warden.spawn({ id, command, args, cwd: directory.path, log: directory.log(id) }));
      return { id, url: `http://127.0.0.1:${port}`, ready };
    });
  },
  lacks: { admin: "a store takes no faults over HTTP", memory: "the lab limits the heap of gateways only" },
};

/** redis-server prints nothing that a program should read when it serves. */
async function answersPing(child: Child, port: number): Promise<void> {
  const giveUpAt = performance.now() + startLimitMs;
  while (child.isRunning && performance.now() < giveUpAt) {
    if (await pings(port)) return;
    await sleep(pollMs);
  }
  if (!child.isRunning && !(await isFree(port))) {
    throw new LabError({ exit: "failed", code: "port_in_use", message: `Cannot start ${child.id}: port ${port} is in use`, hint: "Stop what listens there, or give --ports another number" });
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

function redisBinary({ containers }: { readonly containers: boolean }): string {
  // Its image has one.
  if (containers) return "redis-server";
  const found = findRedis();
  if (found !== null) return found;
  throw new LabError({
    exit: "refused",
    code: "tool_missing",
    message: "The stack has a store of its own, and there is no redis-server on this machine",
    hint: "Install Redis, or name its binary by BLASTLAB_REDIS_BIN; a stack with `store: memory` needs none",
  });
}
