import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import { examine } from "../measure/judge.ts";
import { HandMadeRun } from "../measure/testing.ts";
import { markdownOf } from "./markdown.ts";
import { viewOf } from "./view-of.ts";

const run = new HandMadeRun();
run.every(250, 0, 100_001, (atMs) => (atMs >= 20_000 && atMs < 60_000 ? run.failed("red", atMs) : run.good("red", atMs)));
run.every(100, 0, 100_001, (atMs) => run.good("blue", atMs, atMs === 70_000 ? { claimedDeployment: "fallback" } : {}));
const fault = faultOf({ id: "f1", title: "latency on the link from the gateway to primary", affects: { cells: [], routes: [], deployments: [], components: ["gateway", "provider-primary"] } });
const faults = [
  { fault: "f1", action: "injected" as const, plannedMs: 20_000, atMs: 20_120, detail: "" },
  { fault: "f1", action: "lifted" as const, plannedMs: 60_000, atMs: 60_200, detail: "" },
];
const canary = [{ probe: "canary-main-0", route: "main", sentMs: 0, endMs: 9, status: 503, ok: false, failure: "overloaded" as const, detail: "busy" }];
const plan = run.plan({ faults: [fault], expectations: [{ measure: "blastRadius", atMost: 0.1 }, { measure: "detectionMs", atLeast: 1_000 }] });
const records = run.records({ faults, canary });
const { verdict, judged } = examine(plan, records, { arrivals: run.arrivals });
const view = viewOf({ plan, verdict, evidence: { records, judged } });
const report = markdownOf(view);

test.each([
  "**deviated** · scenario `by-hand` on `by-hand`, seed 7",
  "- Blast radius deviated: 28.7 %, expected at most 10 %.",
  "| blast radius | - | 10 % | 28.7 % | deviated |",
  "| detection | 1 s | - | 4 s | held |",
  "| **blast radius** | **28.7 %** |",
  "| bad-window share | 14.3 % |",
  "| duration | 40 s |",
  "| bad share | 14.3 % |",
  "| error | 160 | 99.4 % |\n| wrong | 1 | 0.62 % |",
  "| failed or bad | unreadable | 161 |",
  "- The gateway's metrics were never read during the exposure: its dashboard is dark.",
  "| red/chat/local | 321 | 160 | 49.8 % | 0 |",
  "| main | 1 | 1 | overloaded |",
  "| latency on the link from the gateway to primary | gateway, provider-primary | 20 s to 60 s | injected at 20.1 s, lifted at 60.2 s |",
  "| faults | 0:20 | 1:00 | 560 | 160 | 28.6 % | 300 ms | 300 ms |",
  "| primary | openai | model-one | 1402 | 160 | 11.4 % | 9936 | 9936 |",
  "| 1402 | 1402 | 0 | 1402 | 0 | 0 | 0 | 0 | 0 |\n\nThe books balance.",
  "| r-1101 | wrong_provider: the response names fallback, and primary answered |",
  "| seed | 7 |",
])("markdownOf: shows %s: as the verdict has it", (text) => {
  expect(report).toContain(text);
});

test("markdownOf: every table is a table: as many cells in each row as in its head", () => {
  const blocks = report.split("\n\n").filter((block) => block.startsWith("|"));
  expect(blocks.length).toBeGreaterThan(7);
  for (const block of blocks) {
    const widths = block.split("\n").map((line) => line.replaceAll("\\|", "").split("|").length);
    expect(new Set(widths).size).toBe(1);
  }
});

test("markdownOf: a run of which nothing could be measured has a report too: reasons and books", () => {
  const empty = examine(plan, new HandMadeRun().records()).verdict;
  const text = markdownOf(viewOf({ plan, verdict: empty }));
  expect(text).toContain("**unknown**");
  expect(text).toContain("1402 requests were offered");
  expect(text).not.toContain("## Blast radius");
});
