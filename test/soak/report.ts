import Table from "cli-table3";
import { exitCodes } from "../../kernel/errors.ts";
import { accountMetricNames, answerMetricNames, metricNames } from "../../kernel/metric-names.ts";
import { quantile } from "../../kernel/stats.ts";
import { kindNames } from "./asks.ts";
import type { Seen } from "./client.ts";
import type { Sample } from "./inspected.ts";
import type { Tally } from "./load.ts";
import type { Scrape } from "./metrics.ts";
import { blockSlope, type Slope } from "./slope.ts";

/** The upper end of the heap's slope may not reach this, bytes an hour. */
export const HEAP_PER_HOUR_MAX = 1e6;

/** More than this share of the load dropped, and it was not the load that was asked for. */
const DROPPED_MAX = 0.001;

/** All that a run has left behind. */
export interface Observed {
  readonly minutes: number;
  readonly perSecond: number;
  /** Those after the warm-up, under load. */
  readonly samples: readonly Sample[];
  /** Once the load had ended. */
  readonly idle: Sample;
  readonly inFlightAtEnd: number;
  readonly tally: Tally;
  readonly reasons: ReadonlyMap<string, number>;
  readonly logged: ReadonlyMap<string, number>;
  readonly complaints: readonly string[];
  readonly scrape: Scrape;
  readonly config: { readonly reloads: number; readonly refusals: number };
}

export interface Verdict {
  readonly exitCode: number;
  /** Empty: it holds. */
  readonly reasons: readonly string[];
}

/** Bytes after a collection. */
const measures = {
  heap: ({ heap }: Sample) => heap,
  "heap but for code": ({ heap, code }: Sample) => heap - code,
  buffers: ({ buffers }: Sample) => buffers,
  resident: ({ resident }: Sample) => resident,
} as const;

type Measure = keyof typeof measures;
const measureNames = Object.keys(measures) as Measure[];

const slopeOf = (measure: Measure, samples: readonly Sample[]): Slope => blockSlope(samples.map((sample) => ({ atMs: sample.atMs, value: measures[measure](sample) })));

/** What the load is there to reach, and how often it did. */
export function reached({ tally, reasons, logged, scrape, config }: Observed): Readonly<Record<string, number>> {
  const cache = (labels: Readonly<Record<string, string>>) => scrape.sum(answerMetricNames.cache, labels);
  const guards = (guard: string, action: string) => scrape.sum(answerMetricNames.guards, { guard, action });
  const seen = (name: Seen) => [...tally.seen.values()].reduce((total, counts) => total + (counts.get(name) ?? 0), 0);
  return {
    "answers from the cache, exact": cache({ status: "hit", kind: "exact" }),
    "answers from the cache, like question": cache({ status: "hit", kind: "semantic" }),
    "cache misses": cache({ status: "miss" }),
    "personal data taken out": guards("pii", "scrubbed"),
    "injections blocked": guards("injection", "blocked"),
    "refused by limits": scrape.sum(accountMetricNames.rejections, { by: "limits" }),
    "attempts that failed": scrape.sum(metricNames.attempts) - scrape.sum(metricNames.attempts, { outcome: "success" }) - scrape.sum(metricNames.attempts, { outcome: "cancelled" }),
    retries: reasons.get("retry") ?? 0,
    failovers: reasons.get("failover") ?? 0,
    hedges: reasons.get("hedge") ?? 0,
    "streams continued": reasons.get("rescue_continue") ?? 0,
    "streams replayed": reasons.get("rescue_replay") ?? 0,
    "changes of breakers": logged.get("breaker") ?? 0,
    "clients that left": seen("left"),
    "configs taken": config.reloads,
    "configs refused": config.refusals,
  };
}

