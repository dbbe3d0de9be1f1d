import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { scanDirectory } from "../support/secret-scan.ts";
import { embeddedVault, findOpenBao, openBao, secretName, type VaultRig } from "../support/vaults.ts";
import { bareEnvironment } from "../support/environment.ts";
import { untilPasses } from "../support/until-passes.ts";

const clientKey = "vk-client-of-the-test";

/** A provider that counts the keys by which it is asked, and accepts all. */
async function provider(): Promise<{ readonly url: string; readonly keys: Map<string, number> }> {
  const keys = new Map<string, number>();
  const server = createServer((request, response) => {
    const key = (request.headers.authorization ?? "").slice("Bearer ".length);
    keys.set(key, (keys.get(key) ?? 0) + 1);
    request.resume().once("end", () => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ id: "a", object: "chat.completion", model: "m", choices: [{ index: 0, message: { role: "assistant", content: "one" }, finish_reason: "stop" }] })));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, keys };
}

/** A gateway whose logs stay in `folder`. */
async function gateway(folder: string, rig: VaultRig, regionalKey: string) {
  const child = spawn(process.execPath, [path.resolve(import.meta.dirname, "../../gateway/main.ts"), "--config", path.join(folder, "gateway.json")], { stdio: ["pipe", "pipe", "pipe"], env: bareEnvironment({ REGIONAL: regionalKey, ...rig.environment }) });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stderr.pipe(createWriteStream(path.join(folder, "gateway.log"), { flags: "a" }));
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const { url } = JSON.parse(line) as { url: string };
  const kill = async () => {
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  };
  return { url, kill };
}

async function ask(url: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { authorization: `Bearer ${clientKey}` }, body: JSON.stringify({ model: "chat", messages: [{ role: "user", content: "hello" }] }) });
  return { status: answer.status, text: await answer.text() };
}

/** What so many requests come to, by status. */
async function statuses(url: string, count = 20): Promise<Record<number, number>> {
  const seen: Record<number, number> = {};
  for (let at = 0; at < count; at++) {
    const { status } = await ask(url);
    seen[status] = (seen[status] ?? 0) + 1;
  }
  return seen;
}

const bao = findOpenBao();
const engines: readonly (readonly [string, boolean, (folder: string) => Promise<VaultRig>])[] = [
  ["blastlab", true, embeddedVault],
  [`openbao${bao === null ? " (skipped: no bao on the PATH or by BLASTLAB_OPENBAO_BIN)" : ""}`, bao !== null, (folder) => openBao(folder, bao!)],
];

for (const [engine, isHere, start] of engines) {
  test.skipIf(!isHere)(`vault ${engine}: sealed, silent and dead with the gateway restarted meanwhile, rotated under load, revoked; no key is left in any file`, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "blastlab-vault-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const run = path.join(folder, "run");
    mkdirSync(run);
    const [first, second] = [`sk-planted-${randomBytes(12).toString("hex")}`, `sk-planted-${randomBytes(12).toString("hex")}`];
    const regionalKey = randomBytes(32).toString("hex");
    const rig = await start(run);
    onTestFinished(() => rig.kill().catch(() => {}));
    await rig.put(first);
    const { url, keys } = await provider();
    const config = {
      keys: [{ key: clientKey, team: "a", feature: "x" }],
      deployments: [{ name: "one", dialect: "openai", model: "m", baseUrl: url, credential: `vault:${secretName}` }],
      routes: [{ name: "chat", deployments: ["one"] }],
      admin: { open: true },
      policy: { breaker: null },
      vault: { ...rig.config, regionalKey: "env:REGIONAL", folder: path.join(run, "leases"), timeoutMs: 10_000 },
    };
    writeFileSync(path.join(run, "gateway.json"), JSON.stringify(config));
    let running = await gateway(run, rig, regionalKey);
    const restarted = async () => {
      await running.kill();
      running = await gateway(run, rig, regionalKey);
    };
    expect(await statuses(running.url)).toEqual({ 200: 20 });

    await rig.seal();
    expect(await statuses(running.url)).toEqual({ 200: 20 });
    await restarted();
    expect(await statuses(running.url)).toEqual({ 200: 20 });
    await rig.unseal();

    rig.signal("SIGSTOP");
    await restarted();
    expect(await statuses(running.url)).toEqual({ 200: 20 });
    rig.signal("SIGCONT");

    await rig.kill();
    await restarted();
    expect(await statuses(running.url)).toEqual({ 200: 20 });
    await rig.restart();
    expect([...keys.keys()]).toEqual([first]);

    await rig.rotate(second);
    await untilPasses(async () => {
      expect(await statuses(running.url, 5)).toEqual({ 200: 5 });
      expect([...keys.keys()]).toEqual([first, second]);
    }, 100);

    await rig.revoke();
    await untilPasses(async () => expect((await ask(running.url)).status).toBe(503), 100);
    const refusal = await ask(running.url);
    expect(JSON.parse(refusal.text)).toMatchObject({ error: { code: "credential_unavailable", message: expect.stringContaining(secretName) as unknown } });
    const state = await (await fetch(`${running.url}/admin/state`)).text();
    expect(JSON.parse(state)).toMatchObject({ vault: [{ name: secretName, state: "none" }] });
    for (const [name, text] of Object.entries({ state, refusal: refusal.text, metrics: await (await fetch(`${running.url}/metrics`)).text() })) writeFileSync(path.join(run, `${name}.txt`), text);
    await running.kill();
    const found = scanDirectory(run, { first, second, regionalKey, ...rig.secrets });
    expect(found.leaks).toEqual([]);
    expect(found.files).toBeGreaterThan(5);
  });
}
