import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { assertWritable, writeOut } from "./out-file.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), "blastlab-out-"))));
afterEach(() => rmSync(folder, { recursive: true }));
const at = (...names: readonly string[]) => path.join(folder, ...names);

test("assertWritable: a file that can be written passes, and is neither made nor changed", () => {
  writeFileSync(at("there"), "as it was");
  assertWritable(at("there"));
  assertWritable(at("new", "folder", "file"));
  expect(readFileSync(at("there"), "utf8")).toBe("as it was");
  expect(readdirSync(at("new", "folder"))).toEqual([]);
});

test("assertWritable, writeOut: a directory, a file as a folder, and a folder that takes no file are refused and do not hang", () => {
  mkdirSync(at("directory"));
  writeFileSync(at("file"), "");
  const bad = [at("directory"), at("file", "below"), "", ...(process.platform === "linux" ? ["/proc/blastlab/deep/file"] : [])];
  for (const file of bad) {
    expect(() => assertWritable(file), file).toThrow(expect.objectContaining({ code: "out_not_writable", exit: "refused" }));
    expect(() => writeOut(file, "text"), file).toThrow(expect.objectContaining({ code: "out_not_written", exit: "failed" }));
  }
});

test("assertWritable: standard output is no file", () => {
  expect(() => assertWritable("-")).toThrow(expect.objectContaining({ code: "out_not_writable", exit: "refused" }));
});

test("writeOut: makes the folders above a file", () => {
  writeOut(at("a", "b", "c.txt"), "text");
  expect(readFileSync(at("a", "b", "c.txt"), "utf8")).toBe("text");
});
