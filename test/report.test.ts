import { expect, test } from "vitest";
import { neverSignal } from "../kernel/signal.ts";
import type { Measures } from "../kernel/verdict.ts";
import { playResolved, type PlayedRun } from "../lab/conductor/virtual/play.ts";
import { examine } from "../observer/measure/judge.ts";
import type { Judged } from "../observer/measure/classify.ts";
import { runPage } from "../observer/view/page/run-page.ts";
import { viewOf } from "../observer/view/view-of.ts";
import { figuresIn, sectionIn, tableIn, textIn, twinIn, valuesIn } from "./support/page.ts";
import { planOf } from "./support/virtual.ts";

const slow = { timeout: 120_000 };

interface Reported {
  readonly run: PlayedRun;
  readonly judged: readonly Judged[];
  readonly page: string;
}

const played = new Map<string, Promise<Reported>>();

/** A scenario on the naive stack in virtual time, and its page; played once. */
function reported(scenario: string): Promise<Reported> {
  const known = played.get(scenario) ?? play(scenario);
  played.set(scenario, known);
  return known;
}

async function play(scenario: string): Promise<Reported> {
  const run = await playResolved(planOf(scenario, {}, 1, "naive"), { onProgress: () => {}, signal: neverSignal });
  const { plan, records, arrivals, end, verdict } = run;
  const { judged, timeline } = examine(plan, records, { arrivals, end });
  return { run, judged, page: runPage(viewOf({ plan, verdict, evidence: { records, judged, timeline } })) };
}

const scenarios = ["gateway-dead", "bad-config-swapped-providers", "cold-cache-recovery"];

/** Where each figure of the page stands in `verdict.json`. */
const paths: Readonly<Record<string, (measures: Measures) => number | readonly number[] | null | undefined>> = {
  blastRadius: ({ blastRadius }) => blastRadius?.evidence,
  badWindowShare: ({ badWindowShare }) => badWindowShare,
  control: ({ control }) => control.badShare,
  reach: ({ reach }) => reach.cells.share,
  clientReach: ({ reach }) => reach.clients?.share,
  worstCell: () => null,
  depth: ({ depth }) => depth,
  duration: ({ durationMs }) => durationMs,
  containment: ({ containment }) => containment,
  silentShare: ({ silentShare }) => silentShare,
  badShare: ({ badShare }) => badShare,
  errorBudgetBurned: ({ errorBudgetBurned }) => errorBudgetBurned,
  wrongAnswers: ({ wrongAnswers }) => wrongAnswers,
  amplification: ({ amplification }) => amplification,
  herdFactor: ({ herdFactor }) => herdFactor,
  dip: ({ dip }) => dip,
  idleReplicas: ({ idleReplicas }) => idleReplicas,
  packageReach: ({ packages }) => packages?.pushed[0]?.share,
  recoveryCost: ({ recoveryCost }) => (recoveryCost === null ? null : Math.round(recoveryCost.recovery.bad)),
  tokenWaste: ({ tokenWaste }) => tokenWaste,
  money: ({ money }) => money?.billedUsd,
  detection: ({ detectionMs }) => detectionMs,
  gatewayDetection: ({ gatewayDetectionMs }) => gatewayDetectionMs,
  recovery: ({ recoveryMs }) => recoveryMs,
  firstTokenP50: ({ latency }) => latency.firstTokenMsP50,
  firstTokenP99: ({ latency }) => latency.firstTokenMsP99,
  gapP50: ({ latency }) => latency.gapMsP50,
  gapP99: ({ latency }) => latency.gapMsP99,
  totalP50: ({ latency }) => latency.totalMsP50,
  totalP99: ({ latency }) => latency.totalMsP99,
};

/** One number where both ends are equal, none where there is no number. */
function asRead(value: number | readonly number[] | null | undefined): readonly number[] {
  if (value === null || value === undefined) return [];
  const [low, high] = typeof value === "number" ? [value, value] : value;
  return low === high ? [low!] : [low!, high!];
}

test.each(scenarios)("report.html: every figure of %s is that of verdict.json", slow, async (scenario) => {
  const { run, page } = await reported(scenario);
  const shown = figuresIn(page);
  expect(new Set(shown.map(([name]) => name)).size).toBeGreaterThan(25);
  for (const [name, value] of shown) expect([name, value]).toEqual([name, asRead(paths[name]!(run.verdict.measures!))]);
});

