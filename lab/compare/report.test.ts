import { expect, test } from "vitest";
import { paintFor } from "../board/paint.ts";
import { comparisonOf } from "./comparison.ts";
import { comparisonMarkdown } from "./markdown.ts";
import { resultOf } from "./results.fixture.ts";
import { comparisonText } from "./text.ts";

const plain = paintFor({ isTTY: false } as NodeJS.WriteStream);
const contestants = ["naive", "mine"].map((label) => ({ label, stack: label, sets: [] }));
const results = [1, 2].flatMap((seed) => [resultOf("naive", seed, { lost: 0.9, recoveryMs: null }, "not_recovered"), resultOf("mine", seed, { lost: 0 }, seed === 1 ? "held" : "unknown")]);

test("comparisonText: a row a stack, why a seed does not count, and what that leaves to say", () => {
  const lines = comparisonText(comparisonOf(contestants, results), plain).split("\n");
  expect(lines[0]).toBe("storm  means over 2 seeds, with their 95 % intervals");
  expect(lines).toContainEqual(expect.stringMatching(/^ {2}naive +not recovered +90 % +0 % +> 30 s +1 x +0\.02 USD$/) as string);
  expect(lines).toContainEqual(expect.stringMatching(/^ {2}mine +held 1 of 2, unknown 1 of 2 +0 % /) as string);
  expect(lines).toContain("  mine, seed 2, ended unknown: Because.");
  expect(lines).toContain("  naive and mine cannot be compared: mine ended unknown with 1 of 2 seeds.");
});

test("comparisonText: where the table does not fit the terminal, each stack has a list", () => {
  const text = comparisonText(comparisonOf(contestants, results), plain, 60);
  expect(text).toMatch(/^ {2}naive\n {4}ended +not recovered\n {4}lost demand +90 %\n(?: {4}.+\n)+\n {2}mine\n {4}ended +held 1 of 2, unknown 1 of 2\n/m);
  expect(text).not.toContain("lost demand  silent share");
});

test("comparisonText: of one seed it says so, and a difference that matters to nobody is not told apart, however sure it is", () => {
  const one = (lost: number) => {
    const lostDemand = (value: number) => ({ lostDemand: { value, evidence: [value, value] as const, interval: [value - 0.001, value + 0.001] as const } });
    return comparisonText(comparisonOf(contestants, [resultOf("naive", 1, lostDemand(0.1 + lost)), resultOf("mine", 1, lostDemand(0.1))]), plain);
  };
  expect(one(0)).toContain("storm  one seed, so without intervals over seeds\n");
  expect(one(0.009)).toContain("One seed does not tell naive and mine apart. Lost demand differs by 0.9 % (99 % over the clients of one seed: ");
  expect(one(0.02)).toContain("mine loses less of the demand than naive: a difference of 2 % (99 % over the clients of one seed: ");
});

test("comparisonMarkdown: the command, bold differences that are told apart, and what a policy set cannot express", () => {
  const sure = [1, 2, 3].flatMap((seed) => [resultOf("naive", seed, { lost: 0.9 + seed / 1_000 }), resultOf("mine", seed)]);
  const page = comparisonMarkdown(comparisonOf(contestants, sure), { command: "blastlab compare storm", notExpressed: [["mine", ["This.", "That."]]] });
  expect(page).toContain("`blastlab compare storm`. Means over 3 seeds");
  expect(page).toMatch(/^\| mine less naive \| \*\*-90\.2 %\*\* \(-92\.5 % to -87\.9 %\) \| 0 % \(-2\.3 % to 2\.3 %\) \| 0 ms \(-2\.3 s to 2\.3 s\) \| 0 x /m);
  expect(page).toContain("## What mine cannot express\n\n- This.\n- That.\n");
});
