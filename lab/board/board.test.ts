import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { startBoard } from "./board.ts";
import { live, plan, verdict } from "./fixtures/run.ts";
import { clockTime, duration, measuredRange, measureTitle, minutes, percent, sparkline } from "./format.ts";
import { boardFrame, plainLine } from "./frame.ts";
import { paintFor } from "./paint.ts";
import type { ProgressEvent } from "./progress.ts";
import { advance, badSharesMax, emptyBoard, troublesNow } from "./state.ts";
import { summaryText } from "./summary.ts";

/** For what is no terminal. */
const plainPaint = paintFor({});

const events: readonly ProgressEvent[] = [
  { type: "stage", name: "fault", detail: "A demonstration" },
  { type: "plan", plan, directory: "runs/demo", load: "k6", network: "toxiproxy" },
  { type: "live", live: { ...live, atMs: 49_000, windowBadShare: null } },
  { type: "fault", record: { fault: "real-outage", action: "injected", plannedMs: 30_000, atMs: 30_000, detail: "" } },
  { type: "fault", record: { fault: "latency-primary", action: "injected", plannedMs: 40_000, atMs: 40_012, detail: "" } },
  { type: "live", live },
];
const state = events.reduce(advance, emptyBoard);

test("boardFrame: a run in the middle of its faults", () => {
  expect(`\n${boardFrame(state, plainPaint, 100)}\n`).toBe(`
blastlab demo  seed 7, k6, toxiproxy
A demonstration
fault       ████████████████████▒▒▒▒▒▒▒▒············ 0:50 of 1:40
in force    Outage of openai on primary, phase 1 of 1: 25 % errors (503), latency x3
in force    latency downstream on the link from the gateway to primary: latency 800, jitter 200
requests    offered 1500  done 1480  bad 37 (2.5 %)  late 30, error 7
bad share    ▂ 12.5 % now
primary     attempts 1200  failures 300 (25.0 %)
fallback    attempts 320  failures 0 (0.0 %)
believes    the gateway: 7 failures; the observer: 37 bad, first alarm at 0:41
`);
});

test("boardFrame: before the first figures there is the stage alone", () => {
  expect(boardFrame(advance(emptyBoard, { type: "stage", name: "warm_up", detail: "not measured" }), plainPaint, 80)).toBe("blastlab\nwarm-up     not measured");
});

