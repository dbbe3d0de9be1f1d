/**
 * `npm run bench:gateway [-- --rounds 5 --run-ms 1500 --settle-ms 8000 --no-portkey]`: the reference gateway, with
 * governance, cache look-up, guards and telemetry on, beside a bare fastify and undici proxy and beside Portkey in two
 * rows (portkey.ts), at 1, 32 and 256 connections: 150 bytes in, 309 out, and an SSE of 50 chunks. Every prompt is
 * another, so nothing is answered from the cache. Rounds alternate; ratios are of the same round, and their median
 * counts. Prints a table, then one line of JSON.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import Table from "cli-table3";
import { messageOf } from "../../../kernel/errors.ts";
import { quantile } from "../../../kernel/stats.ts";
import { cpuMs, runToEnd, startServer, type BenchServer } from "../simulators/children.ts";
import { gatewayFile, portkeyHeaders, requestFile } from "./configs.ts";
import { installPortkey, type PortkeyRow } from "./portkey.ts";
import { scriptOptions } from "../../support/script-options.ts";

const usage = `Usage: npm run bench:gateway -- [options]

  --rounds N      of every contestant (5)
  --run-ms N      length of a measurement (1500)
  --warm-ms N     before each (400)
  --settle-ms N   once before the rounds, for each contestant and mode (8000)
  --no-portkey    without Portkey, which is installed for it otherwise

Prints a table, then one line of JSON.
`;

const { values } = scriptOptions(usage, {
  rounds: { type: "string", default: "5" },
  "run-ms": { type: "string", default: "1500" },
  "warm-ms": { type: "string", default: "400" },
  /** Before the rounds, each contestant and mode: until its code is compiled as it will stay. */
  "settle-ms": { type: "string", default: "8000" },
  "no-portkey": { type: "boolean", default: false },
});
const modes = ["json", "sse"] as const;
const connectionCounts = [1, 32, 256] as const;

interface Contestant {
  readonly name: string;
  readonly server: BenchServer;
  /** What its clients send. */
  readonly request: string;
}

/**
 * Answers a second and CPU microseconds an answer, by `name mode connections`; one entry a round. Null: its answers
 * were bad. On a machine with other work only the ratio of the CPU means anything, and that not much.
 */
const rates = new Map<string, (number | null)[]>();
const costs = new Map<string, (number | null)[]>();
const problems = new Map<string, string>();

const here = (script: string) => new URL(script, import.meta.url).href;
const keyOf = (name: string, mode: string, connections: number) => `${name} ${mode} ${connections}`;
const push = <T>(map: Map<string, T[]>, key: string, value: T) => map.set(key, [...(map.get(key) ?? []), value]);

const load = async ({ server, request }: Contestant, mode: string, { connections, warmMs, runMs }: { connections: number; warmMs: string; runMs: string }) =>
  JSON.parse(await runToEnd("load.ts", [String(server.port), String(connections), warmMs, runMs, mode, request], Number(warmMs) + Number(runMs) + LOAD_GRACE_MS)) as { requests: number; ms: number; failed: number; answered: number };

/** For a load to start and to end. */
const LOAD_GRACE_MS = 10_000;

async function settle(contestants: readonly Contestant[]): Promise<void> {
  for (const contestant of contestants) {
    process.stderr.write(`settling: ${contestant.name}\n`);
    for (const mode of modes) await load(contestant, mode, { connections: 32, warmMs: "0", runMs: values["settle-ms"] }).catch(() => {});
  }
}

async function measure(contestant: Contestant, mode: string, connections: number): Promise<void> {
  const { name, server } = contestant;
  const key = keyOf(name, mode, connections);
  const fromMs = cpuMs(server.child.pid!);
  try {
    const { requests, ms, failed, answered } = await load(contestant, mode, { connections, warmMs: values["warm-ms"], runMs: values["run-ms"] });
    if (failed > 0 || requests === 0) throw new Error(`${failed} of ${requests} answers were bad`);
    push(rates, key, requests / (ms / 1000));
    push(costs, key, (1000 * (cpuMs(server.child.pid!) - fromMs)) / answered);
  } catch (error) {
    push(rates, key, null);
    push(costs, key, null);
    problems.set(`${name}, ${mode}`, messageOf(error));
  }
}

async function contest(contestants: readonly Contestant[]): Promise<void> {
  for (let round = 0; round < Number(values.rounds); round++) {
    process.stderr.write(`round ${round + 1} of ${values.rounds}\n`);
    for (const mode of modes) {
      for (const connections of connectionCounts) {
        for (const [index] of contestants.entries()) await measure(contestants[(index + round) % contestants.length]!, mode, connections);
      }
    }
  }
}

