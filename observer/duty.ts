import type { IMetricReader } from "@opentelemetry/sdk-metrics";
import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { Agent, setGlobalDispatcher } from "undici";
import type { z } from "zod";
import { liveClock } from "../kernel/clock-live.ts";
import type { Clock } from "../kernel/clock.ts";
import { LabError } from "../kernel/errors.ts";
import { isOnOwnNetwork } from "../kernel/own-network.ts";
import { pinnedLookup } from "../kernel/pinned-lookup.ts";
import type { Arrival, Plan } from "../kernel/plan.ts";
import type { CountedRecord, CanaryRecord } from "../kernel/records.ts";
import { Canceller, Cancelled, type Signal } from "../kernel/signal.ts";
import { scrape } from "./gateway-metrics.ts";
import { sendProbe } from "./canary.ts";
import type { ObserverConfig } from "./config.ts";
import { GatewayTotals } from "./measure/gateway-totals.ts";
import { LineFollower } from "./line-follower.ts";
import { LiveView } from "./measure/live-view.ts";
import { ObserverCounts } from "./measure/observer-counts.ts";
import { probesOf, probeTimes } from "./measure/probe.ts";
import { clientSchema, faultSchema, wireSchema } from "./record-schemas.ts";
import { readArrivals, readPlan } from "./run-files.ts";
import { TapWriter } from "./tap-writer.ts";
import { serveMetrics } from "./telemetry/metrics-server.ts";
import { ObserverTelemetry, seriesMax } from "./telemetry/telemetry.ts";

const scrapeEveryMs = 1_000;
const lineEveryMs = 1_000;
const lookUpService: LookupFunction = lookup;

/** Everything that the duties share. */
interface Duty {
  readonly config: ObserverConfig;
  readonly epochMs: number;
  /** Of the timeline. */
  readonly endMs: number;
  readonly plan: Plan;
  readonly clock: Clock;
  readonly signal: Signal;
  readonly view: LiveView;
  readonly counts: ObserverCounts;
  readonly telemetry: ObserverTelemetry;
}

/**
 * Live duty, until SIGTERM or until stdin closes: probes each route, reads the system's metrics, follows the taps,
 * prints progress once a second on stdout, and shows all of it in metrics of its own. Resolves to the exit code once
 * the observer's own taps are closed. Throws LabError for an unreadable run directory.
 */
export async function keepDuty(config: ObserverConfig): Promise<number> {
  const plan = readPlan(config.directory);
  const view = new LiveView(plan, arrivalsOf(config.directory, plan));
  const counts = new ObserverCounts(plan, (requestId) => view.teamOf(requestId));
  let offered = () => 0;
  await using telemetry = new ObserverTelemetry({ counts, offered: () => offered(), run: plan.run, sender: await senderOf(config) });
  await using server = await serveMetrics(telemetry, config.listen);
  const canceller = new Canceller();
  const begun = stopOn(canceller);
  // Names lead where the conductor has judged that they may, and nowhere else.
  setGlobalDispatcher(new Agent({ connect: { lookup: pinnedLookup(config.pins, isOnOwnNetwork(process.env) ? lookUpService : null) } }));
  print({ ready: true, url: server.url });
  const epochMs = config.epochMs === "start" ? Date.now() : (config.epochMs ?? (await begun));
  if (epochMs === null) return 0;
  const endMs = config.epochMs === "start" ? plan.timeline.endMs : Infinity;
  const clock = liveClock(epochMs);
  offered = () => view.offered(clock.nowMs());
  const duty: Duty = { config, epochMs, endMs, plan, view, counts, telemetry, clock, signal: canceller.signal };
  using canaries = openTap<CanaryRecord>(duty, "canary");
  using counted = openTap<CountedRecord>(duty, "counted");
  await Promise.all([probeRoutes(duty, canaries), readMetrics(duty, counted), printProgress(duty)]);
  return 0;
}

/** Its packages are loaded only where metrics are sent. */
async function senderOf({ otlp }: ObserverConfig): Promise<IMetricReader | null> {
  if (otlp === null) return null;
  const { otlpReader } = await import("./telemetry/otlp.ts");
  return otlpReader(otlp, { seriesMax, onTrouble: logTrouble });
}

function arrivalsOf(directory: string, { arrivalCount }: Plan): readonly Arrival[] {
  const { arrivals, faults } = readArrivals(directory, arrivalCount);
  const [fault] = faults;
  if (fault === undefined) return arrivals;
  throw new LabError({ exit: "refused", code: "run_unreadable", message: `Cannot observe run "${directory}": ${fault}`, hint: "Give the directory of a run that is about to begin" });
}

