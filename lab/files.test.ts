import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFolders, readPlan, readVerdict } from "./files.ts";
import { importHistory } from "./import/import.ts";
import { incidentsIn } from "./plan/incident-files.ts";
import { openScenario, openStack } from "./plan/library.ts";
import { readAllowList } from "./targets/loopback.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), "blastlab-files-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Files that no reader may wait for, take whole, or take for something else. */
const damages: readonly (readonly [what: string, reason: string, make: (file: string) => void])[] = [
  ["a file that is not there", "there is no such file", () => {}],
  ["a directory", "it is a directory, not a file", (file) => mkdirSync(file)],
  ["a named pipe without a writer", "it is a pipe, not a file", (file) => execFileSync("mkfifo", [file])],
  ["a device without an end", "it is a device, not a file", (file) => symlinkSync("/dev/zero", file)],
  ["a file of 5 GiB", "it is larger than", (file) => { writeFileSync(file, ""); truncateSync(file, 5 * 2 ** 30); }],
  ["a file that is not UTF-8", "line 2 is not UTF-8 text", (file) => writeFileSync(file, Buffer.from("{\n\xe9", "latin1"))],
];

const readers: readonly (readonly [code: string, name: string, read: (file: string) => unknown])[] = [
  ["scenario_unreadable", "a.yaml", openScenario],
  ["stack_unreadable", "a.yaml", openStack],
  ["allow_list_unreadable", "hosts.txt", readAllowList],
  ["incident_invalid", "incidents.json", (file: string) => [...incidentsIn(file)]],
  ["run_unreadable", "plan.json", () => readPlan(folder)],
  ["run_unreadable", "verdict.json", () => readVerdict(folder)],
  ["import_unreadable", "history.csv", (file) => importHistory({ file, format: "auto", out: path.join(folder, "out"), provider: null })],
  ["import_unreadable", "history.csv", (file) => importHistory({ file, format: "csv", out: path.join(folder, "out"), provider: null })],
];

test.each(damages.flatMap(([what, reason, make]) => readers.map(([code, name, read]) => [what, code, name, reason, make, read] as const)))(
  "readers: %s is refused with %s, its name, the reason and a hint: %s",
  async (_what, code, name, reason, make, read) => {
    const file = path.join(folder, name);
    make(file);
    const error: unknown = await (async () => read(file))().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "LabError", exit: "refused", code, hint: expect.stringMatching(/./) as string });
    expect((error as Error).message).toContain(reason);
    expect((error as Error).message).toContain(name === "plan.json" || name === "verdict.json" ? name : file);
  },
);

test("readVerdict: JSON of another schema is refused, and null", () => {
  writeFileSync(path.join(folder, "verdict.json"), '{"schema":"blastlab.plan/2"}');
  expect(() => readVerdict(folder)).toThrow('its schema is "blastlab.plan/2", not "blastlab.verdict/3"');
  writeFileSync(path.join(folder, "verdict.json"), "null");
  expect(() => readVerdict(folder)).toThrow('its schema is "undefined"');
});

test("makeFolders: makes what is missing above it, and leaves what is there", () => {
  const deep = path.join(folder, "a", "b", "c");
  makeFolders(deep);
  writeFileSync(path.join(deep, "kept"), "");
  makeFolders(deep);
  expect(readdirSync(deep)).toEqual(["kept"]);
});

test("makeFolders: a file in the way is named", () => {
  writeFileSync(path.join(folder, "a"), "");
  expect(() => makeFolders(path.join(folder, "a"))).toThrow(/EEXIST.*a'/);
  expect(() => makeFolders(path.join(folder, "a", "b"))).toThrow(/ENOTDIR.*b'/);
});

test.runIf(process.platform === "linux")("makeFolders: a file system that makes no folders is an error, where Node's own way does not return", () => {
  expect(() => makeFolders("/proc/blastlab/run")).toThrow(/ENOENT.*\/proc\/blastlab/);
});
