import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { scanDirectory } from "../../test/support/secret-scan.ts";
import { bareEnvironment } from "../../test/support/environment.ts";

const keys = { MASTER: randomBytes(32).toString("hex"), PLANE: "plane-key-1", OPERATOR: "operator-key-1" };

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly ready: Readonly<Record<string, unknown>>;
  readonly log: () => string;
}

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), "blastlab-vault-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function start(at: string, { environment = keys as Record<string, string>, nodeOptions = [] as string[], settings = {} } = {}): Promise<Running> {
  const file = path.join(at, "vault.yaml");
  writeFileSync(file, JSON.stringify({ region: "a", folder: path.join(at, "vault"), masterKey: "env:MASTER", planeKey: "env:PLANE", operatorKey: "env:OPERATOR", ...settings }));
  const child = spawn(process.execPath, [...nodeOptions, path.join(import.meta.dirname, "main.ts"), "--config", file], { cwd: at, stdio: ["pipe", "pipe", "pipe"], env: bareEnvironment(environment) });
  onTestFinished(() => void child.kill("SIGKILL"));
  let log = "";
  child.stderr.on("data", (part) => (log += String(part)));
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const ready = JSON.parse(line) as Record<string, unknown>;
  return { child, url: String(ready["url"]), ready, log: () => log };
}

async function ask({ url }: Running, route: string, key: string, body?: object): Promise<{ status: number; body: Record<string, unknown>; cache: string | null }> {
  const answer = await fetch(url + route, { headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown>, cache: answer.headers.get("cache-control") };
}

test("vault process: puts, leases, seals, survives a kill, stays sealed, unseals; its files hold no secret in any form", async () => {
  const at = folder();
  const secret = "sk-planted-vault-0123456789abcdef";
  const rotated = "sk-planted-rotated-fedcba9876543210";
  let vault = await start(at);
  expect(await ask(vault, "/v1/secrets", keys.OPERATOR, { name: "KEY", value: secret, operator: "ann" })).toMatchObject({ status: 200, body: { version: 1 }, cache: "no-store" });
  expect(await ask(vault, "/v1/leases", keys.PLANE, { name: "KEY", plane: "p1", nonce: "n1" })).toMatchObject({ status: 200, body: { value: secret, nonce: "n1", version: 1 }, cache: "no-store" });
  expect(await ask(vault, "/v1/secrets/rotate", keys.OPERATOR, { name: "KEY", value: rotated, overlapMs: 60_000 })).toMatchObject({ body: { version: 2 } });
  const ended = once(vault.child, "exit");
  vault.child.kill("SIGKILL");
  await ended;
  vault = await start(at);
  expect(await ask(vault, "/v1/leases", keys.PLANE, { name: "KEY", nonce: "n2" })).toMatchObject({ body: { value: rotated, version: 2 } });
  expect(await ask(vault, "/v1/seal", keys.OPERATOR, {})).toMatchObject({ body: { sealed: true } });
  expect(await ask(vault, "/v1/leases", keys.PLANE, { name: "KEY", nonce: "n3" })).toMatchObject({ status: 503, body: { error: { code: "vault_sealed" } } });
  expect(await ask(vault, "/v1/leases/check", keys.PLANE, { held: [1, 2].map((version) => ({ name: "KEY", version })) })).toMatchObject({ body: { standing: ["outdated", "current"] } });
  vault.child.kill("SIGTERM");
  await once(vault.child, "exit");
  vault = await start(at);
  expect(vault.log()).toContain("an operator sealed it");
  expect(await ask(vault, "/v1/unseal", keys.OPERATOR, {})).toMatchObject({ body: { sealed: false, audit: { entries: 7 } } });
  expect(scanDirectory(at, { secret, rotated, ...keys })).toMatchObject({ files: 3, leaks: [] });
  expect(vault.log()).not.toMatch(/sk-planted/);
});

test("vault process: a data plane's key leases and does nothing else; no key, another Host, another origin and a form do nothing at all", async () => {
  const vault = await start(folder());
  await ask(vault, "/v1/secrets", keys.OPERATOR, { name: "KEY", value: "sk-planted-1" });
  expect((await ask(vault, "/v1/seal", keys.PLANE, {})).body).toMatchObject({ error: { code: "key_of_other_role" } });
  expect((await ask(vault, "/v1/leases", keys.OPERATOR, { name: "KEY", nonce: "n" })).status).toBe(403);
  expect((await ask(vault, "/v1/status", "guess")).status).toBe(401);
  expect((await ask(vault, "/v1/nothing", keys.OPERATOR)).status).toBe(404);
  expect((await ask(vault, "/v1/secrets", keys.OPERATOR, { name: "BIG", value: "x".repeat(65_537) })).status).toBe(400);
  const status = async (headers: Record<string, string>, body = "{}") => {
    const sent = request(`${vault.url}/v1/seal`, { method: "POST", headers: { authorization: `Bearer ${keys.OPERATOR}`, ...headers } });
    sent.end(body);
    const [response] = (await once(sent, "response")) as [{ statusCode: number; resume(): void }];
    response.resume();
    return response.statusCode;
  };
  expect(await status({ host: "evil.example", "content-type": "application/json" })).toBe(403);
  expect(await status({ origin: "http://evil.example", "content-type": "application/json" })).toBe(403);
  expect(await status({ "content-type": "text/plain" })).toBe(415);
  expect((await ask(vault, "/v1/status", keys.OPERATOR)).body).toMatchObject({ sealed: false });
});

test("vault process: a wrong key, the other region's folder, broken files and equal keys are told apart, and none is quoted", async () => {
  const at = folder();
  const first = await start(at);
  await ask(first, "/v1/secrets", keys.OPERATOR, { name: "KEY", value: "sk-planted-1" });
  first.child.kill("SIGTERM");
  await once(first.child, "exit");
  const wrong = await start(at, { environment: { ...keys, MASTER: randomBytes(32).toString("hex") } });
  expect(wrong.log()).toContain("It is not the key with which these secrets were sealed");
  expect((await ask(wrong, "/v1/leases", keys.PLANE, { name: "KEY", nonce: "n" })).status).toBe(503);
  expect((await start(at, { settings: { region: "b" } })).ready).toMatchObject({ ready: false, code: "other_region" });
  expect((await start(at, { environment: { ...keys, OPERATOR: keys.PLANE } })).ready).toMatchObject({ ready: false, code: "config_invalid" });
  expect((await start(at, { environment: { MASTER: keys.MASTER } })).ready).toMatchObject({ ready: false, code: "key_unreadable", message: 'Cannot read the key "env:PLANE": it is not set' });
  const audit = path.join(at, "vault/audit.ndjson");
  writeFileSync(audit, readFileSync(audit, "utf8").replace("KEY", "YEK"));
  expect((await start(at)).ready).toMatchObject({ ready: false, code: "vault_files_broken", message: expect.stringContaining("Entry 1 was changed") as unknown });
});
