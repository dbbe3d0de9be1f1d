import { getCurrentSpecVersion, stringify, validateStrict, type CTRFReport, type Test, type TestStatus } from "ctrf";
import { labVersion } from "../../version.ts";
import { cellName } from "../cell.ts";
import { unplayedText, type BesidesCells, type Regression } from "../findings.ts";
import { scenarioFacts } from "../scenario-facts.ts";
import { standingOf, type Accepted } from "../standing.ts";
import type { PlacedResult, PlayedSuite } from "../suite.ts";

/**
 * The suite in the Common Test Report Format, checked against its schema. A test's duration is the length of its run on
 * its own timeline. A measure that is worse than in the baseline is a test too, and so are cells that were not played,
 * together. Start and stop are of the wall clock.
 */
export function ctrfText({ suite, effort }: PlayedSuite, accepted: Accepted, besides: BesidesCells = { regressions: [], unplayed: 0 }): string {
  const tests = [...suite.results.map((result) => testOf(result, accepted)), ...besides.regressions.map(regressionTest), ...(besides.unplayed === 0 ? [] : [unplayedTest(unplayedText(besides))])];
  const count = (status: TestStatus) => tests.filter((test) => test.status === status).length;
  const spans = effort.cells.map(({ playedAt, wallMs }) => ({ start: Date.parse(playedAt), stop: Date.parse(playedAt) + Math.round(wallMs) }));
  const report: CTRFReport = {
    reportFormat: "CTRF",
    specVersion: getCurrentSpecVersion(),
    results: {
      tool: { name: "blastlab", version: labVersion() },
      summary: {
        tests: tests.length,
        passed: count("passed"),
        failed: count("failed"),
        skipped: count("skipped"),
        pending: 0,
        other: count("other"),
        start: spans.length === 0 ? 0 : Math.min(...spans.map(({ start }) => start)),
        stop: spans.length === 0 ? 0 : Math.max(...spans.map(({ stop }) => stop)),
      },
      tests,
    },
  };
  validateStrict(report);
  return `${stringify(report)}\n`;
}

const unplayedTest = (message: string): Test => ({ name: message, status: "other", duration: 0, suite: ["suite"], rawStatus: "not_played", message });

function regressionTest({ scenario, stack, measure, message, file, line }: Regression): Test {
  return { name: `${scenario} on ${stack}, ${measure} against the baseline`, status: "failed", duration: 0, suite: [scenario, stack], rawStatus: "worse", filePath: file, line, message };
}

function testOf(result: PlacedResult, accepted: Accepted): Test {
  const { cell, end, lengthMs, reasons, expectations, measures } = result;
  const status = statusOf(result, accepted);
  const off = expectations.find((expectation) => expectation.result !== "held");
  const { scenario, file } = scenarioFacts(cell.scenario);
  return {
    name: cellName(cell),
    status,
    duration: Math.round(lengthMs),
    suite: [cell.scenario, cell.stack],
    rawStatus: end,
    filePath: file,
    ...(off !== undefined && { line: off.line }),
    ...(status !== "passed" && reasons[0] !== undefined && { message: reasons[0] }),
    ...(scenario.tags.length > 0 && { tags: [...scenario.tags] }),
    extra: { seed: cell.seed, sets: cell.sets, measures },
  };
}

function statusOf(result: PlacedResult, accepted: Accepted): TestStatus {
  const standing = standingOf(result, accepted);
  if (standing === "held") return result.end === "not_applicable" ? "skipped" : "passed";
  return standing === "unknown" ? "other" : "failed";
}
