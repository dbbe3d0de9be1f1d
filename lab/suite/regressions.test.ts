import { expect, test } from "vitest";
import { normal, seededRng, type Rng } from "../../kernel/rng.ts";
import { updatedBaseline } from "./baseline.ts";
import type { CellResult } from "./cell.ts";
import { compareWithBaseline } from "./regressions.ts";
import { madeResult } from "./results.fixture.ts";
import { openStore, rowsFile } from "../../test/support/result-store.ts";

const scenarios = ["smoke", "healthy", "one-cell"];
const seedsOf = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

/** Lost demand of 0.3 that varies from seed to seed by a tenth of it, as arrivals do, and what a change makes of it. */
function resultsOf(rng: Rng, seeds: readonly number[], change = (lost: number) => lost): readonly CellResult[] {
  return scenarios.flatMap((scenario) => seeds.map((seed) => madeResult({ scenario, seed, lostDemand: change(0.3 + 0.03 * normal(rng)) })));
}

test("compareWithBaseline: A against A, seeds 1 to 20 against 21 to 40, is reported in at most 5 of 100 suites", () => {
  const reported = seedsOf(1, 100).filter((draw) => {
    const rng = seededRng(`a-a-${draw}`);
    const baseline = updatedBaseline(null, resultsOf(rng, seedsOf(1, 20)));
    return compareWithBaseline(resultsOf(rng, seedsOf(21, 20)), baseline).worse.length > 0;
  });
  expect(reported.length).toBeLessThanOrEqual(5);
});

test("compareWithBaseline: 20 % worse is always reported with the same seeds, in each scenario, and so is 20 % better", () => {
  for (const draw of seedsOf(1, 100)) {
    const results = (change?: (lost: number) => number) => resultsOf(seededRng(`planted-${draw}`), seedsOf(1, 20), change);
    const baseline = updatedBaseline(null, results());
    const worse = compareWithBaseline(results((lost) => lost * 1.2), baseline);
    expect(worse.worse.map(({ scenario, measure, paired }) => ({ scenario, measure, paired }))).toEqual(scenarios.map((scenario) => ({ scenario, measure: "blastRadius", paired: true })));
    const better = compareWithBaseline(results((lost) => lost * 0.8), baseline);
    expect([better.worse.length, better.better.length]).toEqual([0, 3]);
  }
});

test("compareWithBaseline: the same results again are no change, and a difference that matters to nobody is none", () => {
  const results = (change?: (lost: number) => number) => resultsOf(seededRng("same"), seedsOf(1, 5), change);
  const baseline = updatedBaseline(null, results());
  expect(compareWithBaseline(results(), baseline)).toMatchObject({ worse: [], better: [], compared: 3 });
  expect(compareWithBaseline(results((lost) => lost + 0.009), baseline).worse).toEqual([]);
  expect(compareWithBaseline(results((lost) => lost + 0.011), baseline).worse).toHaveLength(3);
});

test("compareWithBaseline: one seed has no interval, so nothing is said, and cells that only one side has are not compared", () => {
  const baseline = updatedBaseline(null, [madeResult({ seed: 1, lostDemand: 0 })]);
  const now = [madeResult({ seed: 1, lostDemand: 1 }), madeResult({ scenario: "healthy", seed: 1 })];
  expect(compareWithBaseline(now, baseline)).toMatchObject({ worse: [], better: [], compared: 0, tooFewSeeds: 1, unknown: 1, unplayed: 0 });
  expect(compareWithBaseline([], baseline)).toMatchObject({ compared: 0, tooFewSeeds: 0, unknown: 0, unplayed: 1 });
});

test("compareWithBaseline: figures of runs without a verdict are not compared, and a cell that does not apply is not counted", () => {
  const seeds = seedsOf(1, 4);
  const baseline = updatedBaseline(null, seeds.flatMap((seed) => [madeResult({ seed }), madeResult({ scenario: "healthy", seed, end: "not_applicable" })]));
  const now = seeds.flatMap((seed) => [{ ...madeResult({ seed, lostDemand: 0.9 }), end: "unknown" as const }, madeResult({ scenario: "healthy", seed, end: "not_applicable" })]);
  expect(compareWithBaseline(now, baseline)).toMatchObject({ worse: [], compared: 0, tooFewSeeds: 1, unknown: 0, unplayed: 0 });
});

test.each([["the same", 1, true], ["other", 101, false]] as const)("compareWithBaseline: a recovery without any spread is a change from five seeds on, with %s seeds", (_, from, paired) => {
  const worseOf = (count: number, recoveryMs: number) => {
    const baseline = updatedBaseline(null, seedsOf(1, count).map((seed) => madeResult({ seed })));
    return compareWithBaseline(seedsOf(from, count).map((seed) => madeResult({ seed, recoveryMs })), baseline).worse;
  };
  expect([2, 4].map((count) => worseOf(count, 34_000))).toEqual([[], []]);
  expect(worseOf(5, 14_000)).toMatchObject([{ measure: "recoveryMs", before: 4_000, now: 14_000, paired }]);
  const [change] = worseOf(5, 14_000);
  expect(change!.interval[0]).toBeLessThan(9_000);
});

test("compareWithBaseline: of the library's runs, two seeds of each against two others, no suite reports a change", () => {
  const rows = openStore(rowsFile("library-virtual")).rows().map(({ result }) => result);
  const seeds = [...new Set(rows.map(({ cell }) => cell.seed))];
  const pairs = seeds.flatMap((one) => seeds.filter((other) => other > one).map((other) => [one, other]));
  const of = (pair: readonly number[]) => rows.filter(({ cell }) => pair.includes(cell.seed));
  const suites = pairs.flatMap((before) => pairs.filter((now) => !now.some((seed) => before.includes(seed))).map((now) => compareWithBaseline(of(now), updatedBaseline(null, of(before)))));
  expect(suites).toHaveLength(30);
  expect(suites.flatMap(({ worse, better }) => [...worse, ...better])).toEqual([]);
});

test("compareWithBaseline: a recovery that was not seen counts as the time that was watched", () => {
  const seeds = seedsOf(1, 5);
  const baseline = updatedBaseline(null, seeds.map((seed) => madeResult({ seed })));
  const { worse } = compareWithBaseline(seeds.map((seed) => madeResult({ seed, end: "not_recovered", recoveryMs: null })), baseline);
  expect(worse).toMatchObject([{ measure: "recoveryMs", before: 4_000, now: 30_000 }]);
});
