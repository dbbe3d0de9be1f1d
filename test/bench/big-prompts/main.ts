/**
 * Small requests beside prompts of 4 MB: `npm run bench:big-prompts [-- --rounds 5 --block-ms 2000 --only plain]`.
 * Each round has three blocks: small requests alone, beside big prompts through the same gateway, and beside big
 * prompts through another gateway of the same kind. The two gateways share nothing but the machine, so the last is the
 * floor: no gateway can do better with so many processes on so few cores. The clients of small and of big requests, and
 * the providers of both, are four processes beside the gateways', and each measures its own event loop. So the first
 * table is what clients see, and the second shows what of it is the gateway's. The bare proxy parses each body and
 * writes it again. Nothing is asserted.
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
  { name: "plain, steps", kind: "steps", settings: {} },
  { name: "guards, cache, limits, prose", kind: "prose", settings: { guards, limits, cache: {} } },
  { name: "guards, cache, limits, agent", kind: "agent", settings: { guards, limits, cache: {} } },
  { name: "guards, cache, limits, steps", kind: "steps", settings: { guards, limits, cache: {} } },
];

type Role = "gateway" | "small client" | "provider of small";

interface Side {
  readonly smallMs: readonly number[];
  readonly bigMs: readonly number[];
  readonly measured: Readonly<Record<Role, Measured>>;
}

/** Where big prompts go while small requests are measured. */
const sides = ["alone", "beside", "elsewhere"] as const;
type SideName = (typeof sides)[number];
type Round = Readonly<Record<SideName, Side>>;

interface Parts {
  readonly gateway: Metered;
  readonly otherGateway: Metered;
  readonly small: Metered;
  readonly big: Metered;
  readonly provider: Metered;
}

async function side({ gateway, otherGateway, small, big, provider }: Parts, name: SideName): Promise<Side> {
  const processes = { gateway, "small client": small, "provider of small": provider };
  for (const each of Object.values(processes)) each.reset();
  const ms = Number(values["block-ms"]);
  const bigUrl = { alone: null, beside: gateway.url, elsewhere: otherGateway.url }[name];
  const bigRun = bigUrl === null ? [] : big.run({ url: bigUrl, ms });
  const [smallMs, bigMs] = await Promise.all([small.run({ url: gateway.url, ms }), bigRun]);
  const entries = await Promise.all(Object.entries(processes).map(async ([role, each]) => [role, await each.read()] as const));
  return { smallMs, bigMs, measured: Object.fromEntries(entries) as Record<Role, Measured> };
}

async function roundsOf({ kind, settings }: Contestant, folder: string): Promise<readonly Round[]> {
  await using started = new AsyncDisposableStack();
  const provider = started.use(await startMetered("provider.ts"));
  const bigProvider = started.use(await startMetered("provider.ts"));
  const urls = [provider.url, bigProvider.url] as const;
  const gateway = started.use(await startGateway(settings, urls, folder));
  const otherGateway = started.use(await startGateway(settings, urls, folder));
  const small = started.use(await startMetered("client.ts", ["small", "small"]));
  const big = started.use(await startMetered("client.ts", ["big", kind]));
  await small.run({ url: gateway.url, ms: WARM_MS });
  for (const { url } of [gateway, otherGateway]) await big.run({ url, ms: Infinity, countMax: WARM_PROMPTS });
  const rounds: Round[] = [];
  const parts = { gateway, otherGateway, small, big, provider };
  for (let count = 0; count < Number(values.rounds); count++) {
    rounds.push({ alone: await side(parts, "alone"), beside: await side(parts, "beside"), elsewhere: await side(parts, "elsewhere") });
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
function seenRows(name: string, rounds: readonly Round[]): string {
  const all = (one: SideName) => rounds.flatMap((round) => round[one].smallMs);
  const figures = (one: SideName) => [ms(quantile(all(one), 0.5)), ms(quantile(all(one), 0.99))];
  const seenRow = (one: "beside" | "elsewhere") => {
    const ratios = rounds.map((round) => quantile(round[one].smallMs, 0.99) / quantile(round.alone.smallMs, 0.99));
    const prompts = rounds.flatMap((round) => round[one].bigMs);
    const ratio = ms(quantile(all(one), 0.99) / quantile(all("alone"), 0.99));
    const label = one === "beside" ? name : `${name}, through another gateway`;
    return row([label, ...figures("alone"), ...figures(one), ratio, spread(ratios), prompts.length, ms(median(prompts)), loadavg()[0]!.toFixed(1)]);
  };
  return seenRow("beside") + seenRow("elsewhere");
}

/** What the processes measured of themselves. */
function ownRows(name: string, rounds: readonly Round[]): string {
  const of = (one: SideName) => {
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
  return sides.map(of).join("");
}

const header = (cells: readonly string[]) => row(cells) + row(cells.map(() => "---"));

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "blastlab-big-prompts-"));
  const own: string[] = [];
  process.stdout.write(`${values.rounds} rounds of ${sides.length} x ${values["block-ms"]} ms, ${availableParallelism()} cores, Node ${process.version}. Times in ms; spreads are over rounds: median (least to most).\n\n`);
  process.stdout.write(header(["", "p50 alone", "p99 alone", "p50 with", "p99 with", "ratio of p99", "ratio in a round", "big prompts", "their p50", "load average"]));
  for (const contestant of contestants.filter(({ name }) => name.includes(values.only ?? ""))) {
    const rounds = await roundsOf(contestant, folder);
    process.stdout.write(seenRows(contestant.name, rounds));
    own.push(ownRows(contestant.name, rounds));
  }
  process.stdout.write("\nWhat processes measured of themselves. Served: small requests in the gateway, from head to end of answer, the provider's time included.\n\n");
  process.stdout.write(header(["gateway", "served p50", "served p99", "event loop p99", "event loop worst", "collector's worst pause", "old space collected", "CPU %", "small client's loop, worst", "its provider's loop, worst"]));
  process.stdout.write(own.join(""));
  await rm(folder, { recursive: true });
}

await main();
