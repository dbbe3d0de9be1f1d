import { expect, test } from "vitest";
import { comparisonOf } from "./comparison.ts";
import { comparisonPage } from "./page.ts";
import { resultOf } from "./results.fixture.ts";

const contestants = ["naive", "mine"].map((label) => ({ label, stack: label, sets: [] }));
const results = [1, 2, 3].flatMap((seed) => [resultOf("naive", seed, { lost: 0.9 + seed / 1_000 }), resultOf("mine", seed)]);
const page = comparisonPage(comparisonOf(contestants, results), { command: "blastlab compare <storm>", notExpressed: [["mine", ["This."]]] });

test("comparisonPage: every stack on one scale, and a difference that is told apart is bold", () => {
  expect(page).toContain("<td>mine less naive</td><td><b>-90.2 %</b> (-92.5 % to -87.9 %)</td>");
  expect(page.match(/<circle class="point"/g)).toHaveLength(2);
  expect(page).toContain("<h2>What mine cannot express</h2>");
});

test("comparisonPage: its command is text, and its links lead into the page", () => {
  expect(page).toContain("blastlab compare &lt;storm&gt;");
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
  expect([...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id!).filter((id) => !ids.includes(id))).toEqual([]);
});
