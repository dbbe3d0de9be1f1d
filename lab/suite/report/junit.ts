import { cellName } from "../cell.ts";
import { unplayedText, type BesidesCells, type Regression } from "../findings.ts";
import { scenarioFacts } from "../scenario-facts.ts";
import { standingOf, type Accepted, type Standing } from "../standing.ts";
import type { PlacedResult, Suite } from "../suite.ts";
import { expectationText } from "./expectation-text.ts";
import { element } from "./xml.ts";

/**
 * The suite as JUnit XML (junit-10.xsd of Jenkins' xunit plugin): a test suite for each scenario, a test case for each
 * stack and seed, one for each measure that is worse than in the baseline, and one where cells were not played. Times
 * are of the run's own timeline.
 */
export function junitXml({ results }: Suite, accepted: Accepted, besides: BesidesCells = nothingBesides): string {
  const { regressions, unplayed } = besides;
  const scenarios = [...Map.groupBy(results, ({ cell }) => cell.scenario)].map(([scenario, of]) => ({
    scenario,
    cases: of.map((result) => ({ result, standing: standingOf(result, accepted) })),
    worse: regressions.filter((each) => each.scenario === scenario),
  }));
  const all = scenarios.flatMap(({ cases }) => cases);
  const suites = scenarios.map(({ scenario, cases, worse }) => element("testsuite", { name: scenario, ...totals(cases, worse), skipped: skippedOf(cases), time: secondsOf(cases) }, [...cases.map(testCase), ...worse.map(regressionCase)]));
  const { tests, failures, errors } = totals(all, regressions);
  const left = unplayed === 0 ? [] : [unplayedSuite(unplayedText(besides))];
  const body = element("testsuites", { name: "blastlab", tests: tests + left.length, failures, errors: errors + left.length }, [...suites, ...left]);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body}\n`;
}

const nothingBesides: BesidesCells = { regressions: [], unplayed: 0 };

function unplayedSuite(message: string): string {
  const testcase = element("testcase", { name: message, classname: "suite", time: "0.000" }, [element("error", { type: "not_played", message })]);
  return element("testsuite", { name: "suite", tests: 1, failures: 0, errors: 1, skipped: 0, time: "0.000" }, [testcase]);
}

interface Case {
  readonly result: PlacedResult;
  readonly standing: Standing;
}

const isError = ({ standing }: Case) => standing === "failed" || standing === "unknown";
const skippedOf = (cases: readonly Case[]) => cases.filter(({ result, standing }) => result.end === "not_applicable" && standing === "held").length;
const secondsOf = (cases: readonly Case[]) => (cases.reduce((sum, { result }) => sum + result.lengthMs, 0) / 1_000).toFixed(3);

function totals(cases: readonly Case[], { length: worse }: readonly Regression[]) {
  return { tests: cases.length + worse, failures: cases.filter(({ standing }) => standing === "deviated").length + worse, errors: cases.filter(isError).length };
}

function regressionCase({ scenario, stack, measure, title, message, file, line }: Regression): string {
  const attributes = { name: `${stack}, ${measure} against the baseline`, classname: `${scenario}.${stack}`, time: "0.000" };
  return element("testcase", attributes, [element("failure", { type: "worse", message }, `${title}\n${file}:${line}: ${message}`)]);
}

function testCase(one: Case): string {
  const { result, standing } = one;
  const { cell, end, lengthMs, reasons } = result;
  const attributes = { name: `${cell.stack}, seed ${cell.seed}`, classname: `${cell.scenario}.${cell.stack}`, time: (lengthMs / 1_000).toFixed(3) };
  const message = reasons[0] ?? end;
  if (isError(one)) return element("testcase", attributes, [element("error", { type: end, message }, details(result))]);
  if (standing === "deviated") return element("testcase", attributes, [element("failure", { type: end, message }, details(result))]);
  return element("testcase", attributes, end === "not_applicable" ? [element("skipped", { type: end, message })] : []);
}

function details({ cell, end, meant, reasons, expectations }: PlacedResult): string {
  const ended = `${cellName(cell)}: ${end.replace("_", " ")}${meant === null ? "" : `, meant ${meant.replace("_", " ")}`}`;
  return [ended, ...reasons, ...expectations.map((expectation) => `${scenarioFacts(cell.scenario).file}:${expectation.line}: ${expectationText(expectation)}`)].join("\n");
}
