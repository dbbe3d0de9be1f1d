import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

const root = path.resolve(import.meta.dirname, "../..");
const simulators = ["primary", "fallback"] as const;

/** Of one-gateway/gateway.json. */
const adminKey = "admin-simulated";

/** Of a request for the gateway's metrics and state. */
export const adminHeaders = { authorization: `Bearer ${adminKey}` };

interface Proxy {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
}

/**
 * One gateway before two providers, each behind a proxy, as plain processes: the files of one-gateway/, with addresses
 * that were free.
 */
export interface Stack extends AsyncDisposable {
  readonly gatewayUrl: string;
  /** Of Toxiproxy's API. */
  readonly networkUrl: string;
  readonly simulatorUrls: Readonly<Record<string, string>>;
}

/**
 * Starts simulators, then proxies on the network at `networkUrl`, then the gateway, with what `extra` puts in place of
 * parts of its config. Rejects when one of them does not get ready.
 */
export async function startStack(networkUrl: string, extra: object = {}): Promise<Stack> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), "blastlab-stack-"));
  stack.defer(() => rm(folder, { recursive: true }));
  const addresses = new Map<string, string>();
  const simulatorUrls: Record<string, string> = {};
  for (const name of simulators) {
    const config = JSON.parse(await deployed(`simulator-${name}.json`)) as { listen: { host: string; port: number } };
    const file = await written(folder, `simulator-${name}.json`, { ...config, listen: { ...config.listen, port: 0 }, tap: path.join(folder, `wire-${name}.ndjson`) });
    const child = stack.use(await started("simulators/main.ts", file));
    simulatorUrls[name] = child.url;
    addresses.set(`${config.listen.host}:${config.listen.port}`, new URL(child.url).host);
  }
  for (const proxy of await populated(networkUrl, addresses)) addresses.set(proxy.asked, proxy.got);
  const gateway = JSON.parse(readdressed(await deployed("gateway.json"), addresses)) as object;
  const file = await written(folder, "gateway.json", { ...gateway, ...extra, listen: { host: "127.0.0.1", port: 0 } });
  const { url: gatewayUrl } = stack.use(await started("gateway/main.ts", file));
  const running = stack.move();
  return { gatewayUrl, networkUrl, simulatorUrls, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

let asked = 0;

/**
 * One chat request at the stack's gateway, by the first team of its config; a question that was not asked before,
 * unless one is given.
 */
export function chat(stack: Stack, options: { route?: string; stream?: boolean; question?: string; signal?: AbortSignal } = {}): Promise<Response> {
  const question = options.question ?? `hello ${++asked}`;
  return fetch(`${stack.gatewayUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: "Bearer vk-support-chat", "content-type": "application/json" },
    body: JSON.stringify({ model: options.route ?? "assistant", messages: [{ role: "user", content: question }], max_tokens: 12, stream: options.stream ?? false }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** Takes a proxy down, or up again. */
export async function enable(stack: Stack, proxy: string, enabled: boolean): Promise<void> {
  const response = await fetch(`${stack.networkUrl}/proxies/${proxy}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ enabled }) });
  if (!response.ok) throw new Error(`${proxy}: ${response.status} ${await response.text()}`);
}

const deployed = (file: string) => readFile(path.join(import.meta.dirname, "one-gateway", file), "utf8");

async function written(folder: string, name: string, value: object): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, JSON.stringify(value));
  return file;
}

function readdressed(text: string, addresses: ReadonlyMap<string, string>): string {
  return [...addresses].reduce((changed, [from, to]) => changed.replaceAll(from, to), text);
}

/** one-gateway/toxiproxy.json through `POST /populate`, which takes what `-config` takes; listening on free ports. */
async function populated(networkUrl: string, addresses: ReadonlyMap<string, string>): Promise<{ asked: string; got: string }[]> {
  const asked = JSON.parse(readdressed(await deployed("toxiproxy.json"), addresses)) as Proxy[];
  const response = await fetch(`${networkUrl}/populate`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(asked.map((proxy) => ({ ...proxy, listen: "127.0.0.1:0" }))) });
  if (!response.ok) throw new Error(`Cannot populate: ${response.status} ${await response.text()}`);
  const { proxies } = (await response.json()) as { proxies: Proxy[] };
  return asked.map(({ name, listen }) => ({ asked: listen, got: proxies.find((proxy) => proxy.name === name)!.listen }));
}

/** A process of ours, once it has reported that it is ready (docs/ARCHITECTURE.md). */
async function started(entry: string, config: string): Promise<AsyncDisposable & { readonly url: string }> {
  const child = spawn(process.execPath, [path.join(root, entry), "--config", config], {
    stdio: ["pipe", "pipe", "ignore"],
    env: { ...process.env, BLASTLAB_SIMULATOR_KEY: "sk-simulated", BLASTLAB_ADMIN_KEY: adminKey },
  });
  const ended = once(child, "exit");
  const close = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  const line = await Promise.race([once(createInterface(child.stdout), "line").then(([text]) => String(text)), ended.then(() => "{}")]);
  const started = JSON.parse(line) as { ready?: boolean; url?: string };
  if (started.ready === true && started.url !== undefined) return { url: started.url, [Symbol.asyncDispose]: close };
  await close();
  throw new Error(`${entry} is not ready: ${line}`);
}
