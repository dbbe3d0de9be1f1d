/**
 * `npm run bench:packages [-- --rounds 5 --requests 4000]`: what configuration packages cost a request in the gateway's
 * core, without sockets: the gateway's own file, one package, and two at once of which the client's hash picks one, for
 * prompts of 150 bytes and of 64 KiB. A provider answers at once. Rounds alternate; ratios are of the same round, and
 * their median counts. Then the heap of a second configuration, which has breakers and a cache of its own. Prints a
 * table, then one line of JSON.
 */
import { randomUUID } from "node:crypto";
import Table from "cli-table3";
import { createGateway } from "../../../gateway/core/gateway.ts";
import type { GatewayConfig } from "../../../gateway/core/config.ts";
import type { LoadedPackage, RunningPackages } from "../../../gateway/core/packages/running.ts";
import { clientDialects } from "../../../gateway/dialects/clients.ts";
import { openaiClient } from "../../../gateway/dialects/openai-client.ts";
import { upstreamDialects } from "../../../gateway/dialects/upstreams.ts";
import { MemoryStore } from "../../../gateway/core/limits/memory-store.ts";
import { readBody } from "../../../kernel/bounded-body.ts";
import { liveClock } from "../../../kernel/clock-live.ts";
import { seededRng } from "../../../kernel/rng.ts";
import { neverSignal } from "../../../kernel/signal.ts";
import { quantile } from "../../../kernel/stats.ts";
import { bodyOf } from "../../../kernel/transport.ts";
import { utf8Bytes } from "../../../kernel/utf8.ts";
import { resolvedGateway } from "../../../lab/plan/gateway-config.ts";
import { scriptOptions } from "../../support/script-options.ts";

const usage = `Usage: npm run bench:packages -- [options]

  --rounds N     of every case (5)
  --requests N   of a measurement (4000)

Prints a table, then one line of JSON.
`;

const { values } = scriptOptions(usage, { rounds: { type: "string", default: "5" }, requests: { type: "string", default: "4000" } });
const [rounds, requests] = [Number(values.rounds), Number(values.requests)];
const promptChars = { "150 bytes": 100, "64 KiB": 64 << 10 } as const;

const answer = utf8Bytes(JSON.stringify({ id: "a", object: "chat.completion", model: "m", choices: [{ index: 0, message: { role: "assistant", content: "Fine." }, finish_reason: "stop" }], usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } }));
const transport = { open: () => Promise.resolve({ status: 200, headers: { "content-type": "application/json" }, body: bodyOf(answer) }) };

/** With as many virtual keys as a company has teams. */
const configOf = (): GatewayConfig =>
  resolvedGateway({
    keys: Array.from({ length: 500 }, (_, index) => ({ key: `vk-${index}`, team: `team-${index}`, feature: "f" })),
    deployments: ["d", "e"].map((name) => ({ name, dialect: "openai", model: "m", baseUrl: `http://${name}.test/v1`, credential: "env:K" })),
    routes: [{ name: "chat", deployments: ["d", "e"] }],
  }).gateway;

const loaded = (version: number): LoadedPackage => ({ id: { version, hash: String(version).repeat(64) }, config: configOf() });
const two = (share: number): RunningPackages => ({ current: loaded(1), candidate: { package: loaded(2), share } });
const settings: Readonly<Record<string, RunningPackages | null>> = {
  "the gateway's own file": null,
  "one package": { current: loaded(1), candidate: null },
  "two, candidate at 10 %": two(0.1),
  "two, candidate at 50 %": two(0.5),
};
const baseline = "the gateway's own file";

function gatewayOn(packages: RunningPackages | null) {
  const clock = liveClock();
  const config = configOf();
  return createGateway({
    clock,
    rng: seededRng(randomUUID()),
    transport,
    store: new MemoryStore(clock),
    secrets: { read: () => Promise.resolve("key") },
    config: { current: () => config, onChange: () => () => {} },
    events: { emit: () => {} },
    ...(packages !== null && { packages: { current: () => packages, onChange: () => () => {} } }),
    client: openaiClient,
    clients: clientDialects,
    upstream: upstreamDialects,
  });
}

type Contestant = ReturnType<typeof gatewayOn>;

/** Microseconds of CPU for each request, one after another. */
async function cpuUsEach(gateway: Contestant, chars: number, count: number): Promise<number> {
  const content = "x".repeat(chars);
  const from = process.cpuUsage();
  for (let index = 0; index < count; index++) {
    const body = utf8Bytes(JSON.stringify({ model: "chat", messages: [{ role: "user", content }], user: `user-${index % 1_000}` }));
    const { status, body: answered } = await gateway.handle({ method: "POST", path: "/v1/chat/completions", headers: { authorization: `Bearer vk-${index % 500}`, "content-type": "application/json" }, body }, neverSignal);
    if (status !== 200) throw new Error(`The gateway answered ${status}`);
    await readBody(answered, 1 << 20);
  }
  const { user, system } = process.cpuUsage(from);
  return (user + system) / count;
}

const contestants = Object.entries(settings).map(([name, packages]) => ({ name, gateway: gatewayOn(packages) }));
const costs = new Map<string, number[]>();
for (const chars of Object.values(promptChars)) for (const { gateway } of contestants) await cpuUsEach(gateway, chars, requests);
for (let round = 0; round < rounds; round++) {
  for (const [size, chars] of Object.entries(promptChars)) {
    for (const [index] of contestants.entries()) {
      const { name, gateway } = contestants[(index + round) % contestants.length]!;
      const key = `${name}, ${size}`;
      costs.set(key, [...(costs.get(key) ?? []), await cpuUsEach(gateway, chars, requests)]);
    }
  }
}

const rows = contestants.flatMap(({ name }) =>
  Object.keys(promptChars).map((size) => {
    const own = costs.get(`${name}, ${size}`)!;
    const ratios = own.map((cost, round) => cost / costs.get(`${baseline}, ${size}`)![round]!);
    return { name, size, cpuUs: quantile(own, 0.5), ratio: quantile(ratios, 0.5), lowest: Math.min(...ratios), highest: Math.max(...ratios) };
  }),
);
const table = new Table({ head: ["configuration", "prompt", "CPU a request", "ratio", "of rounds"] });
for (const { name, size, cpuUs, ratio, lowest, highest } of rows) table.push([name, size, `${cpuUs.toFixed(0)} us`, ratio.toFixed(2), `${lowest.toFixed(2)} to ${highest.toFixed(2)}`]);
console.log(table.toString());

/** Bytes of heap that `make` holds. */
function heapOf(make: () => unknown): number {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) throw new Error("Start it with --expose-gc, as npm run bench:packages does");
  collect();
  const before = process.memoryUsage().heapUsed;
  const held = make();
  collect();
  const bytes = process.memoryUsage().heapUsed - before;
  return held === null ? 0 : bytes;
}

const heapBytes = quantile(Array.from({ length: 9 }, () => heapOf(() => loaded(2))), 0.5);
console.log(`A second configuration of 500 keys holds ${(heapBytes / 1024).toFixed(0)} KiB of heap.`);
console.log(JSON.stringify({ rows, heapBytes }));
