import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { acceptedBy, assertSameHarness, baselineText, readBaseline, updatedBaseline, type Baseline } from "./baseline.ts";
import { madeResult } from "./results.fixture.ts";

const cellOf = (scenario: string, seed: number) => ({ scenario, stack: "naive", seed, sets: [] });

function throughFile(text: string): Baseline {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-baseline-"));
  try {
    writeFileSync(path.join(folder, "baseline.json"), text);
    return readBaseline(path.join(folder, "baseline.json"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("baselineText: a line for each scenario on each stack, and it is read as it was written", () => {
  const baseline = updatedBaseline(null, [madeResult({ seed: 1 }), madeResult({ seed: 2, end: "deviated", lostDemand: 1 / 3 }), madeResult({ scenario: "healthy" })]);
  const text = baselineText(baseline);
  expect(text.split("\n").filter((line) => line.includes('"scenario"'))).toHaveLength(2);
  expect(text).toContain('"seeds":[1,2],"ends":["held","deviated"],"values":{"blastRadius":[0.3,0.333333]');
  expect(throughFile(text)).toEqual(baseline);
});

test("updatedBaseline: what was played replaces its own cells, and what was not judged is never accepted", () => {
  const before = updatedBaseline(null, [madeResult({ seed: 1, end: "deviated" }), madeResult({ scenario: "healthy", end: "deviated" })]);
  const after = updatedBaseline(before, [madeResult({ seed: 1 }), madeResult({ seed: 2, end: "unknown" }), madeResult({ seed: 3, end: "failed" })]);
  expect(after.cells.map(({ scenario, seeds, ends }) => [scenario, seeds, ends])).toEqual([["healthy", [1], ["deviated"]], ["smoke", [1], ["held"]]]);
});

test("acceptedBy: the end of the seed, and of a seed that it does not have the worst of its seeds", () => {
  const accepted = acceptedBy(updatedBaseline(null, [madeResult({ seed: 1 }), madeResult({ seed: 2, end: "deviated" })]));
  expect([accepted(cellOf("smoke", 1)), accepted(cellOf("smoke", 2)), accepted(cellOf("smoke", 3)), accepted(cellOf("other", 1))]).toEqual(["held", "deviated", "deviated", undefined]);
});

test("assertSameHarness: a baseline of virtual time is refused to live runs, and one without a word is of virtual time", () => {
  const live = updatedBaseline(null, [madeResult()], "live");
  expect(throughFile(baselineText(live))).toEqual(live);
  expect(() => assertSameHarness("b.json", live, "virtual")).toThrow(expect.objectContaining({ code: "baseline_of_other_harness", exit: "refused" }));
  expect(() => assertSameHarness("b.json", throughFile('{"schema":"blastlab.baseline/1","cells":[]}'), "virtual")).not.toThrow();
});

const line = updatedBaseline(null, [madeResult({ seed: 1 }), madeResult({ seed: 2 })]).cells[0]!;
const ofLines = (...cells: readonly object[]) => JSON.stringify({ schema: "blastlab.baseline/1", cells });

test.each([
  ["of another kind", '{"schema":"blastlab.suite/1"}', 'its schema is "blastlab.suite/1"'],
  ["that is a list", "[]", 'it has no "schema"'],
  ["that breaks off", ofLines(line).slice(0, 60), "it is not JSON"],
  ["without cells", '{"schema":"blastlab.baseline/1"}', "cells: "],
  ["with an empty cell", ofLines({}), "cells[0].scenario: "],
  ["with an end that there is not", ofLines({ ...line, ends: ["held", "fine"] }), "cells[0].ends[1]: "],
  ["with an end that nobody can accept", ofLines({ ...line, ends: ["held", "failed"] }), "cells[0].ends[1]: "],
  ["with fewer ends than seeds", ofLines({ ...line, ends: ["held"] }), "cells[0]: it has not one end and one value for each seed"],
  ["with a seed twice", ofLines({ ...line, seeds: [1, 1] }), "cells[0].seeds: one is there twice"],
  ["that was merged with both sides kept", ofLines(line, line), "it has two lines for smoke on naive"],
])("readBaseline: a file %s is refused with the place", (_, text, message) => {
  expect(() => throughFile(text)).toThrow(expect.objectContaining({ code: "baseline_unreadable", exit: "refused", message: expect.stringContaining(message) as string }));
});