test("boardFrame: no line is wider than the terminal, colours aside", () => {
  const colours = paintFor({ isTTY: true }, {});
  const lines = boardFrame(state, colours, 30).split("\n");
  // oxlint-disable-next-line no-control-regex
  expect(Math.max(...lines.map((line) => line.replaceAll(/\u001B\[\d+m/g, "").length))).toBe(30);
  expect(lines.join("")).toContain("\u001B[31m");
});

test("plainLine: the same run in a line", () => {
  expect(plainLine(state)).toBe(
    "fault  0:50  offered 1500  done 1480  bad 37 (2.5 %)  bad now 12.5 %  gateway believes 7 failures  " +
      "[Outage of openai on primary, phase 1 of 1: 25 % errors (503), latency x3; latency downstream on the link from the gateway to primary: latency 800, jitter 200]",
  );
});

test("advance: a lifted fault is no longer in force, and old bad shares fall out", () => {
  const lifted = advance(state, { type: "fault", record: { fault: "latency-primary", action: "lifted", plannedMs: 60_000, atMs: 60_003, detail: "" } });
  expect(troublesNow(lifted)).toHaveLength(1);
  const long = Array.from({ length: 100 }).reduce<typeof state>((before) => advance(before, { type: "live", live }), state);
  expect(long.badShares).toHaveLength(badSharesMax);
});

test("summaryText: verdict, blast radius and parts, expectations, belief, where to find it", () => {
  const text = summaryText({ verdict, title: plan.title, directory: "runs/demo", replay: "npx blastlab run demo --seed 7" }, plainPaint);
  expect(`\n${text}`).toBe(`
DEVIATED  demo  A demonstration
  Blast radius: 0.25 .. 0.3, expected at most 0.05.
  Amplification held.

blast radius 25.0 % .. 30.0 %  of users' windows went bad, minus a control (self) of 0.0 %
  breadth        50.0 %         share of cells that were hit
  depth          42.1 %         of requests bad while hit
  duration       41.0 s         first to last bad window
  containment    -              of the damage lies in cells behind the fault
  silent share   0.2 %          of requests: wrong or cut short, as a success
  error budget   10.00 x        burned
  amplification  1.34 x         provider attempts a client request
  token waste    1.0 %          of tokens generated, never delivered
  detection      11.5 s         by the observer, after the first fault
                 no alarm       by the gateway's own metrics
  recovery       > 30.0 s       after the last fault
  first token    410 ms, 4.1 s  p50, p99

  expected of    at least  at most  measured
  blast radius             5.0 %    25.0 % .. 30.0 %  deviated
  amplification            1.40 x   1.34 x            held
  recovery                 10.0 s   -                 unknown

            gateway believed  observer saw
  requests  2000              2000
  bad       7                 200
  attempts  unreadable        2674
  The gateway admits to 7 failures; its users had 200.

books     3000 offered, 3000 sent, 0 dropped; balanced
load      offered by k6, answers timed by the relay; late by 4 ms at p99
run       runs/demo
report    runs/demo/report.md
replay    npx blastlab run demo --seed 7
`);
});

test("summaryText: a run without measures shows why, and its books", () => {
  const broken = { ...verdict, verdict: "unknown" as const, measures: null, belief: null, expectations: [], books: { ...verdict.books, balanced: false, problems: ["3 orphan attempts"] } };
  expect(summaryText({ verdict: broken, title: "T", directory: "d", replay: null }, plainPaint)).toBe(
    "UNKNOWN  demo  T\n  Blast radius: 0.25 .. 0.3, expected at most 0.05.\n  Amplification held.\n\n" +
      "books     3000 offered, 3000 sent, 0 dropped; do not balance: 3 orphan attempts\nload      offered by k6, answers timed by the relay; late by 4 ms at p99\nrun       d\nreport    d/report.md\n",
  );
});

test("startBoard: to a pipe, a line a stage and fault, a line every 5 s of the run, the summary, and no escape sequence", () => {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  const board = startBoard(stream);
  for (const event of events) board.onProgress(event);
  for (const atMs of [51_000, 52_000, 55_000, 56_000]) board.onProgress({ type: "live", live: { ...live, atMs } });
  board.onProgress({ type: "verdict", verdict, plan, directory: "runs/demo", replay: "again" });
  board.close();
  const text = String((stream as unknown as PassThrough).read());
  const lines = text.split("\n");
  expect(lines.slice(0, 2)).toEqual(["fault: A demonstration", "run directory: runs/demo"]);
  expect(lines).toContain("fault latency-primary injected at 40012 ms");
  expect(lines.filter((line) => line.startsWith("fault  0:")).map((line) => line.slice(7, 11))).toEqual(["0:49", "0:55"]);
  expect(text).toContain("DEVIATED  demo");
  expect(text).not.toContain("\u001B");
});

const terminal = (size: { columns: number; rows: number }) => Object.assign(new PassThrough(), { isTTY: true, ...size }) as unknown as NodeJS.WriteStream;

test("startBoard: a terminal gets frames that are drawn over, and the summary below the last", () => {
  const stream = terminal({ columns: 100, rows: 40 });
  const board = startBoard(stream);
  for (const event of events) board.onProgress(event);
  board.onProgress({ type: "verdict", verdict, plan, directory: "runs/demo", replay: "again" });
  board.close();
  const text = String((stream as unknown as PassThrough).read());
  expect(text).toContain("\u001B[2K");
  expect(text.lastIndexOf("DEVIATED")).toBeGreaterThan(text.lastIndexOf("in force"));
});

test("startBoard: a terminal that has no size gets plain lines", () => {
  const stream = terminal({ columns: 0, rows: 0 });
  startBoard(stream).onProgress(events[0]!);
  expect(String((stream as unknown as PassThrough).read())).toBe("fault: A demonstration\n");
});

test("paintFor: colour for a terminal alone, and not under NO_COLOR", () => {
  expect(paintFor({ isTTY: true }, {}).red("x")).not.toBe("x");
  expect(paintFor({ isTTY: true }, { NO_COLOR: "1" }).red("x")).toBe("x");
  expect(paintFor({ isTTY: true }, { TERM: "dumb" }).red("x")).toBe("x");
  expect(paintFor({}, {}).red("x")).toBe("x");
});

test("sparkline: nothing bad is the lowest bar, anything bad is above it, no figure is a gap", () => {
  expect(sparkline([0, 0.001, 0.5, 1, null])).toBe("▁▂▅█ ");
});

test.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [1_000, "1.0 s"],
  [59_900, "59.9 s"],
  [125_000, "2:05"],
])("duration: %d ms is %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [5, "5 min"],
  [185, "3 h 05 min"],
  [1_700, "1 d 4 h"],
])("minutes: %d is %s", (count, text) => {
  expect(minutes(count)).toBe(text);
});

test("clockTime: minutes and seconds, never below zero", () => {
  expect([clockTime(61_999), clockTime(-5)]).toEqual(["1:01", "0:00"]);
});

test("measuredRange: each measure in its unit", () => {
  expect(measuredRange("wrongAnswers", [3, 3])).toBe("3");
  expect(measuredRange("recoveryMs", [900, 1_500])).toBe("900 ms .. 1.5 s");
  expect(percent(null)).toBe("-");
  expect(measureTitle("errorBudgetBurned")).toBe("error budget burned");
});
