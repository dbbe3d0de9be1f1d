import { expect, test } from "vitest";
import { formatValue } from "../measure/format.ts";
import { examine } from "../measure/judge.ts";
import { HandMadeRun } from "../measure/testing.ts";
import { comparedNotes, comparedTable } from "./compared.ts";
import type { RunView } from "./run-view.ts";
import { viewOf } from "./view-of.ts";

/** Every `nth` request of the exposure fails; 0: none does. */
function viewWith(nth: number, seed = 7): RunView {
  const run = new HandMadeRun();
  run.every(250, 0, 100_001, (atMs) => (nth > 0 && atMs >= 20_000 && (atMs / 250) % nth === 0 ? run.failed("red", atMs) : run.good("red", atMs)));
  const plan = run.plan({ seed });
  const records = run.records();
  const { verdict, judged } = examine(plan, records, { arrivals: run.arrivals });
  return viewOf({ plan, verdict, evidence: { records, judged } });
}

const pair = [viewWith(2), viewWith(0, 8)] as const;
const row = (label: string) => comparedTable(pair).rows.find(([name]) => name === label)!.map(formatValue);

test("comparedTable: a figure of one run stands beside that of the other, with the difference", () => {
  expect(row("bad share").slice(0, 4)).toEqual(["bad share", "50.2 %", "0 %", "-50.2 %"]);
  expect(row("total p99").slice(0, 4)).toEqual(["total p99", "500 ms", "500 ms", "0 ms"]);
});

test("comparedTable: texts have no difference", () => {
  expect(row("worst-hit cell").slice(0, 4)).toEqual(["worst-hit cell", "red/chat/local", "-", "-"]);
});

test("comparedNotes: other seeds and other scenarios are named", () => {
  expect(comparedNotes(pair)[0]).toBe("The runs have different seeds: other requests at other times.");
  expect(comparedNotes([pair[0], { ...pair[0], scenario: "other" }])[0]).toContain("different scenarios");
});
