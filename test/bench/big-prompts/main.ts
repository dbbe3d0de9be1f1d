/**
 * Small requests beside prompts of 4 MB: `npm run bench:big-prompts [-- --rounds 5 --block-ms 2000 --only plain]`. Blocks with and without big prompts
 * alternate against one gateway. The clients of small and of big requests, and the providers of both, are four processes beside the gateway's, and each
 * measures its own event loop. So the first table is what clients see, and the second tells what of it is the gateway's. The first rows are the floor:
 * a bare proxy that parses each body and writes it again. Nothing is asserted.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { quantile } from "../../../kernel/stats.ts";
import type { Measured } from "./meter.ts";
import { type Metered, startMetered } from "./processes.ts";
import type { PromptKind } from "./prompts.ts";
import { scriptOptions } from "../../support/script-options.ts";

const usage = `Usage: npm run bench:big-prompts -- [options]

  --rounds N     of every case (5)
  --block-ms N   length of a block (2000)
  --only KIND    prompts of this kind alone

Prints tables.
`;

const { values } = scriptOptions(usage, { rounds: { type: "string", default: "5" }, "block-ms": { type: "string", default: "2000" }, only: { type: "string" } });

/** Until the code of small requests is compiled as it will stay. */
const WARM_MS = 3_000;
const WARM_PROMPTS = 8;
const CHARACTERS_MAX = 16 * 1024 * 1024;

const limits = { rules: [{ team: "*", windowMs: 60_000, requests: 1_000_000, tokens: 1_000_000_000_000 }] };
const guards = { pii: { answers: "scrub", charactersMax: CHARACTERS_MAX }, injection: { action: "block", charactersMax: CHARACTERS_MAX } };

interface Contestant {
  readonly name: string;
  readonly kind: PromptKind;
  /** Null: the bare proxy. */
  readonly settings: object | null;
}

const contestants: readonly Contestant[] = [
  { name: "bare proxy, prose", kind: "prose", settings: null },
  { name: "bare proxy, agent", kind: "agent", settings: null },
  { name: "plain, prose", kind: "prose", settings: {} },
  { name: "plain, agent", kind: "agent", settings: {} },
  { name: "guards, cache, limits, prose", kind: "prose", settings: { guards, limits, cache: {} } },
  { name: "guards, cache, limits, agent", kind: "agent", settings: { guards, limits, cache: {} } },
];

type Role = "gateway" | "small client" | "provider of small";

interface Side {
  readonly smallMs: readonly number[];
  readonly bigMs: readonly number[];
  readonly measured: Readonly<Record<Role, Measured>>;
}

interface Round {
  readonly alone: Side;
  readonly beside: Side;
}

interface Parts {
  readonly gateway: Metered;
  readonly small: Metered;
  readonly big: Metered;
  readonly provider: Metered;
}

async function side({ gateway, small, big, provider }: Parts, isWithBig: boolean): Promise<Side> {
  const processes = { gateway, "small client": small, "provider of small": provider };
  for (const each of Object.values(processes)) each.reset();
  const block = { url: gateway.url, ms: Number(values["block-ms"]) };
  const [smallMs, bigMs] = await Promise.all([small.run(block), isWithBig ? big.run(block) : []]);
  const entries = await Promise.all(Object.entries(processes).map(async ([role, each]) => [role, await each.read()] as const));
  return { smallMs, bigMs, measured: Object.fromEntries(entries) as Record<Role, Measured> };
}

async function roundsOf({ kind, settings }: Contestant, folder: string): Promise<readonly Round[]> {
  await using started = new AsyncDisposableStack();
  const provider = started.use(await startMetered("provider.ts"));
  const bigProvider = started.use(await startMetered("provider.ts"));
  const gateway = started.use(await startGateway(settings, [provider.url, bigProvider.url], folder));
  const small = started.use(await startMetered("client.ts", ["small", "small"]));
  const big = started.use(await startMetered("client.ts", ["big", kind]));
  const { url } = gateway;
  await small.run({ url, ms: WARM_MS });
  await big.run({ url, ms: Infinity, countMax: WARM_PROMPTS });
  const rounds: Round[] = [];
  for (let count = 0; count < Number(values.rounds); count++) {
    const parts = { gateway, small, big, provider };
    rounds.push({ alone: await side(parts, false), beside: await side(parts, true) });
  }
  return rounds;
}

