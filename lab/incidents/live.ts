import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { liveClock } from "../../kernel/clock-live.ts";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { TapLine, TapTrailer, WireRecord } from "../../kernel/records.ts";
import { neverSignal } from "../../kernel/signal.ts";
import type { Transport } from "../../kernel/transport.ts";
import { utf8Text } from "../../kernel/utf8.ts";
import { fileLimits, readLines } from "../files.ts";
import { Interrupted } from "../live/interrupt.ts";
import { restrictOutgoing } from "../outgoing.ts";
import { UndiciTransport } from "../load/undici-transport.ts";
import { watchParts } from "../live/part-watch.ts";
import { startLimitMs } from "../live/start-limit.ts";
import { describeTrouble } from "../live/troubles.ts";
import { startWarden, type Child, type Trouble, type Warden } from "../warden/client.ts";
import { phaseChecks, type PhaseChecks } from "./core/checks.ts";
import { driveTrials, type Way } from "./core/driver.ts";
import type { Subject } from "./core/subject.ts";
import { trialsOf, wireRequestOf } from "./core/trials.ts";
import { simulatorsOf, type SubjectSimulator } from "./core/world.ts";
import type { VerifyHarness } from "./verify.ts";

const simulatorMain = fileURLToPath(new URL("../../simulators/main.ts", import.meta.url));
/** From the order to begin to the timeline's zero. */
const leadMs = 1_000;
/** Nothing is sent so near to the ends of a phase: a request that is a little late arrives in its own phase. */
const marginMs = 500;
/** What loopback, two processes and a busy machine may add to the median first token. */
const allowanceMs = 25;
const warmConnections = 32;

/**
 * Every subject on simulator processes of its own, over sockets, in real time. `await using` it: it owns a warden and a
 * folder.
 */
export async function startLiveHarness(seed: number): Promise<VerifyHarness & AsyncDisposable> {
  const folder = await mkdtemp(path.join(tmpdir(), "blastlab-verify-"));
  restrictOutgoing();
  const { onExit, died } = watchParts();
  const onTrouble = (trouble: Trouble) => void process.stderr.write(`warning: ${describeTrouble(trouble)}\n`);
  const warden = startWarden({ label: "blastlab incidents verify", log: path.join(folder, "warden.log"), onTrouble, onExit });
  let plays = 0;
  let closed = false;
  return {
    perSecondMax: 200,
    marginMs,
    parallel: 2,
    play: (subject, z) => {
      // Who was interrupted between two subjects must not begin the next in a folder that is being removed.
      if (closed) return Promise.reject(new Interrupted());
      return Promise.race([playLive(subject, { seed, z, warden, folder: path.join(folder, `${plays++}`) }), died]);
    },
    [Symbol.asyncDispose]: async () => {
      closed = true;
      await warden.shutdown();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Stage {
  readonly seed: number;
  readonly z: number;
  readonly warden: Warden;
  readonly folder: string;
}

interface Running {
  readonly name: string;
  readonly url: string;
  readonly child: Child;
  readonly tap: string;
}

async function playLive(subject: Subject, stage: Stage): Promise<readonly PhaseChecks[]> {
  const { seed, z, folder } = stage;
  await mkdir(folder, { recursive: true });
  const running = await Promise.all(simulatorsOf(subject, seed).map((config) => startSimulator(config, stage)));
  try {
    const urls = new Map(running.map(({ name, url }) => [name, url]));
    await using pooled = new UndiciTransport();
    await using fresh = new UndiciTransport();
    const trials = trialsOf(subject, seed, z, marginMs);
    await warm(subject, trials, urls, pooled);
    const epochMs = Date.now() + leadMs;
    await Promise.all(running.map(({ name, url }) => callControl(name, `${url}/control/begin`, { epochMs })));
    const seen = await driveTrials({ clock: liveClock(epochMs), subject, trials, urls, way: wayOf(pooled, fresh) });
    const wire = await Promise.all(running.map(endTap));
    return phaseChecks({ subject, seen, wire: wire.flat(), z, allowanceMs });
  } finally {
    await Promise.all(running.map(({ child }) => child.stop(2_000)));
  }
}

function wayOf(pooled: Transport, fresh: Transport): Way {
  return {
    open: (request, newConnection, signal) =>
      newConnection ? fresh.open({ ...request, headers: { ...request.headers, connection: "close" } }, signal) : pooled.open(request, signal),
  };
}

/** Connections that are there before the timeline begins: for requests that new ones would be hit on. */
async function warm(subject: Subject, trials: ReturnType<typeof trialsOf>, urls: ReadonlyMap<string, string>, pooled: Transport): Promise<void> {
  const index = subject.populations.findIndex(({ hit, request }) => !hit && !request.newConnection);
  const trial = trials.find(({ population }) => population === index);
  if (trial === undefined) return;
  const population = subject.populations[index]!;
  const { path: to, headers, body } = wireRequestOf({ ...trial, id: "warm-up" }, population);
  const url = `${urls.get(population.deployment.name)}${to}`;
  await Promise.all(
    Array.from({ length: warmConnections }, async () => {
      const response = await pooled.open({ method: "POST", url, headers, body }, neverSignal);
      for await (const _ of response.body);
    }),
  );
}

async function startSimulator(config: SubjectSimulator, { warden, folder }: Stage): Promise<Running> {
  const { name } = config.deployment;
  const tap = path.join(folder, `wire-${name}.ndjson`);
  const file = path.join(folder, `${name}.json`);
  await writeFile(file, JSON.stringify({ ...config, run: "incidents-verify", listen: { host: "127.0.0.1", port: 0 }, tap }));
  const id = `${path.basename(folder)}-${name}`;
  const child = await warden.spawn({ id, command: process.execPath, args: [simulatorMain, "--config", file], log: path.join(folder, `${name}.log`) });
  const { url } = await child.ready(startLimitMs);
  return { name, url, child, tap };
}

/** Closes the tap and reads it. */
async function endTap({ name, url, tap }: Running): Promise<readonly WireRecord[]> {
  await callControl(name, `${url}/control/end`, {});
  const lines = wireLines(name, tap);
  const records = lines.filter((line): line is TapLine<WireRecord> => line.type === "record");
  const trailer = lines.at(-1);
  if (trailer?.type === "trailer" && trailer.count === records.length) return records;
  throw providerFailed(name, "its wire tap is not whole");
}

function wireLines(name: string, tap: string): readonly (TapLine<WireRecord> | TapTrailer | { readonly type: "header" })[] {
  try {
    return Array.from(readLines(tap, fileLimits.tap), ({ bytes }) => JSON.parse(utf8Text(bytes)) as ReturnType<typeof wireLines>[number]);
  } catch (error) {
    throw providerFailed(name, `its wire tap cannot be read: ${messageOf(error)}`, error);
  }
}

async function callControl(name: string, url: string, body: object): Promise<void> {
  try {
    const response = await fetch(url, { method: "POST", redirect: "manual", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal: AbortSignal.timeout(startLimitMs) });
    if (!response.ok) throw new Error(`it answered ${response.status}: ${await response.text()}`);
  } catch (error) {
    throw providerFailed(name, messageOf(error), error);
  }
}

function providerFailed(name: string, detail: string, cause?: unknown): LabError {
  return new LabError({
    exit: "failed",
    code: "provider_unreachable",
    message: `Cannot verify with the simulator "${name}": ${detail}`,
    hint: "Run again without --live to see whether the incident itself is at fault",
    cause,
  });
}
