/**
 * Small requests beside prompts of 4 MB: `npm run bench:big-prompts`. Alternates blocks with and without big prompts
 * against one gateway, and prints the small requests' p50 and p99 of both, and the ratio. The first row
 * is the floor: a bare proxy that parses each body and writes it again. Nothing is asserted.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { loadavg } from "node:os";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startGatewayChild } from "../../failover/gateway-process.ts";

const BIG_CHARACTERS = 4 * 1024 * 1024;
const PROBE_GAP_MS = 10;
/** Between two big prompts: one client sends them one after the other. */
const BIG_GAP_MS = 100;

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, "block-ms": { type: "string", default: "3000" }, probe: { type: "string" } },
});

const agent = new Agent({ keepAlive: true });

/** The time from sending to the end of the answer, ms. */
async function ask(url: string, content: string): Promise<number> {
  const body = JSON.stringify({ model: "r", messages: [{ role: "user", content }] });
  const fromMs = performance.now();
  const outgoing = request(`${url}/v1/chat/completions`, { method: "POST", agent, headers: { authorization: "Bearer vk", "content-type": "application/json" } });
  outgoing.end(body);
  const [answer] = (await once(outgoing, "response")) as [import("node:http").IncomingMessage];
  const received = await text(answer);
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${received.slice(0, 200)}`);
  return performance.now() - fromMs;
}

/** In a process of its own, so that nothing here delays it: prints the times of small requests until stdin ends. */
async function probe(url: string): Promise<void> {
  const times: number[] = [];
  let isOn = true;
  process.stdin.on("end", () => (isOn = false)).resume();
  for (let count = 0; isOn; count++) {
    times.push(await ask(url, `small ${Math.random()} ${count}`));
    await sleep(PROBE_GAP_MS);
  }
  process.stdout.write(JSON.stringify(times));
  agent.destroy();
}

async function startProvider(): Promise<string> {
  const answer = JSON.stringify({ id: "c", object: "chat.completion", created: 1, model: "m", choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } });
  const server = createServer((incoming, response) => void incoming.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(answer))).listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

const prose = "The quick brown fox jumps over the lazy dog, then reads invoice 4711 from 12.03.2024 by mail. ";
const big = prose.repeat(Math.ceil(BIG_CHARACTERS / prose.length));

async function block(url: string, blockMs: number, isWithBig: boolean): Promise<readonly number[]> {
  const prober = spawn(process.execPath, [fileURLToPath(import.meta.url), "--probe", url], { stdio: ["pipe", "pipe", "inherit"] });
  const printed = text(prober.stdout);
  const untilMs = performance.now() + blockMs;
  for (let count = 0; performance.now() < untilMs; count++) {
    if (isWithBig) await ask(url, `${count} ${big}`);
    await sleep(BIG_GAP_MS);
  }
  prober.stdin.end();
  /** The first requests compile the prober's own code. */
  return (JSON.parse(await printed) as number[]).slice(20);
}

const quantile = (times: readonly number[], share: number) => times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))]!;

async function compareGateway(name: string, provider: string, extra: object): Promise<void> {
  const deployments = [{ name: "d", dialect: "openai_compatible", model: "m", baseUrl: provider, credential: "env:WALL_KEY" }];
  const config = { keys: [{ key: "vk", team: "a", feature: "f" }], deployments, routes: [{ name: "r", deployments: ["d"] }], ...extra };
  await using gateway = await startGatewayChild(config);
  await compare(name, gateway.url);
}

async function compareBare(provider: string): Promise<void> {
  const file = fileURLToPath(new URL("../gateway/bare.ts", import.meta.url));
  const child = spawn(process.execPath, [file, new URL(provider).origin], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  await compare("bare proxy", (JSON.parse(line) as { url: string }).url);
  const exited = once(child, "exit");
  child.stdin.end();
  await exited;
}

async function compare(name: string, url: string): Promise<void> {
  for (let count = 0; count < 300; count++) await ask(url, `warm ${count}`);
  for (let count = 0; count < 5; count++) await ask(url, `${count} warm ${big}`);
  const [alone, beside]: [number[], number[]] = [[], []];
  for (let round = 0; round < Number(values.rounds); round++) {
    alone.push(...(await block(url, Number(values["block-ms"]), false)));
    beside.push(...(await block(url, Number(values["block-ms"]), true)));
  }
  const figures = [alone, beside].flatMap((times) => [quantile(times, 0.5), quantile(times, 0.99)]);
  const ratio = figures[3]! / figures[1]!;
  process.stdout.write(`| ${[name, ...figures.map((ms) => ms.toFixed(1)), ratio.toFixed(1)].join(" | ")} |\n`);
}

async function main(): Promise<void> {
  const provider = await startProvider();
  process.stdout.write(`load average ${loadavg()[0]!.toFixed(2)}\n\n| gateway | p50 alone, ms | p99 alone | p50 beside 4 MB | p99 beside | ratio of p99 |\n|---|---|---|---|---|---|\n`);
  const limits = { rules: [{ team: "*", windowMs: 60_000, requests: 1_000_000, tokens: 1_000_000_000_000 }] };
  const charactersMax = 2 * BIG_CHARACTERS;
  await compareBare(provider);
  await compareGateway("plain", provider, {});
  await compareGateway("cache, limits", provider, { cache: {}, limits });
  await compareGateway("guards", provider, { guards: { pii: { answers: "scrub", charactersMax }, injection: { action: "block", charactersMax } } });
}

if (values.probe === undefined) await main();
else await probe(values.probe);
agent.destroy();
