import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findTool } from "../../../lab/tools/find.ts";
import { startServer } from "../simulators/children.ts";
import { freePort } from "../../../lab/live/free-port.ts";

export type ContestantName = "bare pipe" | "embedded" | "toxiproxy";

/** One way from a port to the upstream. */
export interface Contestant extends AsyncDisposable {
  readonly name: ContestantName;
  /** Where clients dial. */
  readonly port: number;
  readonly pid: number;
}

export const here = (script: string) => new URL(script, import.meta.url).href;

export async function startBarePipe(upstreamPort: number): Promise<Contestant> {
  const server = await startServer("bare pipe", here("bare-pipe.ts"), [String(upstreamPort)]);
  return { name: "bare pipe", port: server.port, pid: server.child.pid!, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

export async function startEmbedded(upstreamPort: number, folder: string): Promise<Contestant> {
  const config = path.join(folder, "network.json");
  writeFileSync(config, JSON.stringify({ seed: 1 }));
  const server = await startServer("embedded", here("../../../simulators/network/main.ts"), ["--config", config]);
  const port = await createProxy(`http://127.0.0.1:${server.port}`, upstreamPort);
  return { name: "embedded", port, pid: server.child.pid!, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Null where toxiproxy-server is not found. */
export async function startToxiproxy(upstreamPort: number): Promise<Contestant | null> {
  const found = await findTool("toxiproxy");
  if (!("bin" in found)) return null;
  const apiPort = await freePort();
  const child = spawn(found.bin, ["-host", "127.0.0.1", "-port", String(apiPort)], { stdio: "ignore", env: { ...process.env, LOG_LEVEL: "error" } });
  const stop = async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "close");
  };
  const url = `http://127.0.0.1:${apiPort}`;
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await fetch(`${url}/version`).then(() => true, () => false)) {
      return { name: "toxiproxy", port: await createProxy(url, upstreamPort), pid: child.pid!, [Symbol.asyncDispose]: stop };
    }
    await sleep(50);
  }
  await stop();
  throw new Error(`${found.bin} did not answer at ${url}`);
}

async function createProxy(url: string, upstreamPort: number): Promise<number> {
  const body = JSON.stringify({ name: "bench", listen: "127.0.0.1:0", upstream: `127.0.0.1:${upstreamPort}` });
  const response = await fetch(`${url}/proxies`, { method: "POST", headers: { "content-type": "application/json" }, body });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  const { listen } = (await response.json()) as { listen: string };
  return Number(listen.split(":").at(-1));
}
