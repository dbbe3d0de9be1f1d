import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import path from "node:path";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { freePort } from "../../lab/live/free-port.ts";
import { findTool } from "../../lab/tools/find.ts";

/** A Toxiproxy that the lab did not start: the real toxiproxy-server where it is found, else the embedded one. */
export interface ForeignToxiproxy extends AsyncDisposable {
  readonly kind: "toxiproxy-server" | "embedded";
  readonly url: string;
  /** Names of its proxies. */
  proxies(): Promise<readonly string[]>;
  call(method: string, path: string, body?: object): Promise<Response>;
}

export async function startForeignToxiproxy(): Promise<ForeignToxiproxy> {
  const found = await findTool("toxiproxy");
  const { child, url } = "bin" in found ? await startReal(found.bin) : await startEmbedded();
  const call = (method: string, route: string, body?: object) =>
    fetch(url + route, { method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }) });
  return {
    kind: "bin" in found ? "toxiproxy-server" : "embedded",
    url,
    call,
    proxies: async () => Object.keys((await (await call("GET", "/proxies")).json()) as object),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "close");
    },
  };
}

async function startReal(bin: string): Promise<{ child: ChildProcess; url: string }> {
  const port = await freePort();
  const child = spawn(bin, ["-host", "127.0.0.1", "-port", String(port)], { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 1_800; tries++) {
    const answered = await fetch(`${url}/version`).then(() => true, () => false);
    if (answered) return { child, url };
    await sleep(50);
  }
  throw new Error(`${bin} did not answer at ${url}`);
}

async function startEmbedded(): Promise<{ child: ChildProcess; url: string }> {
  const config = path.join(await mkdtemp(path.join(tmpdir(), "blastlab-foreign-")), "network.json");
  await writeFile(config, JSON.stringify({ seed: 1, listen: { host: "127.0.0.1", port: 0 } }));
  const main = path.resolve(import.meta.dirname, "../../simulators/network/main.ts");
  const child = spawn(process.execPath, [main, "--config", config], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = (await once(child.stdout!, "data")) as [Buffer];
  return { child, url: (JSON.parse(line.toString()) as { url: string }).url };
}
