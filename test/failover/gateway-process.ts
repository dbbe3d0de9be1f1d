import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { bareEnvironment } from "../support/environment.ts";

const root = path.resolve(import.meta.dirname, "../..");

export interface GatewayChild extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
}

/** The gateway as a process of its own, with this config. Rejects when it does not get ready. */
export async function startGatewayChild(config: object): Promise<GatewayChild> {
  const folder = await mkdtemp(path.join(tmpdir(), "blastlab-failover-"));
  const file = path.join(folder, "gateway.json");
  await writeFile(file, JSON.stringify(config));
  const child = spawn(process.execPath, [path.join(root, "gateway/main.ts"), "--config", file], {
    stdio: ["pipe", "pipe", "pipe"],
    env: bareEnvironment({ WALL_KEY: "sk-wall" }),
  });
  const exited = once(child, "exit");
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-2_000)));
  const line = await Promise.race([once(createInterface(child.stdout), "line").then(([first]) => String(first)), exited.then(() => "{}")]);
  const ready = JSON.parse(line) as { ready?: boolean; url?: string; message?: string };
  if (ready.ready !== true || ready.url === undefined) throw new Error(`Cannot start the gateway: ${ready.message ?? log}`);
  return {
    url: ready.url,
    pid: child.pid!,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await exited;
      await rm(folder, { recursive: true });
    },
  };
}
