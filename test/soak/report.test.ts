import { expect, test } from "vitest";
import { accountMetricNames, answerMetricNames, metricNames } from "../../kernel/metric-names.ts";
import { seenOf } from "./client.ts";
import type { Sample } from "./inspected.ts";
import { emptyTally, type Tally } from "./load.ts";
import { Scrape } from "./metrics.ts";
import { type Observed, reached, verdictOf } from "./report.ts";

const metricsPage = `# HELP of all that a load is to reach
${metricNames.attempts}{deployment="a",outcome="success"} 70
${metricNames.attempts}{deployment="a",outcome="cancelled"} 20
${metricNames.attempts}{deployment="b",outcome="overloaded"} 10
${answerMetricNames.cache}{route="r",team="t",status="hit",kind="exact"} 5
${answerMetricNames.cache}{route="r",team="t",status="hit",kind="semantic"} 4
${answerMetricNames.cache}{route="r",team="t",status="miss",kind="none"} 3
${answerMetricNames.guards}{team="t",guard="pii",action="scrubbed"} 2
${answerMetricNames.guards}{team="t",guard="injection",action="blocked"} 2
${accountMetricNames.rejections}{team="t",by="limits"} 1
`;

/** Ten minutes, a sample every five seconds, growing by `perHour` bytes. */
function samples(perHour: number): Sample[] {
  return Array.from({ length: 120 }, (_, index) => ({ atMs: index * 5_000, heap: 40e6 + (perHour * index * 5_000) / 3_600_000, code: 8e6, buffers: 0, resident: 0, sockets: 9, active: {} }));
}

const tallied = (seen: string): Tally => ({ ...emptyTally(), sent: 100, seen: new Map([["leaving", new Map([[seen, 1], ["left", 1]])]]) });

/** A run that holds, but for `overrides`. */
function observed(overrides: Partial<Observed> = {}): Observed {
  return {
    minutes: 12,
    perSecond: 30,
    samples: samples(0),
    idle: samples(0)[0]!,
    inFlightAtEnd: 0,
    tally: tallied("whole"),
    reasons: new Map(["retry", "failover", "hedge", "rescue_continue", "rescue_replay"].map((reason) => [reason, 1])),
    logged: new Map([["breaker", 1]]),
    complaints: [],
    scrape: new Scrape(metricsPage),
    config: { reloads: 2, refusals: 1 },
    ...overrides,
  };
}

test("verdictOf: a level heap under a load that reached everything holds", () => {
  expect(verdictOf(observed())).toEqual({ exitCode: 0, reasons: [] });
  expect(reached(observed())).toMatchObject({ "attempts that failed": 10, "answers from the cache, like question": 4 });
});

test.each([
  ["a heap that grows by 1.2 MB an hour", { samples: samples(1.2e6) }, /^the heap may grow by 1\.2 MB/],
  ["an answer that ended clean and short", { tally: tallied("silent") }, /1 of leaving/],
  ["a request that never ended", { inFlightAtEnd: 1 }, /^1 requests are in flight/],
  ["a bug", { logged: new Map([["bug", 2], ["breaker", 1]]), complaints: ["oops"] }, /2 bugs, the first: oops/],
])("verdictOf: %s does not hold", (_, overrides, reason) => {
  expect(verdictOf(observed(overrides))).toEqual({ exitCode: 1, reasons: [expect.stringMatching(reason)] });
});

test.each([
  ["nothing was hedged", { reasons: new Map([["retry", 1], ["failover", 1], ["rescue_continue", 1], ["rescue_replay", 1]]) }, /no hedges/],
  ["the load was not offered", { tally: { ...tallied("whole"), dropped: 1 } }, /^1 requests were not sent/],
])("verdictOf: where %s nothing is known", (_, overrides, reason) => {
  expect(verdictOf(observed(overrides))).toEqual({ exitCode: 2, reasons: [expect.stringMatching(reason)] });
});

test.each([
  ["whole", 200, 'data: {"a":1}\n\ndata: [DONE]\n\n', true],
  ["whole", 200, "event: message_stop\ndata: {}\n\n", true],
  ["whole", 200, "event: response.incomplete\ndata: {}\n\n", true],
  ["whole", 200, '{"a":1}', false],
  ["silent", 200, 'data: {"a":1}\n\n', true],
  ["silent", 200, '{"a":', false],
  ["said_so", 200, 'data: {"a":1}\n\ndata: {"error":{}}\n\n', true],
  ["said_so", 200, "event: error\ndata: {}\n\n", true],
  ["refused", 429, "{}", true],
  ["failed", 503, "{}", true],
] as const)("seenOf: %s is what %d with %j is", (seen, status, text, stream) => {
  expect(seenOf(status, text, stream)).toBe(seen);
});
