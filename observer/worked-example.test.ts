import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { faultOf } from "../kernel/fault.fixture.ts";
import { binomialTail } from "../kernel/stats.ts";
import { judge } from "./measure/judge.ts";
import { cellNamed, HandMadeRun, planOf, playedAt } from "./measure/testing.ts";

const page = readFileSync(path.resolve(import.meta.dirname, "../docs/metrics.md"), "utf8");
const section = page.slice(page.indexOf("## A worked example")).split("\n## ")[0]!;
const rows = section
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
const requests = rows.filter((row) => row.length === 5 && /^\d/.test(row[0]!));
const figures = new Map(rows.filter((row) => row.length === 3 && row[0] !== "figure").map(([name, , value]) => [name!, Number(value)]));

/** The run of the page; what became of some requests can be replaced by their number. */
function verdictOf(changes: Readonly<Record<string, string>> = {}) {
  const run = new HandMadeRun();
  for (const [number, team, intended, ended, printed] of requests) {
    const atMs = Number(intended) * 1_000;
    const became = changes[number!] ?? printed!;
    const endMs = became === printed ? Number(ended) * 1_000 : atMs + 500;
    if (became === "error") run.failed(team!, atMs, { endMs });
    else run.good(team!, atMs, { endMs, ...(became === "wrong" && { claimedDeployment: "fallback" }) });
  }
  const base = planOf();
  const fault = faultOf({ id: "fault", fromMs: 10_000, toMs: 20_000, affects: { cells: [cellNamed("red").name], routes: [], deployments: [], components: [] } });
  const plan = run.plan({
    faults: [fault],
    timeline: { steadyFromMs: 0, faultFromMs: 10_000, faultToMs: 20_000, endMs: 30_000 },
    measure: { ...base.measure, requestsMin: 2, steadyBadShareMax: 0.5, recovery: { ...base.measure.recovery, holdMs: 5_000 } },
  });
  return judge(plan, run.records({ faults: playedAt("fault", 10_000, 20_000) }), { arrivals: run.arrivals });
}

const measures = verdictOf().measures!;
const { blastRadius, reach } = measures;
const seconds = (ms: number | null) => ms! / 1_000;

const computed: readonly (readonly [string, number])[] = [
  ["demand", blastRadius!.demand],
  ["fleet's bad share of the steady state", measures.control.badShare],
  ["expected of red", (5 * (1 + 20 * measures.control.badShare)) / 22],
  ["expected of blue", (3 * (20 * measures.control.badShare)) / 22],
  ["excess", blastRadius!.excess],
  ["blast radius", blastRadius!.share],
  ["lost seconds", seconds(blastRadius!.lostMs)],
  ["bad-window share", measures.badWindowShare[0]],
  ["reach, low end", reach.cells.share[0]],
  ["reach, high end", reach.cells.share[1]],
  ["bad share", measures.badShare],
  ["silent share", measures.silentShare],
  ["depth", measures.depth],
  ["duration, s", seconds(measures.durationMs)],
  ["containment", measures.containment!],
  ["detection, s", seconds(measures.detectionMs)],
  ["recovery, s", seconds(measures.recoveryMs)],
];

test.each(computed)("docs/metrics.md, a worked example: %s is what the page prints", (name, value) => {
  expect(figures.get(name)).toBeCloseTo(value, 4);
});

test("docs/metrics.md, a worked example: a dozen requests, and no figure that is not compared", () => {
  expect(requests).toHaveLength(12);
  expect([...figures.keys()]).toEqual(computed.map(([name]) => name));
});

test("docs/metrics.md, a worked example: what would be different with request 3 in time, and the probabilities that the page prints", () => {
  const { measures: other } = verdictOf({ 3: "good" });
  expect(other).toMatchObject({ blastRadius: { share: 1 }, reach: { cells: { share: [0.5, 0.5], hit: [{ cell: cellNamed("red").name, requests: 5, bad: 4, expectedBad: 0 }] } } });
  const printed: readonly (readonly [number, number])[] = [[0.0216, binomialTail(4, 5, 6 / 22)], [0.0015, (6 / 22) ** 5], [0.0117, (5 / 22) ** 3], [0.0297, binomialTail(1, 3, 0.01)]];
  for (const [number, value] of printed) {
    expect(section).toContain(String(number));
    expect(number).toBeCloseTo(value, 4);
  }
  expect(section).toContain("5.0e-8");
  expect(binomialTail(4, 5, 0.01)).toBeCloseTo(5e-8, 9);
});
