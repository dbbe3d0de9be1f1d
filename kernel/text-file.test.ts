import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { FileError, fileReader } from "./text-file.ts";

const { readText, readJson, readLines } = fileReader(fs);
const folder = fs.mkdtempSync(path.join(tmpdir(), "blastlab-files-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const place = (name: string) => path.join(folder, name);
function file(name: string, content: string | Uint8Array): string {
  fs.writeFileSync(place(name), content);
  return place(name);
}

function problemOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof FileError) return `${error.problem}: ${error.message}`;
    throw error;
  }
  return "none";
}

const linesOf = (name: string, limits: Parameters<typeof readLines>[1]) =>
  Array.from(readLines(name, limits), ({ number, bytes, ended }) => [number, Buffer.from(bytes).toString(), ended]);

test("readText: a file within the limit is read whole, its byte order mark left out", () => {
  expect(readText(file("mark.txt", "\ufeffé\n"), 6)).toBe("é\n");
  expect(readText(file("none.txt", ""), 1)).toBe("");
});

test.each<[string, () => string, string]>([
  ["a file that is not there", () => place("absent"), "missing: there is no such file"],
  ["a path through a file", () => `${file("plain", "x")}/inside`, "missing: there is no such file"],
  ["a directory", () => folder, "not_a_file: it is a directory, not a file"],
  ["a device without an end", () => "/dev/zero", "not_a_file: it is a device, not a file"],
  ["a file over the limit", () => file("large.txt", "x".repeat(2_049)), "too_large: it is larger than 2 KiB, the most that is read"],
  ["Latin-1", () => file("latin.txt", Buffer.from("one\ntwo \xe9\n", "latin1")), "not_utf8: line 2 is not UTF-8 text"],
])("readText: %s: a problem with a name and a sentence", (_, make, problem) => {
  expect(problemOf(() => readText(make(), 2_048))).toBe(problem);
});

test("readParts: a text in parts, each with whole characters; the line that is not UTF-8 is found in a later part, and where the file stops inside one", () => {
  const { readParts } = fileReader(fs);
  const long = "é\n".repeat(200_000);
  const limits = { bytesMax: 1 << 20, lineBytesMax: Infinity };
  const parts = [...readParts(file("long.txt", `\ufeff${long}`), limits)];
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.join("")).toBe(long);
  const bytes = Buffer.from(long);
  expect(problemOf(() => [...readParts(file("late.txt", Buffer.concat([bytes, Buffer.from([0xff, 0x0a])])), limits)])).toBe("not_utf8: line 200001 is not UTF-8 text");
  expect(problemOf(() => [...readParts(file("half.txt", bytes.subarray(0, 4)), limits)])).toBe("not_utf8: line 2 is not UTF-8 text");
});

test("readParts: a line over the limit is refused, one that is as long is not", () => {
  const { readParts } = fileReader(fs);
  const limits = { bytesMax: 1 << 22, lineBytesMax: 600_000 };
  const line = "x".repeat(600_000);
  expect([...readParts(file("fits.txt", `a\n${line}\n${line}`), limits)].join("")).toHaveLength(1_200_003);
  expect(problemOf(() => [...readParts(file("over.txt", `a\n${line}\n${line}x\n`), limits)])).toBe("line_too_long: line 3 is longer than 585.9 KiB");
});

test("readText: a named pipe without a writer: refused at once, not waited for", () => {
  execFileSync("mkfifo", [place("pipe")]);
  expect(problemOf(() => readText(place("pipe"), 10))).toBe("not_a_file: it is a pipe, not a file");
});

test("readText: a pipe, where pipes are read: what its writer wrote, within the limit", () => {
  const piped = `const fs = await import("node:fs"); const { fileReader } = await import(${JSON.stringify(new URL("./text-file.ts", import.meta.url).href)});
    try { console.log(fileReader(fs, { pipes: true }).readText("/dev/stdin", 8)); } catch (error) { console.log(error.problem); }`;
  const read = (input: string) => execFileSync("sh", ["-c", `cat | "$0" --input-type=module -e "$1"`, process.execPath, piped], { input, encoding: "utf8" }).trim();
  expect(read("a: 1")).toBe("a: 1");
  expect(read("123456789")).toBe("too_large");
});

test("readText: a file that grows past the limit after its size was taken: refused all the same", () => {
  const grown = { ...fs, fstatSync: (fd: number) => Object.assign(fs.fstatSync(fd), { size: 0 }) };
  expect(problemOf(() => fileReader(grown).readText(file("grown.txt", "12345"), 4))).toBe("too_large: it is larger than 4 bytes, the most that is read");
});

test("readText: a sparse file of 2 GB: refused by its size alone", () => {
  fs.truncateSync(file("sparse", ""), 2 ** 31);
  expect(problemOf(() => readText(place("sparse"), 1 << 20))).toBe("too_large: it is larger than 1 MiB, the most that is read");
});

test("readJson: an empty file and a file that is not JSON: each its own problem, on one line", () => {
  expect(problemOf(() => readJson(file("empty.json", " \n"), 9))).toBe("empty: it is empty");
  expect(problemOf(() => readJson(file("cut.json", '{"a":\n[1,'), 99))).toMatch(/^not_json: it is not JSON: .+$/);
  expect(readJson(file("whole.json", '{"a":[1]}'), 99)).toEqual({ a: [1] });
});

test("readLines: lines across the parts that are read, empty ones too, and a last one without its end", () => {
  const long = "y".repeat(300_000);
  expect(linesOf(file("lines", `a\n\n${long}\nend`), { bytesMax: 1 << 20, lineBytesMax: 300_000 })).toEqual([
    [1, "a", true],
    [2, "", true],
    [3, long, true],
    [4, "end", false],
  ]);
  expect(linesOf(file("closed", "a\n"), { bytesMax: 9, lineBytesMax: 9 })).toEqual([[1, "a", true]]);
});

test("readLines: a line over the limit: refused once that much of it was read, the lines before it are given", () => {
  const lines = readLines(file("one-line", `a\n${"x".repeat(600_000)}`), { bytesMax: 1 << 20, lineBytesMax: 300_000 });
  expect(lines.next().value).toMatchObject({ number: 1 });
  expect(problemOf(() => lines.next())).toBe("line_too_long: line 2 is longer than 293 KiB");
});
