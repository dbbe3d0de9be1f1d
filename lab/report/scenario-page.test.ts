import { expect, test } from "vitest";
import { parseScenario } from "../../scenarios/parse.ts";
import { scenarioPage } from "./scenario-page.ts";

const tiny = `name: tiny
title: The least
endsAs: { naive: deviated, mine: not_applicable }
workload: { requestsPerSecond: 10, cells: [{ team: a, feature: b, route: r, slo: { firstTokenMs: 1000, totalMs: 2000 } }] }
deployments: [{ name: primary, provider: openai, dialect: openai, model: gpt-4o-mini, latency: gpt-4o-mini }]
routes: [{ name: r, deployments: [primary] }]
`;

const page = `page:
  teaches: One thing.
  outage: { date: 2025-06-10, title: Hosts lost their network, source: https://status.example.com/1 }
  ends: { naive: It has no breaker., mine: It has no such part. }
  lookAt: Lost demand.
`;

test("scenarioPage: what it teaches, the outage with its source, each stack's end with its reason, what to look at", () => {
  expect(scenarioPage(parseScenario(tiny + page, "tiny.yaml"))).toBe(
    [
      "### tiny",
      "*The least*",
      "**What it teaches.** One thing.",
      "**The outage behind it.** 2025-06-10: Hosts lost their network ([source](https://status.example.com/1)).",
      "**How it is meant to end.**",
      "- `naive`: **deviated**. It has no breaker.\n- `mine`: **not applicable**. It has no such part.",
      "**What to look at.** Lost demand.",
    ].join("\n\n"),
  );
});

test("scenarioPage: a scenario without a page shows its ends alone", () => {
  expect(scenarioPage(parseScenario(tiny, "tiny.yaml"))).toBe("### tiny\n\n*The least*\n\n**How it is meant to end.**\n\n- `naive`: **deviated**.\n- `mine`: **not applicable**.");
});

test("scenarioPage: no line is longer than 118 columns, and the next lines of an item are indented", () => {
  const long = Array.from({ length: 60 }, (_, index) => `word${index}`).join(" ");
  const lines = scenarioPage(parseScenario(tiny + page.replace("It has no breaker.", long), "tiny.yaml")).split("\n");
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(118);
  expect(lines.filter((line) => line.startsWith("  word")).length).toBeGreaterThan(2);
});