function medianOf(key: string, figures: ReadonlyMap<string, readonly (number | null)[]> = rates): number | null {
  const all = figures.get(key) ?? [];
  const good = all.filter((figure) => figure !== null);
  return good.length === 0 || good.length < all.length ? null : quantile(good, 0.5);
}

/** Ratios of the same round and the same connections, over all connections. */
function ratios(mode: string, other: string, figures: ReadonlyMap<string, readonly (number | null)[]> = rates): readonly number[] {
  return connectionCounts.flatMap((connections) => {
    const ours = figures.get(keyOf("blastlab", mode, connections)) ?? [];
    const theirs = figures.get(keyOf(other, mode, connections)) ?? [];
    return ours.flatMap((figure, round) => (figure === null || typeof theirs[round] !== "number" ? [] : [figure / theirs[round]]));
  });
}

const rounded = (value: number) => Math.round(value * 100) / 100;
const median = (values: readonly number[]) => (values.length === 0 ? null : rounded(quantile(values, 0.5)));

function table(contestants: readonly Contestant[]): string {
  const grid = new Table({ head: ["", ...modes.flatMap((mode) => connectionCounts.map((connections) => `${mode} c${connections}`))], style: { head: [], border: [] } });
  for (const { name } of contestants) {
    const cells = modes.flatMap((mode) =>
      connectionCounts.map((connections) => {
        const rate = medianOf(keyOf(name, mode, connections));
        const cost = medianOf(keyOf(name, mode, connections), costs);
        return rate === null || cost === null ? "bad answers" : `${Math.round(rate)}/s ${Math.round(cost)} us`;
      }),
    );
    grid.push([name, ...cells]);
  }
  return grid.toString();
}

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-bench-"));
  await using servers = new AsyncDisposableStack();
  servers.defer(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string) => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const provider = servers.use(await startServer("provider", here("provider.ts")));
  const providerUrl = `http://127.0.0.1:${provider.port}`;
  process.env["BENCH_PROVIDER_KEY"] = "sk-provider";
  const gateway = servers.use(await startServer("blastlab", here("../../../gateway/main.ts"), ["--config", write("gateway.yaml", gatewayFile(providerUrl))], path.join(folder, "gateway.log")));
  const bare = servers.use(await startServer("bare proxy", here("bare.ts"), [providerUrl]));
  const plain = write("request.json", requestFile({}));
  const contestants: Contestant[] = [
    { name: "provider alone", server: provider, request: plain },
    { name: "bare proxy", server: bare, request: plain },
    { name: "blastlab", server: gateway, request: plain },
  ];
  for (const row of values["no-portkey"] ? [] : (["intended", "installed"] satisfies PortkeyRow[])) {
    try {
      const server = servers.use(await startServer(`portkey ${row}`, here("portkey-server.ts"), [installPortkey(row)]));
      contestants.push({ name: `portkey ${row}`, server, request: write(`${row}.json`, requestFile(portkeyHeaders(providerUrl))) });
    } catch (error) {
      problems.set(`portkey ${row}`, `not run: ${messageOf(error)}`);
    }
  }
  await settle(contestants);
  await contest(contestants);
  const hits = await cacheHits(gateway.port);
  const json = ratios("json", "bare proxy");
  const sse = ratios("sse", "bare proxy");
  process.stdout.write(`${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}, ${values.rounds} rounds of ${values["run-ms"]} ms; answers a second and CPU of the server for one, medians\n`);
  process.stdout.write(`${table(contestants)}\ncache hits: ${hits}\n`);
  for (const [what, problem] of problems) process.stdout.write(`${what}: ${problem}\n`);
  const result = {
    json_vs_bare: median(json),
    sse_vs_bare: median(sse),
    json_vs_portkey: median(ratios("json", "portkey intended")),
    sse_vs_portkey: median(ratios("sse", "portkey intended")),
    spread: { json_vs_bare: spread(json), sse_vs_bare: spread(sse) },
    cpu: { json_vs_bare: median(ratios("json", "bare proxy", costs)), sse_vs_bare: median(ratios("sse", "bare proxy", costs)) },
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** 10th and 90th percentile. */
function spread(values: readonly number[]): readonly [number, number] | null {
  return values.length === 0 ? null : [rounded(quantile(values, 0.1)), rounded(quantile(values, 0.9))];
}

/** What the gateway counts of answers from its cache: 0, or the benchmark measured something else. */
async function cacheHits(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const lines = text.split("\n").filter((line) => /cache/.test(line) && /="(hit|stale|coalesced|semantic)[a-z_]*"/.test(line) && !line.startsWith("#"));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

await main();
