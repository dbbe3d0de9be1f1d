import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { readVerdict } from "../files.ts";
import type { PlayedCell } from "./cell.ts";
import { chooseCells } from "./choose-cells.ts";
import { playCells } from "./play-cells.ts";

const slow = { timeout: 240_000 };
const never = new AbortController().signal;
const quiet = { keepIn: null, signal: never, onPlayed: () => {} };
const resultsOf = (played: readonly PlayedCell[]) => played.map(({ result }) => result);

test("playCells: results are the same plain data, in the order of the cells, however many processes play them", slow, async () => {
  const cells = chooseCells({ names: ["smoke"], tags: [], stacks: ["one-process", "naive"], seeds: [1, 2] });
  const one = resultsOf(await playCells(cells, { ...quiet, processes: 1 }));
  const three = resultsOf(await playCells([...cells], { ...quiet, processes: 3 }));
  expect(JSON.stringify(three)).toBe(JSON.stringify(one));
  expect(one.map(({ cell }) => cell)).toEqual(cells);
  expect(one[0]).toMatchObject({ end: "held", meant: "held" });
  expect(one[0]!.measures!.lostDemand!.value).toBeGreaterThanOrEqual(0);
});

test("playCells: each expectation has its line", slow, async () => {
  const [{ result }] = (await playCells(chooseCells({ names: ["smoke"], tags: [], stacks: ["one-process"], seeds: [1] }), quiet)) as [PlayedCell];
  const { expectations } = result;
  expect(expectations.length).toBeGreaterThan(0);
  expect(new Set(expectations.map(({ line }) => line)).size).toBe(expectations.length);
});

test("playCells: what a stack lacks is not applicable, and a setting that is refused fails its own cell, each with the reason", slow, async () => {
  const cells = [
    { scenario: "edge-dead", stack: "naive", seed: 1, sets: [] },
    { scenario: "smoke", stack: "one-process", seed: 1, sets: ["workload.requestsPerSecond=-1"] },
  ];
  const [lacking, refused] = resultsOf(await playCells(cells, quiet));
  expect(lacking).toMatchObject({ end: "not_applicable", measures: null });
  expect(lacking!.reasons[0]).toContain("edge");
  expect(refused).toMatchObject({ end: "failed", meant: null });
  expect(refused!.reasons[0]).toContain("requestsPerSecond");
});

test("playCells: run directories are kept where that is asked for, each whole", slow, async () => {
  const keepIn = mkdtempSync(path.join(tmpdir(), "blastlab-suite-"));
  try {
    const [{ result, effort }] = (await playCells(chooseCells({ names: ["smoke"], tags: [], stacks: ["one-process"], seeds: [3] }), { ...quiet, keepIn })) as [PlayedCell];
    expect(readdirSync(keepIn)).toEqual(["smoke--one-process--3"]);
    expect(readVerdict(effort.directory!)).toMatchObject({ verdict: result.end, seed: 3 });
  } finally {
    rmSync(keepIn, { recursive: true });
  }
});
