import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { accessSync, constants, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../../lab/live/free-port.ts";
import { bareEnvironment } from "./environment.ts";

/** A vault of a test's own, as an operator handles it, whichever engine it is. */
export interface VaultRig {
  /** `vault` of a gateway's configuration, without folder and regional key. */
  readonly config: object;
  /** What the gateway's environment needs. */
  readonly environment: Readonly<Record<string, string>>;
  /** Keys that no file may hold. */
  readonly secrets: Readonly<Record<string, string>>;
  put(value: string): Promise<void>;
  rotate(value: string): Promise<void>;
  revoke(): Promise<void>;
  seal(): Promise<void>;
  unseal(): Promise<void>;
  kill(): Promise<void>;
  /** After a kill; open. */
  restart(): Promise<void>;
  signal(name: "SIGSTOP" | "SIGCONT"): void;
}

const root = path.resolve(import.meta.dirname, "../..");
/** The name of the one secret. */
export const secretName = "PROVIDER_KEY";

/** `bao` by BLASTLAB_OPENBAO_BIN, else on the PATH; null: there is none. */
export function findOpenBao(environment: NodeJS.ProcessEnv = process.env): string | null {
  const explicit = environment["BLASTLAB_OPENBAO_BIN"] ?? "";
  const places = explicit === "" ? (environment["PATH"] ?? "").split(path.delimiter).map((folder) => path.join(folder, "bao")) : [explicit];
  return (
    places.find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    }) ?? null
  );
}

async function call(url: string, method: string, headers: Record<string, string>, body?: object): Promise<Record<string, unknown>> {
  const answer = await fetch(url, { method, headers: { "content-type": "application/json", ...headers }, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

export async function embeddedVault(folder: string): Promise<VaultRig> {
  const secrets = { masterKey: randomBytes(32).toString("hex"), planeKey: `plane-${randomBytes(12).toString("hex")}`, operatorKey: `operator-${randomBytes(12).toString("hex")}` };
  const port = await freePort();
  const file = path.join(folder, "vault.yaml");
  writeFileSync(file, JSON.stringify({ region: "a", folder: path.join(folder, "vault"), masterKey: "env:MASTER", planeKey: "env:PLANE", operatorKey: "env:OPERATOR", listen: { port } }));
  const url = `http://127.0.0.1:${port}`;
  const start = async () => {
    const environment = bareEnvironment({ MASTER: secrets.masterKey, PLANE: secrets.planeKey, OPERATOR: secrets.operatorKey });
    const child = spawn(process.execPath, [path.join(root, "gateway/vault/main.ts"), "--config", file], { stdio: ["pipe", "pipe", "ignore"], env: environment });
    await once(createInterface({ input: child.stdout }), "line");
    return child;
  };
  let child = await start();
  const ask = (at: string, body: object) => call(url + at, "POST", { authorization: `Bearer ${secrets.operatorKey}` }, body).then(() => {});
  return {
    config: { engine: "blastlab", url, credential: "env:VAULT_KEY" },
    environment: { VAULT_KEY: secrets.planeKey },
    secrets,
    put: (value) => ask("/v1/secrets", { name: secretName, value }),
    rotate: (value) => ask("/v1/secrets/rotate", { name: secretName, value }),
    revoke: () => ask("/v1/secrets/revoke", { name: secretName }),
    seal: () => ask("/v1/seal", {}),
    unseal: () => ask("/v1/unseal", {}),
    kill: () => killed(child),
    restart: async () => void (child = await start()),
    signal: (name) => void child.kill(name),
  };
}

export async function openBao(folder: string, binary: string): Promise<VaultRig> {
  const [port, clusterPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  mkdirSync(path.join(folder, "raft"));
  const file = path.join(folder, "bao.hcl");
  writeFileSync(
    file,
    `storage "raft" {\n  path = "${path.join(folder, "raft")}"\n  node_id = "one"\n}\nlistener "tcp" {\n  address = "127.0.0.1:${port}"\n  cluster_address = "127.0.0.1:${clusterPort}"\n  tls_disable = true\n}\napi_addr = "${url}"\ncluster_addr = "http://127.0.0.1:${clusterPort}"\n`,
  );
  const start = async () => {
    const child = spawn(binary, ["server", `-config=${file}`], { stdio: "ignore", env: { PATH: process.env["PATH"], HOME: folder } });
    await until(() => fetch(`${url}/v1/sys/seal-status`).then(({ ok }) => ok));
    return child;
  };
  let child = await start();
  const { keys_base64: [key = ""] = [], root_token: token } = (await call(`${url}/v1/sys/init`, "POST", {}, { secret_shares: 1, secret_threshold: 1 })) as { keys_base64?: string[]; root_token: string };
  const headers = { "x-vault-token": token };
  const unseal = async () => {
    await call(`${url}/v1/sys/unseal`, "POST", {}, { key });
    await until(() => fetch(`${url}/v1/sys/health`).then(({ status }) => status === 200));
  };
  await unseal();
  await call(`${url}/v1/sys/mounts/secret`, "POST", headers, { type: "kv", options: { version: "2" } });
  const write = (value: string) => call(`${url}/v1/secret/data/${secretName}`, "POST", headers, { data: { value } }).then(() => {});
  return {
    config: { engine: "openbao", url, credential: "env:VAULT_KEY" },
    environment: { VAULT_KEY: token },
    secrets: { token, unsealKey: key },
    // The engine's mount is upgraded for a moment after it was made.
    put: (value) => until(() => write(value).then(() => true)),
    rotate: write,
    revoke: () => call(`${url}/v1/secret/metadata/${secretName}`, "DELETE", headers).then(() => {}),
    seal: () => call(`${url}/v1/sys/seal`, "POST", headers, {}).then(() => {}),
    unseal,
    kill: () => killed(child),
    restart: async () => {
      child = await start();
      await unseal();
    },
    signal: (name) => void child.kill(name),
  };
}

/** Polls until it is so; what throws is not yet so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const lastMs = Date.now() + 90_000;
  while (!(await isSo().catch(() => false))) {
    if (Date.now() > lastMs) throw new Error("It did not come to be within 90 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