test.each(scenarios)("report.html: the tables of %s have the verdict's numbers", slow, async (scenario) => {
  const { run, page } = await reported(scenario);
  const { cells, expectations, attribution, books, measures } = run.verdict;
  expect(tableIn(page, "cells").map(([cell, requests, bad, , silent]) => [cell, requests, bad, silent])).toEqual(cells.map(({ cell, requests, bad, silent }) => [cell, String(requests), String(bad), String(silent)]));
  expect(tableIn(page, "hitCells").map(([cell, requests, bad, expected]) => [cell, requests, bad, expected])).toEqual(
    measures!.reach.cells.hit.map(({ cell, requests, bad, expectedBad }) => [cell, String(requests), String(bad), String(expectedBad)]),
  );
  expect(tableIn(page, "expectations").map((row) => row[4])).toEqual(expectations.map(({ result }) => (result === "unknown" ? "inconclusive" : result)));
  expect(tableIn(page, "attribution").reduce((sum, [, requests]) => sum + Number(requests), 0)).toBe(attribution!.bad);
  expect(tableIn(page, "causes").map(([cause, requests]) => [cause, Number(requests)])).toEqual(Object.entries(measures!.causes).filter(([, requests]) => requests > 0));
  expect(tableIn(page, "books")[0]!.slice(0, 5).map(Number)).toEqual([books.offered, books.sent, books.dropped, books.joined, books.reused]);
});

const secondOf = (atMs: number, seconds: number) => Math.min(seconds - 1, Math.max(0, Math.floor(atMs / 1_000)));

test.each(scenarios)("report.html: the timeline of %s counts the taps second by second", slow, async (scenario) => {
  const { run, judged, page } = await reported(scenario);
  const { columns, rows } = twinIn(page, "timeline");
  const column = (name: string) => rows.map((row) => Number(row[columns.indexOf(name)]));
  const counted = <T>(all: readonly T[], when: (one: T) => number) => {
    const counts = rows.map(() => 0);
    for (const one of all) counts[secondOf(when(one), rows.length)]!++;
    return counts;
  };
  const sent = ({ record }: Judged) => record.intendedMs;
  expect(rows).toHaveLength(Math.ceil(run.plan.timeline.endMs / 1_000));
  expect(column("offered")).toEqual(counted(run.records.client, ({ intendedMs }) => intendedMs));
  expect(column("bad")).toEqual(counted(judged.filter(({ state }) => state === "bad"), sent));
  expect(column("silent")).toEqual(counted(judged.filter(({ silent }) => silent), sent));
  for (const { name } of run.plan.deployments) {
    expect(column(`attempts at ${name}`)).toEqual(counted(run.records.wire.filter(({ deployment }) => deployment === name), ({ arrivedMs }) => arrivedMs));
  }
  const reused = twinIn(page, "cache");
  expect(reused.rows.reduce((sum, row) => sum + Number(row[1]), 0)).toBe(run.verdict.books.reused);
});

/** Every number in a value, however deep. */
function numbersIn(value: unknown): readonly number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

test.each(scenarios)("report.html: each number of the post-mortem of %s is in the verdict, in a tap, or a count of records", slow, async (scenario) => {
  const { run, judged, page } = await reported(scenario);
  const { verdict, records, plan } = run;
  const { faultFromMs, faultToMs } = plan.timeline;
  const bad = judged.filter(({ state, record }) => state === "bad" && record.intendedMs >= faultFromMs);
  const counts = [
    verdict.measures!.reach.cells.hit.length,
    verdict.measures!.reach.clients!.hit.length,
    records.counted.filter(({ requestsTotal }) => requestsTotal === null).length,
    records.counted.length,
    verdict.cells.reduce((sum, { silent }) => sum + silent, 0),
    Math.max(...bad.map(({ record }) => record.intendedMs)) - faultToMs,
  ];
  const known = new Set([...numbersIn(verdict), ...numbersIn(records), ...counts]);
  const shown = valuesIn(sectionIn(page, "post-mortem")).flat();
  expect(shown.length).toBeGreaterThan(15);
  expect(shown.filter((value) => !known.has(value))).toEqual([]);
});

