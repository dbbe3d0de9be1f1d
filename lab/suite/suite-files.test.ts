import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { madePlayed } from "./results.fixture.ts";
import { suiteOf } from "./suite.ts";
import { claimSuiteDirectory, readSuite, writeSuite } from "./suite-files.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), "blastlab-suite-files-"))));
afterEach(() => rmSync(folder, { recursive: true }));
const at = (...names: readonly string[]) => path.join(folder, ...names);

const played = [madePlayed({}), madePlayed({ seed: 2, end: "failed" })];
const suite = suiteOf(played.map(({ result }) => result.cell), played, { harness: "virtual", code: "a digest" });

test("readSuite: a suite is read as it was written", () => {
  writeSuite(at("suite"), suite);
  expect(readSuite(at("suite"))).toEqual(suite);
});

test("writeSuite: names the run directories from its own, so that a suite which was moved with them still finds them", () => {
  const { suite: results, effort } = suite;
  const keptAt = (directory: string) => ({ suite: results, effort: { ...effort, cells: effort.cells.map((cell) => ({ ...cell, directory })) } });
  writeSuite(at("suite"), keptAt(at("suite", "smoke--naive--1")));
  renameSync(at("suite"), at("moved"));
  expect(readSuite(at("moved"))).toEqual(keptAt(at("moved", "smoke--naive--1")));
});

test.each([
  ["results.json", '{"schema":"blastlab.suite/2"}', 'its schema is "blastlab.suite/2"'],
  ["results.json", '{"schema":"blastlab.suite/1"}', "harness: "],
  ["results.json", JSON.stringify({ ...suite.suite, results: [{}] }), "results[0].place: "],
  ["results.json", JSON.stringify({ ...suite.suite, results: [{ ...suite.suite.results[0], end: "won" }] }), "results[0].end: "],
  ["results.json", JSON.stringify(suite.suite).slice(0, 200), "it is not JSON"],
  ["effort.json", '{"schema":"blastlab.suite-effort/1"}', "cells: "],
  ["effort.json", JSON.stringify({ ...suite.effort, cells: [{ ...suite.effort.cells[0], playedAt: "yesterday" }] }), "cells[0].playedAt: "],
  ["effort.json", "", "it is empty"],
])("readSuite: a broken %s is refused with the place: %s", (name, text, message) => {
  writeSuite(at("suite"), suite);
  writeFileSync(at("suite", name), text);
  expect(() => readSuite(at("suite"))).toThrow(expect.objectContaining({ code: "suite_unreadable", exit: "refused", message: expect.stringContaining(message) as string }));
});

test("claimSuiteDirectory: the first takes a directory, and the second is refused, before either has played", () => {
  claimSuiteDirectory(at("new"));
  expect(() => claimSuiteDirectory(at("new"))).toThrow(expect.objectContaining({ code: "out_not_empty", exit: "refused" }));
  writeFileSync(at("file"), "");
  expect(() => claimSuiteDirectory(at("file"))).toThrow(expect.objectContaining({ code: "out_not_writable", exit: "refused" }));
});
