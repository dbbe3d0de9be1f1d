import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import type { LiveStep } from "../../kernel/records.ts";
import { startBoard } from "./board.ts";
import { live, plan } from "./fixtures/run.ts";
import { boardFrame, plainLine } from "./frame.ts";
import { paintFor } from "./paint.ts";
import type { ProgressEvent } from "./progress.ts";
import { advance, barsMax, emptyBoard, troublesNow, worstCell } from "./state.ts";

/** For what is no terminal. */
const plainPaint = paintFor({});

const planned = { type: "plan", plan, directory: "runs/demo", load: "k6", network: "toxiproxy" } as const;
const events: readonly ProgressEvent[] = [
  { type: "stage", name: "fault", detail: "A demonstration" },
  planned,
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
fault       ████████████████████···················· 0:50 of 1:40, ends in 50 s
faults                  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
in force    Outage of openai on primary, phase 1 of 1: 25 % errors (503), latency x3
in force    latency downstream on the link from the gateway to primary: latency 800, jitter 200
requests    offered 1500  done 1480  bad 37 (2.5 %)  late 30, error 7
bad share    ▂ 12.5 % now
primary     attempts 1200  failures 300 (25 %)
fallback    attempts 320  failures 0 (0 %)
failures    gateway counted 7; observed 37 bad, first alarm at 0:41
`);
});

/** A step of two cells, and how many of `a`'s 10 requests were bad. */
const step = (index: number, bad: number): LiveStep => ({ index, offered: 15, good: 15 - bad, bad, silent: 0, firstTokenMsP50: null, firstTokenMsP95: null, attempts: {}, cells: { a: { offered: 10, bad }, b: { offered: 5, bad: 1 } } });

test("worstCell: the largest bad share of the last window, which a later report of a step changes; none where nothing was bad in it", () => {
  const after = (...steps: readonly (readonly LiveStep[])[]) => steps.map((each): ProgressEvent => ({ type: "live", live: { ...live, steps: each } })).reduce(advance, advance(emptyBoard, planned));
  const early = Array.from({ length: 10 }, (_, index) => step(index, 5));
  expect(worstCell(after(early))).toEqual({ name: "a", offered: 100, bad: 50 });
  const late = Array.from({ length: 10 }, (_, index) => step(10 + index, 0));
  const later = after(early, late, [step(4, 9), step(19, 1)]);
  expect(worstCell(later)).toEqual({ name: "b", offered: 50, bad: 10 });
  expect(boardFrame(later, plainPaint, 100)).toContain("worst cell  b: 20 % of the last 10 s");
  expect(worstCell(after([]))).toBeNull();
  expect(boardFrame(after([]), plainPaint, 100)).not.toContain("worst cell");
});

test("boardFrame: good and bad requests of the last steps are bars to one scale", () => {
  const steps = [step(0, 0), step(1, 5), { ...step(2, 15), good: 0 }];
  const lines = boardFrame([planned, { type: "live", live: { ...live, steps } } as const].reduce(advance, emptyBoard), plainPaint, 100).split("\n");
  expect(lines.filter((line) => /^(good|bad) {2}/.test(line))).toEqual(["good        █▆▁ full bar: 15 in 1 s", "bad         ▁▄█"]);
});

test("boardFrame: a run that waits for its last answers has no time left, and one without faults no row for them", () => {
  const over = advance(advance(emptyBoard, { ...planned, plan: { ...plan, faults: [] } }), { type: "live", live: { ...live, atMs: 101_000 } });
  expect(boardFrame(over, plainPaint, 100)).toContain("1:41 of 1:40, awaits the last answers");
  expect(boardFrame(over, plainPaint, 100)).not.toContain("▒");
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
    "fault  0:50  offered 1500  done 1480  bad 37 (2.5 %)  bad now 12.5 %  gateway counted 7 failures  " +
      "[Outage of openai on primary, phase 1 of 1: 25 % errors (503), latency x3; latency downstream on the link from the gateway to primary: latency 800, jitter 200]",
  );
});

test("advance: the run after its control begins with an empty board, and both say which they are", () => {
  const control = [...events.slice(0, 1), { ...planned, part: "control" as const }, ...events.slice(2)].reduce(advance, emptyBoard);
  expect(boardFrame(control, plainPaint, 100).split("\n")[0]).toBe("blastlab demo  control 1 of 2, seed 7, k6, toxiproxy");
  expect(plainLine(control)).toMatch(/^control 1 of 2 {2}fault {2}0:50/);
  const run = advance(control, { ...planned, part: "run" });
  expect(run).toMatchObject({ live: null, badShares: [], inForce: [], part: "run" });
  expect(boardFrame(run, plainPaint, 100)).toContain("run 2 of 2, seed 7");
});

test("advance: a lifted fault is no longer in force, and old bad shares fall out", () => {
  const lifted = advance(state, { type: "fault", record: { fault: "latency-primary", action: "lifted", plannedMs: 60_000, atMs: 60_003, detail: "" } });
  expect(troublesNow(lifted)).toHaveLength(1);
  const long = Array.from({ length: 100 }).reduce<typeof state>((before) => advance(before, { type: "live", live }), state);
  expect(long.badShares).toHaveLength(barsMax);
});

test("startBoard: to a pipe, a line a stage and fault, a line every 5 s of the run, and no escape sequence", () => {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  const board = startBoard(stream);
  for (const event of events) board.onProgress(event);
  for (const atMs of [51_000, 52_000, 55_000, 56_000]) board.onProgress({ type: "live", live: { ...live, atMs } });
  board.close();
  const text = String((stream as unknown as PassThrough).read());
  const lines = text.split("\n");
  expect(lines.slice(0, 2)).toEqual(["fault: A demonstration", "run directory: runs/demo"]);
  expect(lines).toContain("fault latency-primary injected at 40012 ms");
  expect(lines.filter((line) => line.startsWith("fault  0:")).map((line) => line.slice(7, 11))).toEqual(["0:49", "0:55"]);
  expect(text).not.toContain("\u001B");
});

const terminal = (size: { columns: number; rows: number }) => Object.assign(new PassThrough(), { isTTY: true, ...size }) as unknown as NodeJS.WriteStream;

test("startBoard: a terminal gets frames that are drawn over, and keeps the last", () => {
  const stream = terminal({ columns: 100, rows: 40 });
  const board = startBoard(stream);
  for (const event of events) board.onProgress(event);
  board.close();
  const text = String((stream as unknown as PassThrough).read());
  expect(text).toContain("\u001B[2K");
  expect(text.lastIndexOf("0:50 of 1:40")).toBeGreaterThan(text.lastIndexOf("0:49 of 1:40"));
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