async function startGateway(settings: object | null, [small, big]: readonly [string, string], folder: string): Promise<Metered> {
  if (settings === null) return startMetered("../gateway/bare.ts", [small, big]);
  const deployment = (name: string, url: string) => ({ name, dialect: "openai_compatible", model: "m", baseUrl: `${url}/v1`, credential: "env:BENCH_KEY" });
  const routes = [{ name: "small", deployments: ["a"] }, { name: "big", deployments: ["b"] }];
  const file = path.join(folder, "gateway.json");
  await writeFile(file, JSON.stringify({ keys: [{ key: "vk", team: "a", feature: "f" }], deployments: [deployment("a", small), deployment("b", big)], routes, ...settings }));
  return startMetered("../../../gateway/main.ts", ["--config", file], { BENCH_KEY: "sk-bench" });
}

const ms = (value: number) => value.toFixed(1);
const median = (all: readonly number[]) => quantile(all, 0.5);
const spread = (all: readonly number[]) => `${ms(median(all))} (${ms(Math.min(...all))} to ${ms(Math.max(...all))})`;
const row = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |\n`;

/** What clients see. The ratio is that of a round; its median and its spread over the rounds are given. */
function seenRow(name: string, rounds: readonly Round[]): string {
  const p50 = (one: "alone" | "beside") => ms(quantile(rounds.flatMap((round) => round[one].smallMs), 0.5));
  const p99 = (one: "alone" | "beside") => quantile(rounds.flatMap((round) => round[one].smallMs), 0.99);
  const ratios = rounds.map(({ alone, beside }) => quantile(beside.smallMs, 0.99) / quantile(alone.smallMs, 0.99));
  const prompts = rounds.flatMap(({ beside }) => beside.bigMs);
  return row([name, p50("alone"), ms(p99("alone")), p50("beside"), ms(p99("beside")), ms(p99("beside") / p99("alone")), spread(ratios), prompts.length, ms(median(prompts))]);
}

/** What the processes measured of themselves. */
function ownRows(name: string, rounds: readonly Round[]): string {
  const of = (one: "alone" | "beside") => {
    const figures = (role: Role, read: (measured: Measured) => number) => rounds.map((round) => read(round[one].measured[role]));
    const worst = (role: Role) => spread(figures(role, ({ loopMaxMs }) => loopMaxMs));
    const served = rounds.flatMap((round) => round[one].measured.gateway.servedMs);
    const gateway = (read: (measured: Measured) => number) => spread(figures("gateway", read));
    const collections = figures("gateway", ({ oldSpaceCollections }) => oldSpaceCollections).reduce((total, count) => total + count, 0);
    return row([
      `${name}, ${one}`, ms(quantile(served, 0.5)), ms(quantile(served, 0.99)), gateway(({ loopP99Ms }) => loopP99Ms), worst("gateway"),
      gateway(({ collectorMaxMs }) => collectorMaxMs), collections, gateway(({ cpuMs }) => cpuMs / Number(values["block-ms"]) * 100), worst("small client"), worst("provider of small"),
    ]);
  };
  return of("alone") + of("beside");
}

const header = (cells: readonly string[]) => row(cells) + row(cells.map(() => "---"));

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "blastlab-big-prompts-"));
  const own: string[] = [];
  process.stdout.write(`${values.rounds} rounds of 2 x ${values["block-ms"]} ms, ${availableParallelism()} cores, Node ${process.version}. Times in ms; spreads are over rounds: median (least to most).\n\n`);
  process.stdout.write(header(["", "p50 alone", "p99 alone", "p50 beside", "p99 beside", "ratio of p99", "ratio in a round", "big prompts", "their p50", "load average"]));
  for (const contestant of contestants.filter(({ name }) => name.includes(values.only ?? ""))) {
    const rounds = await roundsOf(contestant, folder);
    process.stdout.write(seenRow(contestant.name, rounds).replace(/\n$/, ` ${loadavg()[0]!.toFixed(1)} |\n`));
    own.push(ownRows(contestant.name, rounds));
  }
  process.stdout.write("\nWhat processes measured of themselves. Served: small requests in the gateway, from head to end of answer, the provider's time included.\n\n");
  process.stdout.write(header(["gateway", "served p50", "served p99", "event loop p99", "event loop worst", "collector's worst pause", "old space collected", "CPU %", "small client's loop, worst", "its provider's loop, worst"]));
  process.stdout.write(own.join(""));
  await rm(folder, { recursive: true });
}

await main();