/** Resolves to the timeline's zero from stdin; to null when the process is stopped before. */
function stopOn(canceller: Canceller): Promise<number | null> {
  const begun = Promise.withResolvers<number | null>();
  createInterface({ input: process.stdin }).once("line", (line) => begun.resolve((JSON.parse(line) as { readonly epochMs: number }).epochMs));
  canceller.signal.onAbort(() => begun.resolve(null));
  process.once("SIGTERM", () => canceller.cancel("SIGTERM"));
  process.stdin.once("end", () => canceller.cancel("stdin closed"));
  process.stdin.on("error", () => canceller.cancel("stdin closed"));
  return begun.promise;
}

function openTap<R extends object>({ config, plan, epochMs }: Duty, tap: "canary" | "counted"): TapWriter<R> {
  return new TapWriter<R>(path.join(config.directory, "taps", `${tap}.ndjson`), {
    tap,
    source: "observer",
    run: plan.run,
    seed: plan.seed,
    epochMs,
  });
}

/**
 * One probe of each route every two seconds, from the timeline's zero to the last intended send. None waits for
 * another.
 */
async function probeRoutes({ config, plan, clock, signal, counts }: Duty, tap: TapWriter<CanaryRecord>): Promise<void> {
  const probes = probesOf(plan, config);
  const nowMs = () => clock.nowMs();
  await every(clock, { periodMs: probeTimes.everyMs, fromMs: 0, toMs: plan.timeline.endMs, signal }, (number) => {
    for (const probe of probes) void sendProbe(probe, { plan, number, nowMs }).then((record) => {
      tap.append(record);
      counts.takeProbe(record);
    });
  });
}

async function readMetrics({ config, clock, endMs, signal, view, counts }: Duty, tap: TapWriter<CountedRecord>): Promise<void> {
  const { metricsUrls } = config;
  if (metricsUrls.length === 0) return;
  const totals = new GatewayTotals();
  const nowMs = () => clock.nowMs();
  await every(clock, { periodMs: scrapeEveryMs, fromMs: 0, toMs: endMs, signal }, async () => {
    const readings = await Promise.all(metricsUrls.map((url) => scrape(url, nowMs)));
    const record = totals.add(readings, nowMs());
    tap.append(record);
    view.takeCounted(record);
    counts.takeCounted(readings, record);
  });
}

async function printProgress({ config, plan, clock, endMs, signal, view, counts, telemetry }: Duty): Promise<void> {
  const tap = (name: string) => new LineFollower(path.join(config.directory, "taps", `${name}.ndjson`), { onTrouble: logTrouble });
  const wires = plan.deployments.map(({ name }) => tap(`wire-${name}`));
  const clients = tap("client");
  const faults = tap("faults");
  await every(clock, { periodMs: lineEveryMs, fromMs: 0, toMs: endMs, signal }, async () => {
    for (const wire of wires) {
      for (const record of recordsOf(await wire.poll(), wireSchema)) {
        view.takeWire(record);
        counts.takeWire(record);
      }
    }
    for (const record of recordsOf(await clients.poll(), clientSchema)) telemetry.takeClient(view.takeClient(record));
    for (const record of recordsOf(await faults.poll(), faultSchema)) counts.takeFault(record);
    print({ live: view.line(Math.round(clock.nowMs())) });
  });
}

/** The records among a tap's lines; damage is reported by the verdict. */
function recordsOf<R>(lines: readonly string[], schema: z.ZodType<R>): readonly R[] {
  return lines.map(objectOf).flatMap((line) => (line.type === "record" ? (schema.safeParse(line).data ?? []) : []));
}

/** The object that a line of JSON holds; an empty one for any other line. */
function objectOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

/**
 * Calls `act` at each multiple of the period on the clock's timeline, the next time after it is done, until `toMs` or
 * the signal.
 */
async function every(
  clock: Clock,
  when: { readonly periodMs: number; readonly fromMs: number; readonly toMs: number; readonly signal: Signal },
  act: (number: number) => void | Promise<void>,
): Promise<void> {
  const { periodMs, fromMs, toMs, signal } = when;
  for (let atMs = fromMs; atMs <= toMs; ) {
    try {
      await clock.sleep(atMs - clock.nowMs(), signal);
    } catch (error) {
      if (error instanceof Cancelled) return;
      throw error;
    }
    await act(Math.round(atMs / periodMs));
    atMs = Math.max(atMs + periodMs, Math.ceil(clock.nowMs() / periodMs) * periodMs);
  }
}

/** Progress goes on without what is missing; the verdict reads the file again and judges without it. */
function logTrouble(trouble: string): void {
  process.stderr.write(`${trouble}\n`);
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
