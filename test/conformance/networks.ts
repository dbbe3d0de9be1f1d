import { spawn } from "node:child_process";
import { freePort } from "../../lab/live/free-port.ts";
import { findTool } from "../../lab/tools/find.ts";
import { startNetwork } from "../../simulators/network/server.ts";

/** A server of the Toxiproxy API under test. */
export interface Network {
  readonly kind: "embedded" | "toxiproxy-server";
  readonly url: string;
  close(): Promise<void>;
}

/** One that the suites run against; `start` is null where it cannot be had, and `name` then says what to do. */
export interface NetworkChoice {
  readonly kind: Network["kind"];
  readonly name: string;
  readonly start: (() => Promise<Network>) | null;
}

const tool = await findTool("toxiproxy");
const bin = "bin" in tool ? tool.bin : null;

export const networks: readonly NetworkChoice[] = [
  { kind: "embedded", name: "embedded", start: startEmbedded },
  {
    kind: "toxiproxy-server",
    name: bin === null ? "toxiproxy-server (SKIPPED: not installed; blastlab tools install toxiproxy)" : "toxiproxy-server",
    start: bin === null ? null : () => startReal(bin),
  },
];

export async function startEmbedded(): Promise<Network> {
  const server = await startNetwork({ listen: { host: "127.0.0.1", port: 0 }, seed: 1 });
  return { kind: "embedded", url: server.url, close: () => server.close() };
}

async function startReal(file: string): Promise<Network> {
  const port = await freePort();
  const child = spawn(file, ["-host", "127.0.0.1", "-port", String(port)], { stdio: "ignore", env: { ...process.env, LOG_LEVEL: "error" } });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const close = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  for (let attempt = 0; attempt < 1_800; attempt++) {
    if (await answers(url)) return { kind: "toxiproxy-server", url, close };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await close();
  throw new Error(`${file} does not answer at ${url}`);
}

/** A port of 127.0.0.1 that was free a moment ago. */

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/version`)).ok;
  } catch {
    return false;
  }
}
