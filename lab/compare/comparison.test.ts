import { expect, test } from "vitest";
import { normal, seededRng } from "../../kernel/rng.ts";
import type { CellMeasures } from "../suite/cell.ts";
import { comparisonOf, type ComparedDifference, type LabelledResult } from "./comparison.ts";
import { moneyOf, resultOf } from "./results.fixture.ts";
import { pairSentence } from "./sentence.ts";

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
const contestants = ["a", "b"].map((label) => ({ label, stack: label, sets: [] }));
const compared = (results: readonly LabelledResult[], of = contestants) => {
  const comparison = comparisonOf(of, results);
  const [scenario] = comparison.scenarios;
  const [pair] = scenario!.pairs;
  const difference = (measure: ComparedDifference["measure"]) => pair!.differences.find((each) => each.measure === measure)!;
  return { comparison, scenario: scenario!, difference, sentence: pairSentence(scenario!, pair!, comparison.level) };
};

test("comparisonOf: differences of the same seed decide, where the seeds differ more than the stacks", () => {
  const results = seeds.flatMap((seed) => [resultOf("a", seed, { lost: seed / 40 }), resultOf("b", seed, { lost: seed / 40 + 0.03 + (seed % 3) / 500 })]);
  const { difference, sentence } = compared(results);
  expect(difference("lostDemand")).toMatchObject({ pairs: 20, difference: expect.closeTo(0.0321, 3), separated: true });
  const differs = "a loses less of the demand than b: 26.2 % against 29.5 %, a difference of 3.2 % (99 % over 20 pairs: 2.9 % to 3.5 %).";
  expect(sentence).toBe(`${differs} Silent share, recovery, amplification and cost of 1,000 good answers of a and b cannot be told apart.`);
});

test("comparisonOf: a result that is not to be trusted counts nowhere, and a recovery that never came counts as what was waited for", () => {
  const never = (seed: number) => resultOf("b", seed, { lost: 1, recoveryMs: null }, seed === 3 ? "unknown" : "not_recovered");
  const results = [1, 2, 3].flatMap((seed) => [resultOf("a", seed, { recoveryMs: 2_000 }), never(seed)]);
  const { difference, scenario } = compared(results);
  expect(difference("recovery")).toMatchObject({ pairs: 2, difference: 28_000 });
  expect(scenario.stacks[1]!.figures.find(({ measure }) => measure === "recovery")).toMatchObject({ seeds: 2, mean: 30_000, isLeast: true });
  expect(scenario.stacks[1]!.ends.map(({ end }) => end)).toEqual(["not_recovered", "not_recovered", "unknown"]);
});

test("comparisonOf: recoveries and silent shares that are the same for every seed tell stacks apart from five seeds on", () => {
  const of = (count: number) => compared(seeds.slice(0, count).flatMap((seed) => [resultOf("a", seed), resultOf("b", seed, { silentShare: 1, recoveryMs: 10_000 })]));
  for (const measure of ["silentShare", "recovery"] as const) {
    expect([2, 4, 5, 20].map((count) => of(count).difference(measure).separated), measure).toEqual([false, false, true, true]);
  }
  expect(of(2).sentence).toBe("Lost demand, silent share, recovery, amplification and cost of 1,000 good answers of a and b cannot be told apart.");
  expect(of(5).sentence).toContain("a recovers sooner than b: 0 ms against 10 s, a difference of 10 s (99 % over 5 pairs: 9.2 s to 10.8 s).");
});

test("comparisonOf: money is that of good answers, so that a stack which answers half of them is not cheap, and of too few nothing is said", () => {
  const money = (billedUsd: number, goodAnswers: number) => ({ money: moneyOf(billedUsd, goodAnswers) });
  const against = (other: Partial<CellMeasures>) => compared(seeds.flatMap((seed) => [resultOf("a", seed, money(0.02, 1_000)), resultOf("b", seed, other)])).difference("money");
  expect(against(money(0.01, 500))).toMatchObject({ difference: 0, separated: false });
  expect(against(money(0.0203, 1_000))).toMatchObject({ separated: true, difference: expect.closeTo(0.0003, 8) });
  expect(against(money(0.01, 99))).toMatchObject({ pairs: 0, difference: null });
});

test("pairSentence: less effort of a stack that loses more of the demand is said to be no merit", () => {
  const results = seeds.flatMap((seed) => [resultOf("a", seed, { lost: 0.5, amplification: 0.6, money: moneyOf(0.01, 500) }), resultOf("b", seed, { lost: 0.01, money: moneyOf(0.09, 990) })]);
  expect(compared(results).sentence).toBe(
    "b loses less of the demand than a: 1 % against 50 %, a difference of 49 % (99 % over 20 pairs: 48.7 % to 49.3 %). " +
      "a asks providers less often and costs less for a good answer than b, and loses more of the demand: what is not answered takes nothing. Silent share and recovery of a and b cannot be told apart.",
  );
});

test("pairSentence: what a stack cannot play is said, and nothing is compared", () => {
  const results = seeds.flatMap((seed) => [resultOf("a", seed), resultOf("b", seed, {}, "not_applicable")]);
  const { sentence, difference } = compared(results);
  expect(difference("lostDemand")).toMatchObject({ pairs: 0, difference: null, separated: false });
  expect(sentence).toBe("a and b cannot be compared: b ended not applicable with 20 of 20 seeds.");
});

test("comparisonOf: of 200 comparisons of three stacks that are the same, at most one in twenty tells any apart", () => {
  const rng = seededRng(1, "comparison");
  const share = () => Math.max(0, 0.3 + 0.05 * normal(rng));
  const three = ["a", "b", "c"].map((label) => ({ label, stack: label, sets: [] }));
  const apart = Array.from({ length: 200 }, () => {
    const figures = () => ({ lost: share(), silentShare: share(), recoveryMs: 20_000 * share(), amplification: 1 + share(), money: moneyOf(share()) });
    const results = seeds.flatMap((seed) => three.map(({ label }) => resultOf(label, seed, figures())));
    return comparisonOf(three, results).scenarios[0]!.pairs.some(({ differences }) => differences.some(({ separated }) => separated));
  });
  expect(apart.filter(Boolean).length).toBeLessThanOrEqual(10);
});

test("pairSentence: of one seed, its clients say what can be told", () => {
  const lost = (value: number, half: number) => ({ lostDemand: { value, evidence: [value, value] as const, interval: [value - half, value + half] as const } });
  const sentence = (half: number) => compared([resultOf("a", 1, lost(0.5, half)), resultOf("b", 1, lost(0.2, half))]).sentence;
  expect(sentence(0.05)).toBe("b loses less of the demand than a: a difference of 30 % (99 % over the clients of one seed: 20.7 % to 39.3 %). More seeds tell more.");
  expect(sentence(0.3)).toBe("One seed does not tell a and b apart. Lost demand differs by 30 % (99 % over the clients of one seed: -25.8 % to 85.8 %).");
});
