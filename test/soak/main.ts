/**
 * `npm run soak:gateway [-- --minutes 30 --rps 30 --json]`: whether the gateway's heap stays level under a mixed load
 * of everything that it does, with providers that flap, cut streams and are slow, with clients that leave and configs
 * that change. The used heap is read after a forced collection through the process's inspector; the verdict is by the
 * upper end of the slope's 95 % interval after the warm-up (slope.ts). Exit 0: below 1 MB an hour; 1: not, or something
 * happened that no load excuses; 2: the load did not reach all that it is for; 3: a process failed; 4: bad arguments;
 * 130: Ctrl-C.
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { exitCodes, LabError } from "../../kernel/errors.ts";
import { Client } from "./client.ts";
import type { Sample } from "./inspected.ts";
import { emptyTally, offer, type Tally } from "./load.ts";
import { Scrape } from "./metrics.ts";
import { type Observed, summary, tables, verdictOf } from "./report.ts";
import { SAMPLES_MIN } from "./slope.ts";
import { startWorld, type World } from "./world.ts";
import { scriptOptions } from "../support/script-options.ts";

const usage = `Usage: npm run soak:gateway -- [options]

  --minutes N      length of the load, warm-up included (30)
  --warm-up N      minutes of it that the slope leaves out (a sixth, at most 5)
  --rps N          requests a second, Poisson (30); three times as many in the first two thirds of the warm-up, so that what can be full and hot is so after it
  --sample-s N     seconds between two forced collections (3)
  --reload-s N     seconds between two changes of the config (25: three of them, and the providers' trouble, go evenly into a block of the slope)
  --seed N         of the load and of the providers' trouble (1)
  --snapshots DIR  a heap snapshot after the warm-up and one at the end, for heap-diff.ts; the gateway stands still meanwhile
  --json           nothing but the line of JSON on stdout
`;

interface Settings {
  readonly forMs: number;
  readonly warmUpMs: number;
  readonly perSecond: number;
  readonly sampleMs: number;
  readonly reloadMs: number;
  readonly seed: number;
  readonly snapshots: string | null;
  readonly json: boolean;
}

const refused = (message: string) => new LabError({ exit: "refused", code: "arguments_invalid", message, hint: "see --help" });

function settingsOf(): Settings {
  const text = { type: "string" } as const;
  const { values } = scriptOptions(usage, { minutes: text, "warm-up": text, rps: text, "sample-s": text, "reload-s": text, seed: text, snapshots: text, json: { type: "boolean" } });
  const number = (name: "minutes" | "warm-up" | "rps" | "sample-s" | "reload-s" | "seed", absent: number) => {
    const value = Number(values[name] ?? absent);
    if (!(value > 0)) throw refused(`Cannot soak: --${name} is "${values[name]}", not a number above 0`);
    return value;
  };
  const minutes = number("minutes", 30);
  const settings = {
    forMs: minutes * 60_000,
    warmUpMs: number("warm-up", Math.min(5, minutes / 6)) * 60_000,
    perSecond: number("rps", 30),
    sampleMs: number("sample-s", 3) * 1_000,
    reloadMs: number("reload-s", 25) * 1_000,
    seed: number("seed", 1),
    snapshots: values.snapshots ?? null,
    json: values.json === true,
  };
  const samples = Math.floor((settings.forMs - settings.warmUpMs) / settings.sampleMs);
  if (samples < 2 * SAMPLES_MIN) throw refused(`Cannot soak: ${Math.max(0, samples)} samples after the warm-up tell no slope, at least ${2 * SAMPLES_MIN} do: longer --minutes, or a shorter --sample-s`);
  return settings;
}

/** Times the rate, for the first part of the warm-up; what that took to carry has the rest of it to go again. */
const HOT = { factor: 3, share: 2 / 3 };

/** Between two lines of progress. */
const PROGRESS_MS = 30_000;

const say = (line: string) => process.stderr.write(`${line}\n`);

/** Rejects with the signal's reason when the signal comes first. */
const wait = (ms: number, signal: AbortSignal) => sleep(Math.max(0, ms), undefined, { signal });

