import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { freePort } from "../../lab/live/free-port.ts";
import { findRedis } from "../../lab/tools/on-path.ts";

export { findRedis };

/** A Redis of a test's own: without persistence, on a free port of 127.0.0.1. */
export interface RedisProcess extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** As a machine that loses power. */
  kill(): Promise<void>;
}

/** For the names of tests: why they are skipped where they are. */
export const redisNote = findRedis() === null ? " (skipped: no redis-server on the PATH or by BLASTLAB_REDIS_BIN)" : "";

export async function startRedis(options: { password?: string; port?: number } = {}): Promise<RedisProcess> {
  const binary = findRedis();
  if (binary === null) throw new Error("No redis-server on the PATH or by BLASTLAB_REDIS_BIN");
  const port = options.port ?? (await freePort());
  const password = options.password === undefined ? [] : ["--requirepass", options.password];
  const settings = ["--bind", "127.0.0.1", "--port", String(port), "--save", "", "--appendonly", "no", "--dir", tmpdir(), "--daemonize", "no", ...password];
  const child = spawn(binary, settings, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) if (line.includes("Ready to accept connections")) break;
  child.stdout.resume();
  if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  return { port, url: `redis://127.0.0.1:${port}`, kill, [Symbol.asyncDispose]: kill };
}
