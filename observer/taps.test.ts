import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { HandMadeRun } from "./measure/testing.ts";
import { tapPath, writeRun } from "./run-directory.fixture.ts";
import { readTaps } from "./taps.ts";

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

const run = new HandMadeRun();
run.good("red", 0);
run.failed("blue", 10);
const counted = [{ atMs: 1_000, requestsTotal: 2, failuresTotal: null, attemptsTotal: 2, openBreakers: ["primary"] }];
const canary = [{ probe: "canary-main-0", route: "main", sentMs: 0, endMs: 9, status: 200, ok: true, failure: null, detail: "" }];
const faults = [{ fault: "f", action: "injected" as const, plannedMs: 20_000, atMs: 20_004, detail: "" }];
const records = run.records({ counted, canary, faults });

function write(): string {
  const directory = writeRun(run.plan(), records);
  directories.push(directory);
  return directory;
}

/** Rewrites a tap and seals it again with the right count and sum, unless another is given. */
function rewrite(path: string, change: (lines: string[]) => string[], trailer: object = {}): void {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n").slice(0, -1);
  const body = change(lines).map((line) => `${line}\n`).join("");
  const sealed = { type: "trailer", count: lines.length - 1, sha256: createHash("sha256").update(body).digest("hex"), ...trailer };
  writeFileSync(path, `${body}${JSON.stringify(sealed)}\n`);
}

function replaced(path: string, make: (path: string) => void): void {
  rmSync(path);
  make(path);
}

test("readTaps: what was written is read back, without a fault", () => {
  expect(readTaps(write(), run.plan()).records).toEqual(records);
});

test("readTaps: notes are read where there are some, and held to their trailer as any tap", () => {
  const directory = write();
  const path = tapPath(directory, "notes");
  const header = JSON.stringify({ ...JSON.parse(readFileSync(tapPath(directory, "faults"), "utf8").split("\n")[0]!) as object, tap: "notes" });
  const record = JSON.stringify({ type: "record", sequence: 0, atMs: 1_000, text: "Pager went off" });
  writeFileSync(path, `${header}\n${record}\n{}\n`);
  rewrite(path, (lines) => lines);
  const { records: read } = readTaps(directory, run.plan());
  expect(read).toEqual({ ...records, notes: [{ atMs: 1_000, text: "Pager went off" }] });
  writeFileSync(path, readFileSync(path, "utf8").replace("went off", "stayed on"));
  expect(readTaps(directory, run.plan()).records.tapFaults).toEqual(["tap notes, line 3, has a sha256 that is not that of the bytes before it"]);
});