/** Whether the heap stays level, and whether anything else went wrong that no load excuses. */
export function verdictOf(observed: Observed): Verdict {
  const { tally, complaints, logged, inFlightAtEnd, samples } = observed;
  const [heap, data] = [slopeOf("heap", samples), slopeOf("heap but for code", samples)];
  const silent = [...tally.seen].flatMap(([kind, counts]) => ((counts.get("silent") ?? 0) > 0 ? [`${counts.get("silent")} of ${kind}`] : []));
  const wrong = [
    ...(heap.upperPerHour < HEAP_PER_HOUR_MAX ? [] : [`the heap may grow by ${megabytes(heap.upperPerHour)} MB an hour, without compiled code by ${megabytes(data.upperPerHour)}`]),
    ...(silent.length === 0 ? [] : [`answers ended clean without their ending: ${silent.join(", ")}`]),
    ...(inFlightAtEnd === 0 ? [] : [`${inFlightAtEnd} requests are in flight though nobody asks`]),
    ...((logged.get("bug") ?? 0) === 0 ? [] : [`the gateway's log tells of ${logged.get("bug")} bugs, the first: ${complaints[0]}`]),
  ];
  if (wrong.length > 0) return { exitCode: exitCodes.deviated, reasons: wrong };
  const missed = Object.entries(reached(observed)).flatMap(([what, count]) => (count > 0 ? [] : [`the load reached no ${what}`]));
  const dropped = tally.dropped / (tally.sent + tally.dropped);
  const unproven = [...missed, ...(dropped > DROPPED_MAX ? [`${tally.dropped} requests were not sent`] : [])];
  return { exitCode: unproven.length > 0 ? exitCodes.unknown : exitCodes.held, reasons: unproven };
}

const megabytes = (bytes: number) => Math.round(bytes / 1e4) / 100;
/** Least, median and greatest. */
function range(values: readonly number[]): readonly [number, number, number] {
  return [Math.min(...values), quantile(values, 0.5), Math.max(...values)];
}

const plain = { style: { head: [], border: [] } };

/** Three tables: what grew, what was answered, what was reached. */
export function tables(observed: Observed): string {
  const { samples, idle, tally } = observed;
  const held = new Table({ head: ["after a collection, MB", "least", "median", "greatest", "idle at the end", "slope an hour", "95 % interval", "lag 1 of samples, blocks"], ...plain });
  for (const measure of measureNames) {
    const { perHour, lowerPerHour, upperPerHour, lag1 } = slopeOf(measure, samples);
    const values = range(samples.map(measures[measure]));
    held.push([measure, ...values.map(megabytes), megabytes(measures[measure](idle)), megabytes(perHour), `${megabytes(lowerPerHour)} to ${megabytes(upperPerHour)}`, `${lag1.samples.toFixed(2)}, ${lag1.blocks.toFixed(2)}`]);
  }
  held.push(["sockets (number)", ...range(samples.map(({ sockets }) => sockets)), idle.sockets, "", "", ""]);
  held.push(["active handles (number)", ...range(samples.map(({ active }) => handles(active))), handles(idle.active), "", "", ""]);
  const names: readonly Seen[] = ["whole", "refused", "failed", "said_so", "cut", "silent", "left", "lost"];
  const answered = new Table({ head: ["what was asked", ...names], ...plain });
  for (const kind of kindNames) answered.push([kind, ...names.map((name) => tally.seen.get(kind)?.get(name) ?? 0)]);
  const met = new Table({ head: ["what the load reached", "times"], ...plain });
  for (const [what, count] of Object.entries(reached(observed))) met.push([what, count]);
  return [held, answered, met].map(String).join("\n");
}

const handles = (active: Readonly<Record<string, number>>) => Object.values(active).reduce((sum, count) => sum + count, 0);

export function summary(observed: Observed, verdict: Verdict): object {
  const { minutes, perSecond, samples, idle, tally, logged, scrape } = observed;
  const slopes = measureNames.map((measure) => {
    const { perHour, lowerPerHour, upperPerHour } = slopeOf(measure, samples);
    return [measure, { perHour: megabytes(perHour), interval95: [lowerPerHour, upperPerHour].map(megabytes), median: megabytes(quantile(samples.map(measures[measure]), 0.5)) }];
  });
  return {
    held: verdict.exitCode === exitCodes.held,
    reasons: verdict.reasons,
    minutes,
    perSecond,
    samples: samples.length,
    megabytes: Object.fromEntries(slopes) as object,
    sockets: { underLoad: range(samples.map(({ sockets }) => sockets)), idle: idle.sockets },
    active: { underLoad: range(samples.map(({ active }) => handles(active))), idle: idle.active },
    series: scrape.size,
    requests: { sent: tally.sent, dropped: tally.dropped, lateMsP99: Math.round(quantile(tally.late, 0.99)) },
    seen: Object.fromEntries([...tally.seen].map(([kind, counts]) => [kind, Object.fromEntries(counts)])),
    surprises: Object.fromEntries(tally.surprises),
    reached: reached(observed),
    logged: Object.fromEntries(logged),
  };
}
