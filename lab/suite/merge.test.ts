import fc from "fast-check";
import { expect, test } from "vitest";
import { inShard } from "./choose-cells.ts";
import { findingsOf } from "./findings.ts";
import { mergeSuites } from "./merge.ts";
import { ctrfText } from "./report/ctrf.ts";
import { junitXml } from "./report/junit.ts";
import { markdown, summaryBytesMax } from "./report/markdown.ts";
import { madePlayed } from "./results.fixture.ts";
import { nothingAccepted } from "./standing.ts";
import { suiteOf, type PlayedSuite } from "./suite.ts";
import { suiteText } from "./suite-files.ts";

const ends = ["held", "deviated", "unknown", "failed", "not_applicable"] as const;
const played = Array.from({ length: 11 }, (_, index) => madePlayed({ scenario: index % 3 === 0 ? "smoke" : "healthy", seed: index, end: ends[index % 5]! }, `2026-11-29T12:00:${index + 10}.000Z`));
const cells = played.map(({ result }) => result.cell);
const whole = suiteOf(cells, played, { harness: "virtual" });
const shard = (index: number, count: number) => suiteOf(cells, played.filter(({ result }) => inShard(cells, { index, count }).includes(result.cell)), { harness: "virtual" });

function reportsOf(suite: PlayedSuite): readonly string[] {
  const { results } = suite.suite;
  return [suiteText(suite.suite), junitXml(suite.suite, nothingAccepted), ctrfText(suite, nothingAccepted), markdown({ suite: suite.suite, summary: "", findings: findingsOf(results, nothingAccepted, null), comparison: null }, summaryBytesMax)];
}

test("mergeSuites: shards, in whatever order, are the unsharded suite byte for byte in every report", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 13 }).chain((count) => fc.shuffledSubarray(Array.from({ length: count }, (_, index) => index + 1), { minLength: count })), (order) => {
      expect(reportsOf(mergeSuites(order.map((index) => shard(index, order.length))))).toEqual(reportsOf(whole));
    }),
    { numRuns: 10 },
  );
});

test("mergeSuites: shards that were played with different code or files are refused", () => {
  const withCode = (index: number, code: string): PlayedSuite => ({ ...shard(index, 2), effort: { ...shard(index, 2).effort, code } });
  expect(mergeSuites([withCode(1, "a"), withCode(2, "a")]).suite).toEqual(whole.suite);
  for (const second of [withCode(2, "b"), shard(2, 2)]) expect(() => mergeSuites([withCode(1, "a"), second])).toThrow(expect.objectContaining({ code: "suites_differ", message: expect.stringContaining("different code") as string }));
});

test("mergeSuites: the same shard twice, and shards of other suites, are refused", () => {
  const other = suiteOf(cells.slice(1), played.slice(1), { harness: "virtual" });
  for (const shards of [[shard(1, 2), shard(1, 2)], [shard(1, 2), other], [shard(1, 2), suiteOf(cells, played, { harness: "live" })], []]) {
    expect(() => mergeSuites(shards)).toThrow(expect.objectContaining({ code: "suites_differ", exit: "refused" }));
  }
});