test.each<[string, (directory: string) => void, string]>([
  ["a missing tap", (directory) => rmSync(tapPath(directory, "wire-fallback")), "tap wire-fallback is missing"],
  ["an empty tap", (directory) => writeFileSync(tapPath(directory, "canary"), ""), "tap canary is empty"],
  ["a tap without a trailer", (directory) => {
    const path = tapPath(directory, "client");
    writeFileSync(path, readFileSync(path, "utf8").trimEnd().split("\n").slice(0, -1).join("\n") + "\n");
  }, "tap client has no trailer: it was not closed"],
  ["a tap cut in the middle of a line", (directory) => {
    const path = tapPath(directory, "client");
    writeFileSync(path, readFileSync(path, "utf8").slice(0, 400));
  }, "tap client, line 2, is cut in the middle"],
  ["a changed byte", (directory) => {
    const path = tapPath(directory, "client");
    writeFileSync(path, readFileSync(path, "utf8").replace('"status":500', '"status":200'));
  }, "tap client, line 4, has a sha256 that is not that of the bytes before it"],
  ["a record that was taken out", (directory) => rewrite(tapPath(directory, "client"), (lines) => lines.toSpliced(1, 1)), "tap client, line 2, has number 1 where 0 was expected"],
  ["a count that is off", (directory) => rewrite(tapPath(directory, "client"), (lines) => lines, { count: 7 }), "tap client, line 4, counts 7 records where 2 are there"],
  ["bytes after the trailer", (directory) => appendFileSync(tapPath(directory, "client"), "{}\n"), "tap client, line 5, comes after the trailer"],
  ["a line that is not JSON", (directory) => rewrite(tapPath(directory, "client"), (lines) => lines.with(1, "nonsense")), "tap client, line 2, is not JSON"],
  ["a line of another kind", (directory) => rewrite(tapPath(directory, "client"), (lines) => lines.with(1, "[]")), "tap client, line 2, is neither a record nor a trailer"],
  ["a record of another shape", (directory) => rewrite(tapPath(directory, "client"), (lines) => lines.with(1, lines[1]!.replace('"status":200', '"status":"OK"'))), "tap client, line 2, is not a client record (status: Invalid input: expected number, received string)"],
  ["a header of another run", (directory) => rewrite(tapPath(directory, "client"), (lines) => lines.with(0, lines[0]!.replace("run-by-hand", "another"))), "tap client, line 1, has run another where run-by-hand was expected"],
  ["a record where the header should be", (directory) => rewrite(tapPath(directory, "client"), (lines) => lines.slice(1)), "tap client, line 1, is not a header"],
  ["an epoch of its own", (directory) => rewrite(tapPath(directory, "canary"), (lines) => lines.map((line) => line.replace("1790000000000", "1790000000001"))), "tap canary counts from 1790000000001 and tap client from 1790000000000"],
  ["a line that never ends", (directory) => appendFileSync(tapPath(directory, "wire-primary"), "x".repeat(17 << 20)), "tap wire-primary cannot be read: line 5 is longer than 16 MiB"],
  ["a tap of 2 GB", (directory) => truncateSync(tapPath(directory, "client"), 2 ** 31), "tap client cannot be read: it is larger than 64.1 MiB, the most that is read"],
  ["text that is not UTF-8", (directory) => appendFileSync(tapPath(directory, "client"), Buffer.from('{"\xe9":1}\n', "latin1")), "tap client, line 5, is not UTF-8 text"],
  ["a directory in its place", (directory) => replaced(tapPath(directory, "client"), (path) => mkdirSync(path)), "tap client cannot be read: it is a directory, not a file"],
  ["a named pipe in its place", (directory) => replaced(tapPath(directory, "client"), (path) => execFileSync("mkfifo", [path])), "tap client cannot be read: it is a pipe, not a file"],
])("readTaps: %s is reported, with the line: %#", (_, damage, fault) => {
  const directory = write();
  damage(directory);
  expect(readTaps(directory, run.plan()).records.tapFaults[0]).toContain(fault);
});

test("readTaps: more records than such a run can leave are not read", () => {
  const directory = write();
  rewrite(tapPath(directory, "faults"), ([header, record]) => [header!, ...Array.from({ length: 101 }, (_, sequence) => record!.replace('"sequence":0', `"sequence":${sequence}`))]);
  const { records } = readTaps(directory, run.plan());
  expect(records.faults).toHaveLength(100);
  expect(records.tapFaults[0]).toBe("tap faults, line 102, is one record more than the 100 that such a run can leave");
});

test("readTaps: a wire tap that holds another deployment's record is reported: it would be counted there", () => {
  const directory = write();
  rewrite(tapPath(directory, "wire-primary"), (lines) => lines.map((line) => line.replace('"deployment":"primary"', '"deployment":"fallback"')));
  expect(readTaps(directory, run.plan()).records.tapFaults).toEqual(["tap wire-primary holds a record of fallback"]);
});

test("readTaps: the records before the damage are there all the same", () => {
  const directory = write();
  rewrite(tapPath(directory, "client"), (lines) => lines.with(2, "nonsense"));
  expect(readTaps(directory, run.plan()).records.client).toEqual(records.client.slice(0, 1));
});
