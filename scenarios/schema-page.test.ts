import { expect, test } from "vitest";
import { messageOf } from "../kernel/errors.ts";
import { parseScenario } from "./parse.ts";

const tiny = `name: tiny
title: The least
endsAs: { naive: deviated }
workload: { requestsPerSecond: 10, cells: [{ team: a, feature: b, route: r, slo: { firstTokenMs: 1000, totalMs: 2000 } }] }
deployments: [{ name: primary, provider: openai, dialect: openai, model: gpt-4o-mini, latency: gpt-4o-mini }]
routes: [{ name: r, deployments: [primary] }]
page:
  teaches: One thing.
  outage: { date: 2025-06-10, title: Hosts lost their network, source: [{ is: post-mortem, url: https://status.example.com/1 }], differs: It took hours. }
  ends: { naive: It has no breaker. }
  lookAt: Lost demand.
  next: Look at your breaker.
`;

function problemsOf(text: string): string {
  try {
    parseScenario(text, "tiny.yaml");
    return "";
  } catch (error) {
    return messageOf(error);
  }
}

test("pageSchema: a page with all of its parts is accepted, one whose outage has a bare URL, and one without an outage and a next step", () => {
  expect(problemsOf(tiny)).toBe("");
  expect(problemsOf(tiny.replace(/source: .*\]/, "source: https://status.example.com/1"))).toBe("");
  expect(problemsOf(tiny.replace(/ {2}outage.*\n/, "").replace(/ {2}next.*\n/, ""))).toBe("");
});

test.each([
  ["ends: { naive: It has no breaker. }", "ends: {}", 'tiny.yaml:10:9 page.ends: Give the reason why it ends as deviated on "naive"'],
  ["ends: { naive: It", "ends: { hardened: Twice., naive: It", 'tiny.yaml:10:21 page.ends.hardened: Give in endsAs how it ends on "hardened"; there is naive'],
  ["date: 2025-06-10", "date: last June", "tiny.yaml:9:19 page.outage.date: Give the day of the outage as 2025-06-10, or its month as 2025-06"],
  ["url: https://status", "url: status", "tiny.yaml:9:97 page.outage.source.0.url: Give the URL of a report, from https:// on"],
  ["[{ is: post-mortem, url: https://status.example.com/1 }]", "[]", "page.outage.source"],
  ["  lookAt: Lost demand.\n", "", "tiny.yaml:8:3 page.lookAt: Is missing: expected string"],
])("checkPage: %s replaced by %s is refused at its place", (part, by, problem) => {
  expect(problemsOf(tiny.replace(part, by))).toContain(problem);
});
