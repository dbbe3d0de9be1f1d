import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { defaultSemantic } from "../gateway/core/cache/settings.ts";
import { buildPairs, pairLines } from "./semantic/pairs.ts";
import { semanticReport } from "./semantic/report.ts";
import { calibrated, ratesOf, scored, type Scored } from "./semantic/score.ts";

const root = path.resolve(import.meta.dirname, "..");
const pairsFile = path.join(root, "test/semantic/pairs.tsv");
const reportFile = path.join(root, "docs/results/semantic-cache.md");

const pairs = scored(buildPairs());
const halfOf = (half: Scored["half"]) => pairs.filter((pair) => pair.half === half);
const threshold = calibrated(halfOf("calibrate"));
const isHit = ({ similarity, vetoed }: Scored) => similarity >= threshold && !vetoed;

/** With UPDATE=1 the file is written; else it must be what it would be. */
function expectFile(file: string, content: string): void {
  if (process.env["UPDATE"] === "1") {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  expect(readFileSync(file, "utf8")).toBe(content);
}

test("semantic pairs: at least 2,000 near-misses and 500 paraphrases are in the repository, as the script makes them", () => {
  expectFile(pairsFile, pairLines(pairs));
  const count = (label: Scored["label"]) => pairs.filter((pair) => pair.label === label).length;
  expect(count("near-miss")).toBeGreaterThanOrEqual(2_000);
  expect(count("paraphrase")).toBeGreaterThanOrEqual(500);
  expect(ratesOf(halfOf("judge"), isHit)).toMatchObject({ nearMisses: expect.toSatisfy((n: number) => n >= 1_000), paraphrases: expect.toSatisfy((n: number) => n >= 250) });
});

test("semantic pairs: no pair has two labels, and none is in both halves", () => {
  const labels = new Map<string, string>();
  for (const { a, b, label } of pairs) {
    const key = [a.toLowerCase(), b.toLowerCase()].sort().join("\t");
    expect(labels.get(key) ?? label, `${a} | ${b}`).toBe(label);
    labels.set(key, label);
  }
  const calibrating = new Set(halfOf("calibrate").flatMap(({ a, b }) => [`${a}\t${b}`, `${b}\t${a}`]));
  expect(halfOf("judge").filter(({ a, b }) => calibrating.has(`${a}\t${b}`))).toEqual([]);
});

test("semantic cache: the threshold in force is the one that the calibrating half sets, without a false hit there", () => {
  expect(defaultSemantic.threshold).toBe(threshold);
  expect(ratesOf(halfOf("calibrate"), isHit).falseHits).toBe(0);
});

test("semantic cache: on the judging half the upper bound of false hits is at most 0.5 %, and recall at least 30 %", () => {
  const rates = ratesOf(halfOf("judge"), isHit);
  expect(rates.falseHitsUpper).toBeLessThanOrEqual(0.005);
  expect(rates.recall).toBeGreaterThanOrEqual(0.3);
});

test("semantic cache: the published figures are the measured ones", () => {
  expectFile(reportFile, semanticReport(pairs, threshold));
});
