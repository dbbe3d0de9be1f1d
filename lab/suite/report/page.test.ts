import { expect, test } from "vitest";
import { findingsOf } from "../findings.ts";
import { madePlayed } from "../results.fixture.ts";
import { nothingAccepted } from "../standing.ts";
import { suiteOf } from "../suite.ts";
import { suitePage } from "./page.ts";

const played = [madePlayed({ scenario: "gateway-dead", seed: 1, lostDemand: 0.1 }), madePlayed({ scenario: "gateway-dead", seed: 2, lostDemand: 0.6, end: "deviated" }), madePlayed({ scenario: "smoke", end: "failed", reason: "It <broke>" })];
const { suite } = suiteOf(played.map(({ result }) => result.cell), played, { harness: "virtual" });
const page = suitePage({ suite, summary: "tested 2 of 3", findings: findingsOf(suite.results, nothingAccepted, null), comparison: null, reports: new Map([[1, "runs/gateway%20dead/report.html"]]) });

test("suitePage: a row for each scenario on each stack, over its seeds, with links to the runs that were kept", () => {
  expect(page).toContain('<td>gateway-dead</td><td>naive</td><td>-</td><td>held 1 of 2, deviated 1 of 2</td><td><data value="0.1..0.6">10 % to 60 %</data></td>');
  expect(page.match(/<a href="runs\/gateway%20dead\/report.html">seed 2<\/a>/g)).toHaveLength(1);
});

test("suitePage: its heading is the summary as a sentence", () => {
  expect(page).toContain("<h1>Tested 2 of 3</h1>");
});

test("suitePage: names what to look at, as text", () => {
  expect(page).toContain("It &lt;broke&gt;");
  expect(page).not.toContain("<broke>");
});

test("suitePage: ends with the admission of each stack, and the reason where its tier is unknown", () => {
  const admission = page.slice(page.indexOf('id="admission"'));
  expect(admission).toContain("Service tier unknown: untested: two regions with control planes of their own");
  expect(admission).toContain('<data value="0.6">60 %</data> of the demand, in gateway-dead with seed 2');
  expect(admission).toContain("Agents and MCP are out of the lab's scope.");
});