test.each(scenarios)("report.html: a page of %s has under 300 kB and makes no request", slow, async (scenario) => {
  const { page } = await reported(scenario);
  expect(Buffer.byteLength(page)).toBeLessThan(300_000);
  expect([...page.matchAll(/\b(?:src|href|srcset|action|poster)\s*=\s*["']?([^"'\s>]*)/g)].map(([, address]) => address!).filter((address) => !address.startsWith("#"))).toEqual([]);
  expect(page).not.toMatch(/@import|url\((?!#)|\bfetch\(|XMLHttpRequest|sendBeacon|import\(/);
});

/** What somebody who writes a post-mortem must find on the page, by question. */
const checklists: Readonly<Record<string, Readonly<Record<string, readonly RegExp[]>>>> = {
  "gateway-dead": {
    "What broke?": [/The gateway of region 1 killed \(at gateway\), from 0:23 to 1:0\d of the run/],
    "Who was hit, and how badly?": [/Lost demand: 10\d(\.\d)? % \(95 % over clients: [\d.]+ % to [\d.]+ %\)/, /4 of 4 cells were hit beyond their SLO, and 48 of 48 clients/, /by cause: \d+ error/, /Of them 0 % were silent/],
    "When was it known?": [/The first client to see a bad answer saw it at 0:23/, /The observer's alarm came 1 s after the faults began/, /The alarm on the gateway's own metrics was never raised/, /its dashboard was dark/],
    "What ended it?": [/the lab lifted it, and that was in effect at 1:0\d/, /It had recovered [\d.]+ m?s after the faults were lifted/],
    "What would have helped?": [/Another way to a provider: for (\d+) of \1 bad requests no fault was in force at a deployment of their route \(primary and fallback\)/, /Another gateway: .* there was no other gateway than gateway/, /An alarm from outside/],
    "What is not known?": [/No cause is open: each of the \d+ bad requests is attributed/, /What the gateway counted at \d+ of \d+ readings/],
  },
  "bad-config-swapped-providers": {
    "What broke?": [/Region 1 is pushed a configuration with two providers swapped/, /The pushed configuration package 0@\w+ answered \d+ of \d+ requests/],
    "Who was hit, and how badly?": [/3 of 3 cells/, /\d+ error, \d+ wrong/, /were silent: delivered as a success/],
    "When was it known?": [/The observer's alarm came/, /The alarm on the gateway's own metrics was never raised/, /The gateway counted 0 failed requests/],
    "What ended it?": [/the lab lifted it, and that was in effect at 0:5\d/, /It had recovered/],
    "What would have helped?": [/A check of each answer against what was asked .* \d+ bad answers were delivered as successes; the gateway counted 0 failures/, /A push in steps, with a check before the next one: the pushed package had 9\d(\.\d)? %/],
    "What is not known?": [/No cause is open/],
  },
  "cold-cache-recovery": {
    "What broke?": [/The gateway killed/],
    "Who was hit, and how badly?": [/2 of 2 cells/, /\d+ error, \d+ late/],
    "When was it known?": [/The observer's alarm came 2 s/, /The alarm on the gateway's own metrics came 2\d(\.\d)? s after the faults began/],
    "What ended it?": [/\d+ more requests were bad in its aftermath/, /It had recovered 1\d(\.\d)? s after the faults were lifted/, /the outage cost \d+(\.\d+)? bad requests, and the recovery \d+/],
    "What would have helped?": [/Less load on primary, by a limit or by a ramp: it was overloaded, refused \d+ attempts of bad requests and held up \d+/],
    "What is not known?": [/No cause is open/, /how the real providers would have behaved/],
  },
};

test.each(Object.entries(checklists))("report.html: a post-mortem of %s can be written from the page alone", slow, async (scenario, checklist) => {
  const { page } = await reported(scenario);
  const answers = Object.fromEntries([...sectionIn(page, "post-mortem").matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/gs)].map(([, question, answer]) => [textIn(question!), answer!]));
  expect(Object.keys(answers)).toEqual(Object.keys(checklist));
  for (const [question, patterns] of Object.entries(checklist)) {
    for (const pattern of patterns) expect(textIn(answers[question]!)).toMatch(pattern);
    const evidence = [...answers[question]!.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id!);
    expect(evidence.length, `${question} names its evidence`).toBeGreaterThan(0);
    for (const id of evidence) expect(page).toContain(`id="${id}"`);
  }
});
