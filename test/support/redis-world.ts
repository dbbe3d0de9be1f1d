import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { Agent, request } from "undici";
import { startRedis, type RedisProcess } from "./redis.ts";

export type RedisTrouble = "none" | "slow" | "dead";

/**
 * A gateway whose limits are in a Redis behind a network proxy, and one provider that answers at once. All are
 * processes of their own.
 */
export interface RedisWorld extends AsyncDisposable {
  readonly url: string;
  /** `slow`: 30 s of latency on all that Redis says. `dead`: the connection is cut, and none is accepted. */
  trouble(kind: RedisTrouble): Promise<void>;
  /** One request: its status, and ms until its answer was whole. */
  ask(): Promise<{ readonly status: number; readonly ms: number }>;
  state(): Promise<RedisWorldState>;
  isReady(): Promise<boolean>;
}

export interface RedisWorldState {
  readonly store: { readonly from: "shared" | "local" };
  readonly limits: readonly { readonly unit: string; readonly left: number }[];
}

const root = path.resolve(import.meta.dirname, "../..");

export interface RedisWorldSettings {
  readonly requests: number;
  readonly windowMs: number;
  readonly localShare?: number;
  readonly totalMs?: number;
  readonly storeMs?: number;
  /** As the gateway starts. */
  readonly trouble?: RedisTrouble;
}

export async function startRedisWorld(settings: RedisWorldSettings): Promise<RedisWorld> {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-redis-"));
  const redis = await startRedis();
  const provider = await startProvider();
  const network = await startNode("simulators/network/main.ts", folder, { seed: 1, listen: { host: "127.0.0.1", port: 0 } });
  const call = (method: string, route: string, body?: object) => api(network.url, method, route, body);
  const { listen } = (await call("POST", "/proxies", { name: "redis", listen: "127.0.0.1:0", upstream: `127.0.0.1:${redis.port}`, enabled: true })) as { listen: string };
  await setTrouble(settings.trouble ?? "none", call);
  const gateway = await startNode("gateway/main.ts", folder, gatewayConfig(provider.baseUrl, `redis://${listen}`, settings));
  const agent = new Agent({ connections: 256 });
  const world: RedisWorld = {
    url: gateway.url,
    trouble: (kind) => setTrouble(kind, call),
    ask: () => ask(gateway.url, agent),
    state: async () => (await fetch(`${gateway.url}/admin/state`)).json() as Promise<RedisWorldState>,
    isReady: async () => (await fetch(`${gateway.url}/health/ready`)).status === 200,
    [Symbol.asyncDispose]: () => stop({ gateway, network, redis, provider, agent, folder }),
  };
  if ((settings.trouble ?? "none") !== "none") return world;
  for (let tries = 0; tries < 1_800 && (await world.ask(), (await world.state()).store.from !== "shared"); tries++) await new Promise((resolve) => setTimeout(resolve, 50));
  return world;
}

function gatewayConfig(baseUrl: string, redisUrl: string, { requests, windowMs, localShare = 0.5, totalMs = 5_000, storeMs = 25 }: RedisWorldSettings) {
  return {
    keys: [{ key: "vk-1", team: "search", feature: "answers" }],
    deployments: [{ name: "d0", dialect: "openai", model: "m-1", baseUrl, credential: "env:PROVIDER_KEY" }],
    routes: [{ name: "chat", deployments: ["d0"] }],
    admin: { open: true },
    policy: { deadlines: { totalMs } },
    limits: { storeMs, rules: [{ team: "search", windowMs, requests, tokens: requests * 2_000 }] },
    store: { kind: "redis", url: redisUrl, localShare },
  };
}

interface NodeProcess {
  readonly child: ChildProcess;
  readonly url: string;
}

async function startNode(main: string, folder: string, config: object): Promise<NodeProcess> {
  const file = path.join(folder, `${main.replaceAll("/", "-")}.json`);
  writeFileSync(file, JSON.stringify(config));
  const child = spawn(process.execPath, [path.join(root, main), "--config", file], { stdio: ["pipe", "pipe", "ignore"], env: { ...process.env, PROVIDER_KEY: "sk-any" } });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  child.stdout.resume();
  const ready = JSON.parse(line) as { ready: boolean; url: string; message?: string };
  if (!ready.ready) throw new Error(`${main}: ${ready.message}`);
  return { child, url: ready.url };
}

async function startProvider() {
  const answer = JSON.stringify({ id: "up", model: "m-1", choices: [{ message: { role: "assistant", content: "Fine." }, finish_reason: "stop" }], usage: { prompt_tokens: 3, completion_tokens: 2 } });
  const server = createServer((incoming, response) => {
    incoming.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

async function api(url: string, method: string, route: string, body?: object): Promise<unknown> {
  const answer = await fetch(url + route, { method, ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }) });
  if (!answer.ok && answer.status !== 404) throw new Error(`${method} ${route}: ${answer.status} ${await answer.text()}`);
  const text = await answer.text();
  return text === "" ? null : (JSON.parse(text) as unknown);
}

async function setTrouble(kind: RedisTrouble, call: (method: string, route: string, body?: object) => Promise<unknown>): Promise<void> {
  await call("DELETE", "/proxies/redis/toxics/slow");
  await call("POST", "/proxies/redis", { enabled: kind !== "dead" });
  if (kind === "slow") await call("POST", "/proxies/redis/toxics", { name: "slow", type: "latency", stream: "downstream", attributes: { latency: 30_000 } });
}

async function ask(url: string, agent: Agent): Promise<{ status: number; ms: number }> {
  const startedMs = performance.now();
  const body = JSON.stringify({ model: "chat", max_tokens: 16, messages: [{ role: "user", content: "Say it." }] });
  const { statusCode, body: answer } = await request(`${url}/v1/chat/completions`, { method: "POST", dispatcher: agent, headers: { authorization: "Bearer vk-1", "content-type": "application/json" }, body });
  await answer.text();
  return { status: statusCode, ms: performance.now() - startedMs };
}

async function stop(parts: { gateway: NodeProcess; network: NodeProcess; redis: RedisProcess; provider: Awaited<ReturnType<typeof startProvider>>; agent: Agent; folder: string }): Promise<void> {
  await parts.agent.destroy();
  for (const { child } of [parts.gateway, parts.network]) {
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
  }
  await parts.redis.kill();
  parts.provider.server.closeAllConnections();
  parts.provider.server.close();
  rmSync(parts.folder, { recursive: true });
}
