import fc from "fast-check";
import { expect, test } from "vitest";
import { mean, sum } from "../../kernel/stats.ts";
import { makeArrivals } from "./arrivals.ts";
import { makePrompts } from "./prompts.ts";
import { sentence, sentenceCount } from "./sentences.ts";
import type { WorkloadShape } from "./workload.ts";
import { zipfRanks } from "./zipf.ts";
import { seededRng } from "../../kernel/rng.ts";

const cell = (team: string, feature: string, share = 1) => ({ team, feature, region: "local", share, route: "assistant" });

const workload = (changes: Partial<WorkloadShape> = {}): WorkloadShape => ({
  requestsPerSecond: 20,
  arrivals: { cv: 1 },
  clientsPerCell: 2,
  clients: [],
  streamShare: 0.6,
  prompts: { distinct: 50, zipf: 0.8, unique: 0 },
  maxTokens: { median: 40, sigma: 0.35, min: 12, max: 90 },
  cells: [cell("a", "x"), cell("a", "y"), cell("b", "x", 2)],
  ...changes,
});

/** Gaps of one client of a workload that has no other. */
function gapsOf(cv: number): readonly number[] {
  const single = workload({ requestsPerSecond: 10, arrivals: { cv }, clientsPerCell: 1, cells: [cell("a", "x")] });
  const times = makeArrivals({ workload: single, seed: 3, durationMs: 2_000_000 }).map((arrival) => arrival.atMs);
  return times.slice(1).map((atMs, index) => atMs - times[index]!);
}

test.each([0.5, 1, 3])("makeArrivals: gaps of one client have the mean of its rate and a coefficient of variation of %d", (cv) => {
  const gaps = gapsOf(cv);
  const average = mean(gaps);
  const deviation = Math.sqrt(mean(gaps.map((gap) => (gap - average) ** 2)));
  // 20,000 gaps: the relative error of the mean is about cv / 141, that of the deviation some five times that for the
  // most bursty.
  expect(Math.abs(average / 100 - 1)).toBeLessThan(0.05 * Math.max(1, cv));
  expect(Math.abs(deviation / average / cv - 1)).toBeLessThan(0.08);
});

test("makeArrivals: the rate is right from the first moment, also of bursty clients", () => {
  const bursty = workload({ arrivals: { cv: 3 }, clientsPerCell: 100, cells: [cell("a", "x")], requestsPerSecond: 100 });
  const counts = Array.from({ length: 30 }, (_, seed) => makeArrivals({ workload: bursty, seed, durationMs: 2_000 }).length);
  expect(mean(counts)).toBeGreaterThan(170);
  expect(mean(counts)).toBeLessThan(230);
});

test("makeArrivals: cells get their shares, requests their share of streams", () => {
  const arrivals = makeArrivals({ workload: workload(), seed: 1, durationMs: 500_000 });
  expect(arrivals.length / 500).toBeCloseTo(20, 0);
  expect(arrivals.filter((arrival) => arrival.team === "b").length / arrivals.length).toBeCloseTo(0.5, 1);
  expect(arrivals.filter((arrival) => arrival.stream).length / arrivals.length).toBeCloseTo(0.6, 1);
});

test("makeArrivals: sorted, numbered, inside the run, and the same for the same seed", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), fc.double({ min: 0.3, max: 5, noNaN: true }), (seed, cv) => {
      const make = () => makeArrivals({ workload: workload({ arrivals: { cv } }), seed, durationMs: 5_000 });
      const arrivals = make();
      expect(JSON.stringify(make())).toBe(JSON.stringify(arrivals));
      arrivals.forEach((arrival, index) => {
        expect(arrival.index).toBe(index);
        expect(arrival.requestId).toBe(`r-${seed}-${index}`);
        expect(arrival.atMs).toBeGreaterThanOrEqual(arrivals[index - 1]?.atMs ?? 0);
        expect(arrival.atMs).toBeLessThan(5_000);
        expect(Math.abs(arrival.atMs * 1_000 - Math.round(arrival.atMs * 1_000))).toBeLessThan(1e-6);
      });
    }),
    { numRuns: 30 },
  );
});

test("makeArrivals: the warm-up has its own rate, and what follows has the rate of the workload", () => {
  const arrivals = makeArrivals({ workload: workload({ warmupRequestsPerSecond: 80 }), seed: 1, warmupMs: 100_000, durationMs: 400_000 });
  const between = (fromMs: number, toMs: number) => (arrivals.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length * 1_000) / (toMs - fromMs);
  expect(between(0, 100_000)).toBeCloseTo(80, -1);
  expect(Math.abs(between(100_000, 400_000) - 20)).toBeLessThan(1);
  expect(between(0, 400_000)).toBe(arrivals.length / 400);
  expect(arrivals.every(({ atMs }, index) => atMs >= (arrivals[index - 1]?.atMs ?? 0))).toBe(true);
});

test("makeArrivals: without a rate of its own the warm-up changes nothing", () => {
  const options = { workload: workload(), seed: 1, durationMs: 20_000 };
  expect(makeArrivals({ ...options, warmupMs: 7_000 })).toEqual(makeArrivals(options));
  expect(makeArrivals({ ...options, workload: workload({ warmupRequestsPerSecond: 20 }), warmupMs: 7_000 })).toEqual(makeArrivals(options));
});

