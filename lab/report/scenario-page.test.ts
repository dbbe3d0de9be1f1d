import { expect, test } from "vitest";
import { parseScenario } from "../../scenarios/parse.ts";
import { scenarioPage } from "./scenario-page.ts";

const tiny = `name: tiny
title: The least
endsAs: { naive: deviated, mine: not_applicable }
workload: { requestsPerSecond: 10, cells: [{ team: a, feature: b, route: r, slo: { firstTokenMs: 1000, totalMs: 2000 } }] }
deployments: [{ name: primary, provider: openai, dialect: openai, model: gpt-4o-mini, latency: gpt-4o-mini }]
routes: [{ name: r, deployments: [primary] }]
expectations: [{ measure: blastRadius, atMost: 0.05 }, { measure: recoveryMs, atMost: 10000 }]
`;

const page = `page:
  teaches: One thing.
  outage: { date: 2025-06-10, title: Hosts lost their network, source: [{ is: post-mortem, url: https://status.example.com/1 }, { is: press, url: https://news.example.com/2 }], differs: It took hours. }
  ends: { naive: It has no breaker., mine: It has no such part. }
  lookAt: Lost demand.
  next: Look at your breaker.
`;

test("scenarioPage: what it teaches, the outage with its sources, each stack's end with its reason, what to look at, what is allowed, what to do next", () => {
  const titleOf = (stack: string) => (stack === "mine" ? "our own" : undefined);
  expect(scenarioPage(parseScenario(tiny + page, "tiny.yaml"), { titleOf })).toBe(
    [
      "### tiny",
      "*The least*",
      "**What it teaches.** One thing.",
      "**The outage behind it.** 2025-06-10: Hosts lost their network ([post-mortem](https://status.example.com/1),\n[press](https://news.example.com/2)).",
      "**What the scenario does otherwise.** It took hours.",
      "**How it is meant to end.**",
      "- `naive`: **deviated**. It has no breaker.\n- `mine` (our own): **not applicable**. It has no such part.",
      "**What to look at.** Lost demand.",
      "**What good looks like.** The run holds with blast radius at most 5 %, recovery at most 10 s.",
      "**In your own system.** Look at your breaker.",
    ].join("\n\n"),
  );
});

test("scenarioPage: a source that is a bare URL", () => {
  const bare = page.replace(/source: .*\]/, "source: https://status.example.com/1");
  expect(scenarioPage(parseScenario(tiny + bare, "tiny.yaml"))).toContain("Hosts lost their network ([source](https://status.example.com/1)).");
});

test("scenarioPage: a scenario without a page shows its ends and what is allowed", () => {
  expect(scenarioPage(parseScenario(tiny, "tiny.yaml"))).toBe("### tiny\n\n*The least*\n\n**How it is meant to end.**\n\n- `naive`: **deviated**.\n- `mine`: **not applicable**.\n\n**What good looks like.** The run holds with blast radius at most 5 %, recovery at most 10 s.");
});

test("scenarioPage: no line is longer than 118 columns, and the next lines of an item are indented", () => {
  const long = Array.from({ length: 60 }, (_, index) => `word${index}`).join(" ");
  const lines = scenarioPage(parseScenario(tiny + page.replace("It has no breaker.", long), "tiny.yaml")).split("\n");
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(118);
  expect(lines.filter((line) => line.startsWith("  word")).length).toBeGreaterThan(2);
});
