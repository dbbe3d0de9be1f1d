import { cellName } from "../cell.ts";
import { standingOf, type Accepted, type Standing } from "../standing.ts";
import type { PlacedResult, Suite } from "../suite.ts";
import { expectationText } from "./expectation-text.ts";
import { element } from "./xml.ts";

/**
 * The suite as JUnit XML (junit-10.xsd of Jenkins' xunit plugin): a test suite for each scenario, a test case for each
 * stack and seed. Times are of the run's own timeline.
 */
export function junitXml({ results }: Suite, accepted: Accepted): string {
  const scenarios = [...Map.groupBy(results, ({ cell }) => cell.scenario)].map(([scenario, of]) => ({ scenario, cases: of.map((result) => ({ result, standing: standingOf(result, accepted) })) }));
  const all = scenarios.flatMap(({ cases }) => cases);
  const body = element("testsuites", { name: "blastlab", ...totals(all) }, scenarios.map(({ scenario, cases }) => element("testsuite", { name: scenario, ...totals(cases), skipped: skippedOf(cases), time: secondsOf(cases) }, cases.map(testCase))));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body}\n`;
}

interface Case {
  readonly result: PlacedResult;
  readonly standing: Standing;
}

const isError = ({ standing }: Case) => standing === "failed" || standing === "unknown";
const skippedOf = (cases: readonly Case[]) => cases.filter(({ result, standing }) => result.end === "not_applicable" && standing === "held").length;
const secondsOf = (cases: readonly Case[]) => (cases.reduce((sum, { result }) => sum + result.lengthMs, 0) / 1_000).toFixed(3);

function totals(cases: readonly Case[]) {
  return { tests: cases.length, failures: cases.filter(({ standing }) => standing === "deviated").length, errors: cases.filter(isError).length };
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
  return [ended, ...reasons, ...expectations.map((expectation) => `${expectation.file}:${expectation.line}: ${expectationText(expectation)}`)].join("\n");
}
