import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { logEnd } from "./log-end.ts";

function log(text: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-log-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "child.log");
  writeFileSync(file, text);
  return file;
}

test("logEnd: the last lines that are not blank", () => {
  expect(logEnd(log("one\ntwo\n\nthree\n \n"), 2)).toEqual(["two", "three"]);
  expect(logEnd(log(""), 2)).toEqual([]);
});

test("logEnd: of a long log no more than its end, also where that is one line", () => {
  expect(logEnd(log(`${"x".repeat(1_000_000)}\nlast\n`), 2).map((line) => line.length)).toEqual([16 * 1024 - "\nlast\n".length, 4]);
});

test("logEnd: none for a log that is not there, or is no file", () => {
  expect(logEnd("/nowhere/child.log", 2)).toEqual([]);
  expect(logEnd(tmpdir(), 2)).toEqual([]);
  expect(logEnd("/dev/zero", 2)).toEqual([]);
});
