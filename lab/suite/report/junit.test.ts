import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";
import { acceptedBy, updatedBaseline } from "../baseline.ts";
import { regressionsOf } from "../findings.ts";
import { compareWithBaseline } from "../regressions.ts";
import { madePlayed, madeResult, type MadeResult } from "../results.fixture.ts";
import { nothingAccepted } from "../standing.ts";
import { suiteOf } from "../suite.ts";
import { junitXml } from "./junit.ts";

const schema = readFileSync(new URL("../fixtures/junit-10.xsd", import.meta.url), "utf8");
const slow = { timeout: 240_000 };

function xmlOf(made: readonly MadeResult[]): string {
  const played = made.map((one) => madePlayed(one));
  return junitXml(suiteOf(played.map(({ result }) => result.cell), played, { harness: "virtual" }).suite, nothingAccepted);
}

const problemsOf = async (contents: string) => (await validateXML({ xml: [{ fileName: "junit.xml", contents }], schema: [schema] })).errors.map(({ message }) => message);

const each: readonly MadeResult[] = [
  { seed: 1, end: "held" },
  { seed: 2, end: "deviated", reason: "Two\nlines, a <tag>, \"quotes\" & a \u0000 and \uD800 that XML cannot have" },
  { seed: 3, end: "deviated", meant: "deviated" },
  { scenario: "healthy", seed: 1, end: "not_recovered" },
  { scenario: "healthy", seed: 2, end: "unknown" },
  { scenario: "healthy", seed: 3, end: "failed" },
  { scenario: "healthy", seed: 4, end: "not_applicable" },
];

test("junitXml: a suite with every end is valid against the schema, whatever stands in a reason", slow, async () => {
  expect(await problemsOf(xmlOf(each))).toEqual([]);
  expect(await problemsOf(xmlOf([]))).toEqual([]);
});

test("junitXml: a measure that is worse than in the baseline is a failure of its own, and cells that were not played are an error", slow, async () => {
  const seeds = [1, 2, 3];
  const baseline = updatedBaseline(null, seeds.map((seed) => madeResult({ seed })));
  const played = seeds.map((seed) => madePlayed({ seed, lostDemand: 0.5 }));
  const { suite } = suiteOf(played.map(({ result }) => result.cell), played, { harness: "virtual" });
  const xml = junitXml(suite, acceptedBy(baseline), { regressions: regressionsOf(compareWithBaseline(suite.results, baseline)), unplayed: 2 });
  expect(xml).toContain('<testsuite name="smoke" tests="4" failures="1" errors="0" skipped="0" time="120.000">');
  expect(xml).toMatch(/<testcase name="naive, blastRadius against the baseline" classname="smoke.naive" time="0.000">\n<failure type="worse" message="30 % in the baseline, 50 % now /);
  expect(xml).toContain('<testsuites name="blastlab" tests="5" failures="1" errors="1">');
  expect(xml).toContain('<error type="not_played" message="2 cells were not played"/>');
  expect(await problemsOf(xml)).toEqual([]);
});

test("junitXml: the check refuses a document that the schema does not have", slow, async () => {
  expect(await problemsOf(xmlOf(each).replace('failures="1"', 'failures="one"'))).not.toEqual([]);
  expect(await problemsOf(xmlOf(each).replace("<skipped", "<left-out"))).not.toEqual([]);
});

test("junitXml: an end that was expected passes, what was not judged is an error, what does not apply is skipped", () => {
  const xml = xmlOf(each);
  expect(xml).toContain('<testsuites name="blastlab" tests="7" failures="2" errors="2">');
  expect(xml).toContain('<testsuite name="smoke" tests="3" failures="1" errors="0" skipped="0" time="120.000">');
  expect(xml).toContain('<testsuite name="healthy" tests="4" failures="1" errors="2" skipped="1" time="40.000">');
  expect(xml).toContain('<testcase name="naive, seed 3" classname="smoke.naive" time="40.000"/>');
  expect(xml).toContain("scenarios/library/smoke.yaml:42: blast radius at most 5 %: deviated, 30 % was measured");
});
