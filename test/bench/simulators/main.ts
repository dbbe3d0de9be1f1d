/**
 * `npm run bench:simulators [-- --rounds 7 --run-ms 1500]`: one simulator process beside @copilotkit/aimock and beside
 * a bare node:http server with the same POST, as JSON and as SSE of 8 chunks, then 5,000 open streams. Prints a table,
 * then one line of JSON. The simulator writes its wire tap as in a live run. Rounds alternate, so that other load on
 * the machine affects all servers. Ratios are of the same round, and their median counts.
 */
import { cpus } from "node:os";
import { quantile } from "../../../kernel/stats.ts";
import { cpuMs, residentBytes, runToEnd, startServer, type BenchServer } from "./children.ts";
import { beginRun, instant, simulatorConfig } from "./simulator-config.ts";
import { scriptOptions } from "../../support/script-options.ts";

const usage = `Usage: npm run bench:simulators -- [options]

  --rounds N        of every server (7)
  --run-ms N        length of a measurement (1500)
  --warm-ms N       before each (300)
  --connections N   that ask at once (32)
  --streams N       that are open at once (5000)

Prints a table, then one line of JSON.
`;

const { values } = scriptOptions(usage, {
  rounds: { type: "string", default: "7" },
  "run-ms": { type: "string", default: "1500" },
  "warm-ms": { type: "string", default: "300" },
  connections: { type: "string", default: "32" },
  streams: { type: "string", default: "5000" },
});
const rounds = Number(values.rounds);
/** Time for 5,000 streams to open and be counted while other processes use the machine. */
const streamsTimeoutMs = 300_000;
const modes = ["json", "sse"] as const;
type Mode = (typeof modes)[number];

/** Answers a second, by server and mode, one entry for each round. */
const rates = new Map<string, number[]>();
/**
 * CPU time of the server for each answer, microseconds, including the warm-up. Other load on the machine changes it
 * little.
 */
const costs = new Map<string, number[]>();

const push = (map: Map<string, number[]>, key: string, value: number) => map.set(key, [...(map.get(key) ?? []), value]);

async function measure(server: BenchServer, mode: Mode): Promise<{ rate: number; costUs: number }> {
  const fromMs = cpuMs(server.child.pid!);
  const output = await runToEnd("load.ts", [String(server.port), values.connections, values["warm-ms"], values["run-ms"], mode], Number(values["warm-ms"]) + Number(values["run-ms"]) + 10_000);
  const spentMs = cpuMs(server.child.pid!) - fromMs;
  const { requests, ms, failed, answered } = JSON.parse(output) as { requests: number; ms: number; failed: number; answered: number };
  if (failed > 0 || requests === 0) throw new Error(`${server.name} ${mode}: ${failed} of ${requests} answers were bad`);
  return { rate: requests / (ms / 1000), costUs: (1000 * spentMs) / answered };
}

async function compare(): Promise<void> {
  using config = simulatorConfig(instant);
  await using simulator = await startServer("simulator", "../../../simulators/main.ts", ["--config", config.path]);
  await using aimock = await startServer("aimock", "aimock-server.ts");
  await using bare = await startServer("bare", "bare-server.ts");
  await beginRun(simulator.port);
  const servers = [simulator, aimock, bare];
  for (const mode of modes) for (const server of servers) await measure(server, mode);
  for (let round = 0; round < rounds; round++) {
    for (const mode of modes) {
      const order = servers.map((_, index) => servers[(index + round) % servers.length]!);
      for (const server of order) {
        const key = `${server.name} ${mode}`;
        const { rate, costUs } = await measure(server, mode);
        push(rates, key, rate);
        push(costs, key, costUs);
      }
    }
  }
}

/** The ratio of each round, so that other load on the machine affects both. */
function ratios(mode: Mode, other: string): number[] {
  const theirs = rates.get(`${other} ${mode}`)!;
  return rates.get(`simulator ${mode}`)!.map((rate, round) => rate / theirs[round]!);
}

const rounded = (value: number) => Math.round(value * 100) / 100;

function report(): object {
  console.log(`node ${process.version}, ${cpus().length} cores, ${rounds} rounds of ${values["run-ms"]} ms, ${values.connections} connections, closed loop`);
  console.log("\n| server | mode | answers/s, median | min | max | CPU an answer, median | least |\n|---|---|---|---|---|---|---|");
  for (const [key, all] of rates) {
    const [name, mode] = key.split(" ");
    console.log(`| ${name} | ${mode} | ${Math.round(quantile(all, 0.5))} | ${Math.round(Math.min(...all))} | ${Math.round(Math.max(...all))} | ${quantile(costs.get(key)!, 0.5).toFixed(0)} us | ${Math.min(...costs.get(key)!).toFixed(0)} us |`);
  }
  const pairs = modes.flatMap((mode) => ["aimock", "bare"].map((other) => [`${mode}_vs_${other}`, ratios(mode, other)] as const));
  /** Widest interquartile range of a ratio, relative to its median. */
  const spread = Math.max(...pairs.map(([, all]) => (quantile(all, 0.75) - quantile(all, 0.25)) / quantile(all, 0.5)));
  return { ...Object.fromEntries(pairs.map(([name, all]) => [name, rounded(quantile(all, 0.5))])), spread: rounded(spread) };
}

async function openStreams(count: number): Promise<void> {
  using config = simulatorConfig({ firstTokenMsP50: 100, firstTokenSigma: 0.3, tokensPerSecond: 1, source: "one token a second" });
  await using simulator = await startServer("simulator", "../../../simulators/main.ts", ["--config", config.path]);
  await beginRun(simulator.port);
  const peak = { bytes: 0 };
  const sampling = setInterval(() => (peak.bytes = Math.max(peak.bytes, residentBytes(simulator.child.pid!))), 250);
  try {
    const output = await runToEnd("streams.ts", [String(simulator.port), String(count)], streamsTimeoutMs);
    const { open, words, seconds } = JSON.parse(output) as { open: number; words: number; seconds: number };
    console.log(`\n${open} open streams, ${(words / open / seconds).toFixed(2)} words a second each over ${seconds.toFixed(1)} s: at most ${(peak.bytes / 2 ** 20).toFixed(0)} MiB resident`);
  } finally {
    clearInterval(sampling);
  }
}

await compare();
const line = report();
if (Number(values.streams) > 0) await openStreams(Number(values.streams));
console.log(JSON.stringify(line));
