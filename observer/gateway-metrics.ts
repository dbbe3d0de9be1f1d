import { accountMetricNames, metricNames } from "../kernel/metric-names.ts";
import type { CountedRecord } from "../kernel/records.ts";
import { readBody } from "../kernel/bounded-body.ts";
import { readSamples, type Sample } from "./prometheus.ts";

const names: ReadonlySet<string> = new Set([metricNames.requests, metricNames.attempts, metricNames.breakerState, accountMetricNames.cost]);
/** Begins the name of every metric that the lab knows. A gateway of ours shows some from its start. */
const prefix = "blastlab_gateway_";
/** Outcomes that a gateway does not count as its failure. */
const notFailed: ReadonlySet<string> = new Set(["success", "cancelled"]);
const scrapeTimeoutMs = 900;
/** The reference gateway's page has some 100 KB. */
const pageBytesMax = 16 << 20;

/**
 * The gateway's counters from a page of metrics; a counter that is not there has not counted yet. A page without any
 * metric that the lab knows shows nothing. The observer's own probes are included on both sides.
 */
export function readCounts(page: string, atMs: number): CountedRecord {
  if (!page.split("\n").some((line) => line.startsWith(prefix))) return { ...unread(atMs), shown: false };
  const samples = readSamples(page, names);
  const requests = samples.filter(({ name }) => name === metricNames.requests);
  const total = (chosen: typeof samples) => chosen.reduce((sum, { value }) => sum + value, 0);
  return {
    atMs,
    requestsTotal: total(requests),
    failuresTotal: total(requests.filter(({ labels }) => !notFailed.has(labels.outcome ?? ""))),
    attemptsTotal: total(samples.filter(({ name }) => name === metricNames.attempts)),
    openBreakers: samples
      .filter(({ name, labels, value }) => name === metricNames.breakerState && labels.state === "open" && value === 1)
      .map(({ labels }) => labels.deployment ?? ""),
    costUsd: sumByTeam(samples.filter(({ name }) => name === accountMetricNames.cost)),
  };
}

function sumByTeam(samples: readonly Sample[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { labels, value } of samples) sums[labels["team"] ?? ""] = (sums[labels["team"] ?? ""] ?? 0) + value;
  return sums;
}

const unread = (atMs: number): CountedRecord => ({ atMs, requestsTotal: null, failuresTotal: null, attemptsTotal: null, openBreakers: [] });

/**
 * One reading of the system's metrics. Never rejects: a page that cannot be had is a record of nulls, which is a
 * finding too.
 */
export async function scrape(metricsUrl: string, nowMs: () => number): Promise<CountedRecord> {
  try {
    const response = await fetch(metricsUrl, { redirect: "manual", signal: AbortSignal.timeout(scrapeTimeoutMs) });
    const page = await readBody(response.body, pageBytesMax);
    if (response.ok) return readCounts(page, nowMs());
  } catch {
    // The nulls below record it: a page that cannot be read is a finding, not a failure of the observer.
  }
  return unread(nowMs());
}
