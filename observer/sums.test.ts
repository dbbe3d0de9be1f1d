import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { HandMadeRun } from "./measure/testing.ts";
import { tapPath, writeRun } from "./run-directory.fixture.ts";
import { readEnd } from "./run-files.ts";
import { sumFaults } from "./sums.ts";

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

const run = new HandMadeRun();
run.good("red", 0);

function write(): string {
  const directory = writeRun(run.plan(), run.records(), run.arrivals);
  directories.push(directory);
  return directory;
}

function faultsOf(directory: string): readonly string[] {
  const ending = readEnd(directory);
  return ending.end === null ? [ending.fault] : sumFaults(directory, run.plan(), ending.sums);
}

test("sumFaults: none for a directory as its conductor closed it", () => {
  expect(faultsOf(write())).toEqual([]);
});

test("sumFaults: a file that was altered, even by its line end alone, and one that is gone", () => {
  const directory = write();
  appendFileSync(path.join(directory, "plan.json"), "\n");
  writeFileSync(tapPath(directory, "client"), readFileSync(tapPath(directory, "client"), "utf8").trimEnd());
  rmSync(tapPath(directory, "canary"));
  expect(faultsOf(directory)).toEqual([
    "plan.json was altered after the run: it has another sum than end.json",
    "taps/canary.ndjson is missing",
    "taps/client.ndjson was altered after the run: it has another sum than end.json",
  ]);
});

test("sumFaults: every file that a verdict rests on needs a sum", () => {
  const directory = write();
  expect(sumFaults(directory, run.plan(), {})).toHaveLength(2 + 4 + run.plan().deployments.length);
});
