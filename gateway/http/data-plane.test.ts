import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { json } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { hashOf, type ConfigPackage } from "../config/package.ts";

const main = path.join(import.meta.dirname, "..", "main.ts");
const config = { keys: [{ key: "vk", team: "a", feature: "f" }], deployments: [{ name: "d", dialect: "openai", model: "m", baseUrl: "http://127.0.0.1:9/v1", credential: "env:K" }], routes: [{ name: "chat", deployments: ["d"] }] };

function packageOf(version: number, changes: object = {}): ConfigPackage {
  const content = { parent: null, config: { ...config, heartbeatMs: 10_000 + version, ...changes } };
  return { version, hash: hashOf(content, createHash), madeAt: 0, ...content };
}

/** A control plane that offers one package and keeps what it is told. */
async function control() {
  const acks: { hash: string; accepted: boolean; reason?: string }[] = [];
  const state: { current: ConfigPackage | null; onAck: () => void } = { current: null, onAck: () => {} };
  const server = createServer((request, response) => {
    if (request.headers.authorization !== "Bearer plane-key") return void response.writeHead(401).end();
    if (request.method === "GET") return void response.end(JSON.stringify({ revision: state.current?.hash ?? "none", current: state.current, candidate: null }));
    void json(request).then((body) => {
      if (request.url === "/v1/acks") acks.push(body as (typeof acks)[number]);
      response.writeHead(204).end();
      if (request.url === "/v1/acks") state.onAck();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  return { state, acks, close, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function plane(url: string) {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-plane-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "gateway.json");
  const kept = path.join(folder, "packages");
  writeFileSync(file, JSON.stringify({ ...config, admin: { open: true }, drainMs: 0, control: { url, key: "env:PLANE_KEY", plane: "p1", folder: kept } }));
  const start = async () => {
    const child = spawn(process.execPath, [main, "--config", file], { env: { ...process.env, K: "k", PLANE_KEY: "plane-key" }, stdio: ["pipe", "pipe", "ignore"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    for await (const line of createInterface(child.stdout)) {
      const ready = JSON.parse(line) as { ready: boolean; url: string; message?: string };
      expect(ready.message).toBeUndefined();
      const packages = async () => ((await (await fetch(`${ready.url}/admin/state`)).json()) as { packages: { current: string | null; diskTrouble: string | null; isConnected: boolean } }).packages;
      const kill = async () => {
        child.kill("SIGKILL");
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      };
      return { url: ready.url, packages, kill };
    }
    throw new Error("The gateway ended before it was ready");
  };
  return { start, kept };
}

test("gateway process: killed at random moments of pushes, it always starts with what it acknowledged; with the control plane dead it serves", { timeout: 90_000 }, async () => {
  const upstream = await control();
  const { start, kept } = plane(upstream.url);
  const acknowledged = () => upstream.acks.filter(({ accepted }) => accepted).map(({ hash }) => hash);
  let seen = 0;
  for (let version = 1; version <= 6; version++) {
    const process = await start();
    const { current } = await process.packages();
    expect(current === null || acknowledged().includes(current)).toBe(true);
    seen += current === null ? 0 : 1;
    const acked = Promise.withResolvers<void>();
    upstream.state.onAck = acked.resolve;
    upstream.state.current = packageOf(version);
    await acked.promise;
    /** From before the last good package is written to after it. */
    await new Promise((resolve) => setTimeout(resolve, version * 3));
    await process.kill();
  }
  expect(seen).toBeGreaterThan(0);
  expect(acknowledged()).toContain((JSON.parse(readFileSync(path.join(kept, "last-good.json"), "utf8")) as { package: { hash: string } }).package.hash);
  upstream.close();
  const alone = await start();
  const { current } = await alone.packages();
  expect(acknowledged()).toContain(current);
  const answer = await fetch(`${alone.url}/v1/chat/completions`, { method: "POST", headers: { authorization: "Bearer vk" }, body: JSON.stringify({ model: "nothing", messages: [{ role: "user", content: "Hi" }] }) });
  expect([answer.status, answer.headers.get("x-blastlab-package")]).toEqual([404, expect.stringMatching(new RegExp(`^\\d+@${current}$`))]);
  await alone.kill();
});

test("gateway process: a package with a section of the process is refused with a reason, and a folder that cannot be written stops nothing", { timeout: 60_000 }, async () => {
  const upstream = await control();
  const { start, kept } = plane(upstream.url);
  /** A file where the folder should be: also root cannot write there. */
  writeFileSync(kept, "");
  chmodSync(kept, 0o400);
  upstream.state.current = packageOf(1);
  const first = Promise.withResolvers<void>();
  upstream.state.onAck = first.resolve;
  const process = await start();
  await first.promise;
  const second = Promise.withResolvers<void>();
  upstream.state.onAck = second.resolve;
  const good = packageOf(1).hash;
  await expect.poll(async () => (await process.packages()).current).toBe(good);
  upstream.state.current = packageOf(2, { listen: { port: 1 } });
  await second.promise;
  expect(upstream.acks.at(-1)).toMatchObject({ accepted: false, reason: "listen: belongs to the gateway's own file, not to a package" });
  expect(await process.packages()).toMatchObject({ current: good, diskTrouble: expect.stringContaining("cannot write") });
  await process.kill();
});