async function soak(settings: Settings, interrupt: AbortSignal): Promise<Observed> {
  await using world = await startWorld({ seed: settings.seed, forMs: settings.forMs + 60_000 });
  await using client = new Client(world.gateway.url);
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, interrupt]);
  const tally = emptyTally();
  const startMs = performance.now();
  const perSecond = () => (performance.now() - startMs < HOT.share * settings.warmUpMs ? HOT.factor : 1) * settings.perSecond;
  const load = offer(client, { perSecond, seed: settings.seed, signal }, tally);
  const changing = changeConfigs(world, settings.reloadMs, signal);
  try {
    const samples = await watch(world, settings, tally, interrupt);
    over.abort();
    await Promise.all([load, changing]);
    await wait(3_000, interrupt);
    const scrape = await Scrape.of(world.gateway.url);
    const state = (await (await fetch(`${world.gateway.url}/admin/state`)).json()) as { inFlight: number };
    const idle = await world.inspected.sample(settings.forMs);
    const { reasons, logged, complaints } = world;
    const config = { reloads: logged.get("config_reloaded") ?? 0, refusals: logged.get("config_refused") ?? 0 };
    return { minutes: settings.forMs / 60_000, perSecond: settings.perSecond, samples, idle, inFlightAtEnd: state.inFlight, tally, reasons, logged, complaints, scrape, config };
  } finally {
    over.abort();
  }
}

/** Samples the gateway until the time is over; gives those after the warm-up. */
async function watch(world: World, { forMs, warmUpMs, sampleMs, snapshots }: Settings, tally: Tally, interrupt: AbortSignal): Promise<readonly Sample[]> {
  const startMs = performance.now();
  const samples: Sample[] = [];
  let printedMs = -Infinity;
  for (let dueMs = sampleMs; dueMs <= forMs; dueMs += sampleMs) {
    await wait(startMs + dueMs - performance.now(), interrupt);
    const gone = world.gateway.ended();
    if (gone !== null) throw new LabError({ exit: "failed", code: "gateway_ended", message: `The gateway is gone: ${gone}`, hint: world.complaints.join("\n") });
    const sample = await world.inspected.sample(performance.now() - startMs);
    samples.push(sample);
    if (dueMs - printedMs >= PROGRESS_MS) {
      say(progress(sample, warmUpMs, tally));
      printedMs = dueMs;
    }
    if (snapshots !== null && dueMs >= warmUpMs && dueMs - sampleMs < warmUpMs) await snapshot(world, snapshots, "warm");
  }
  if (snapshots !== null) await snapshot(world, snapshots, "end");
  return samples.filter(({ atMs }) => atMs > warmUpMs);
}

async function snapshot(world: World, folder: string, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name}.heapsnapshot`);
  await world.inspected.snapshot(file);
  say(`wrote ${file}`);
}

async function changeConfigs(world: World, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(everyMs, undefined, { signal }).catch(() => {});
    if (!signal.aborted) await world.reload();
  }
}

function progress({ atMs, heap, code, buffers, resident, sockets }: Sample, warmUpMs: number, { sent }: Tally): string {
  const minutes = (atMs / 60_000).toFixed(1).padStart(5);
  return `${minutes} min${atMs <= warmUpMs ? " (warm-up)" : ""}: heap ${(heap / 1e6).toFixed(2)} MB (code ${(code / 1e6).toFixed(2)}), buffers ${(buffers / 1e6).toFixed(2)}, resident ${(resident / 1e6).toFixed(0)}, ${sockets} sockets, ${sent} requests sent`;
}

async function main(): Promise<number> {
  const settings = settingsOf();
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  try {
    const observed = await soak(settings, interrupt.signal);
    const verdict = verdictOf(observed);
    if (!settings.json) process.stdout.write(`${tables(observed)}\n${verdict.exitCode === exitCodes.held ? "held" : verdict.reasons.join("\n")}\n`);
    process.stdout.write(`${JSON.stringify(summary(observed, verdict))}\n`);
    return verdict.exitCode;
  } catch (error) {
    if (interrupt.signal.aborted) return exitCodes.interrupted;
    throw error;
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  say(`${error.message}\n${error.hint}`);
  process.exitCode = error.exitCode;
}