test("makeArrivals: the words that are asked for are those of the prompt", () => {
  const words = new Map([...makePrompts(workload(), 1).values()].flat().map((prompt) => [prompt.text, prompt.words]));
  for (const arrival of makeArrivals({ workload: workload(), seed: 1, durationMs: 20_000 })) expect(arrival.maxTokens).toBe(words.get(arrival.prompt));
});

test("makeArrivals: a share of the requests asks what nobody else asks, and the others are as without it", () => {
  const made = (unique: number) => makeArrivals({ workload: workload({ prompts: { distinct: 50, zipf: 0.8, unique } }), seed: 1, durationMs: 500_000 });
  const [some, none] = [made(0.2), made(0)];
  const popular = new Set([...makePrompts(workload(), 1).values()].flat().map(({ text }) => text));
  const own = some.filter(({ prompt }) => !popular.has(prompt));
  expect(own.length / some.length).toBeCloseTo(0.2, 1);
  expect(new Set(own.map(({ prompt }) => prompt)).size).toBe(own.length);
  expect(own.every(({ maxTokens }) => maxTokens >= 12 && maxTokens <= 90)).toBe(true);
  expect(some.map(({ atMs, client }) => [atMs, client])).toEqual(none.map(({ atMs, client }) => [atMs, client]));
  expect(none.every(({ prompt }) => popular.has(prompt))).toBe(true);
});

test("makeArrivals: a share of the requests begins with one of the shared prefixes, and goes on as without it", () => {
  const options = { seed: 3, durationMs: 60_000 };
  const prompts = { ...workload().prompts, prefixes: { share: 0.75, distinct: 2, tokens: 100 } };
  const arrivals = makeArrivals({ ...options, workload: workload({ prompts }) });
  const questions = new Set([...makePrompts(workload(), 3).values()].flat().map(({ text }) => text));
  const long = arrivals.filter(({ prompt }) => !questions.has(prompt));
  expect(Math.abs(long.length / arrivals.length - 0.75)).toBeLessThan(0.05);
  expect(new Set(long.map(({ prompt }) => prompt.slice(0, 400))).size).toBe(2);
  expect(long.filter(({ prompt }) => !questions.has(prompt.slice(400)))).toEqual([]);
});

test("makePrompts: unique over all teams, letters only, lengths within their limits", () => {
  const prompts = [...makePrompts(workload({ prompts: { distinct: 5_000, zipf: 0, unique: 0 } }), 9).values()].flat();
  expect(prompts).toHaveLength(10_000);
  expect(new Set(prompts.map((prompt) => prompt.text)).size).toBe(10_000);
  expect(new Set(prompts.map((prompt) => prompt.intent)).size).toBe(10_000);
  expect(prompts.filter((prompt) => !/^[A-Z][a-z]+( [a-z]+)+$/.test(prompt.text))).toEqual([]);
  expect(prompts.every((prompt) => Number.isInteger(prompt.words) && prompt.words >= 12 && prompt.words <= 90)).toBe(true);
});

test("sentence: two numbers never give the same one", () => {
  const index = fc.integer({ min: 0, max: sentenceCount - 1 });
  fc.assert(fc.property(index, index, (a, b) => (sentence(a) === sentence(b)) === (a === b)));
});

test("zipfRanks: ranks come in proportion to 1 / rank^s", () => {
  const draw = zipfRanks(50, 0.8);
  const rng = seededRng(5);
  const counts = Array.from({ length: 50 }, () => 0);
  for (let round = 0; round < 200_000; round++) counts[draw(rng)]!++;
  const total = sum(Array.from({ length: 50 }, (_, rank) => (rank + 1) ** -0.8));
  for (const rank of [0, 1, 4, 19, 49]) {
    const expected = (200_000 * (rank + 1) ** -0.8) / total;
    expect(Math.abs(counts[rank]! - expected)).toBeLessThan(5 * Math.sqrt(expected));
  }
});

test("zipfRanks: exponent 0 is uniform", () => {
  const draw = zipfRanks(4, 0);
  const rng = seededRng(6);
  const counts = [0, 0, 0, 0];
  for (let round = 0; round < 40_000; round++) counts[draw(rng)]!++;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

test("makeArrivals: each cell has the same share of every group of clients, and their requests change in nothing else", () => {
  const clients = [{ share: 0.25, retries: "hammer" as const }, { share: 0.5, retries: "sdk" as const, timeoutMs: 5_000, patienceMs: 20_000 }];
  const plain = makeArrivals({ workload: workload({ clientsPerCell: 8 }), seed: 1, durationMs: 60_000 });
  const arrivals = makeArrivals({ workload: workload({ clientsPerCell: 8, clients }), seed: 1, durationMs: 60_000 });
  expect(arrivals.map((arrival) => ({ ...arrival, behaviour: undefined }))).toEqual(plain.map((arrival) => ({ ...arrival, behaviour: undefined })));
  const of = new Map(arrivals.map(({ client, behaviour }) => [client, behaviour]));
  const cells = Map.groupBy([...of], ([client]) => client.replace(/\/\d+$/, ""));
  for (const members of cells.values()) {
    expect(members.filter(([, behaviour]) => behaviour?.retries === "hammer")).toHaveLength(2);
    expect(members.filter(([, behaviour]) => behaviour?.retries === "sdk")).toHaveLength(4);
    expect(members.filter(([, behaviour]) => behaviour === undefined)).toHaveLength(2);
  }
  expect(arrivals.find(({ behaviour }) => behaviour?.retries === "sdk")?.behaviour).toEqual({ retries: "sdk", timeoutMs: 5_000, patienceMs: 20_000 });
});
