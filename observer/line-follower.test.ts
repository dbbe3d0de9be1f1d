import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { LineFollower } from "./line-follower.ts";

const directory = mkdtempSync(path.join(tmpdir(), "blastlab-follow-"));
afterAll(() => rmSync(directory, { recursive: true }));

function followerOf(name: string, lineBytesMax = 1_000) {
  const troubles: string[] = [];
  const file = path.join(directory, name);
  return { file, troubles, follower: new LineFollower(file, { onTrouble: (trouble) => troubles.push(trouble), lineBytesMax }) };
}

test("LineFollower: whole lines as they are completed, also across a character cut in two, none for a file not there", async () => {
  const { file, follower, troubles } = followerOf("tap.ndjson");
  expect(await follower.poll()).toEqual([]);
  const bytes = Buffer.from("one\ntwö\nthree");
  appendFileSync(file, bytes.subarray(0, 7));
  expect(await follower.poll()).toEqual(["one"]);
  appendFileSync(file, bytes.subarray(7));
  expect(await follower.poll()).toEqual(["twö"]);
  expect(await follower.poll()).toEqual([]);
  appendFileSync(file, "\n");
  expect(await follower.poll()).toEqual(["three"]);
  expect(troubles).toEqual([]);
});

test("LineFollower: a file that was begun anew is read from its start", async () => {
  const { file, follower, troubles } = followerOf("anew.ndjson");
  appendFileSync(file, "one\ntwo\nthr");
  expect(await follower.poll()).toEqual(["one", "two"]);
  writeFileSync(file, "four\n");
  expect(await follower.poll()).toEqual(["four"]);
  expect(troubles).toEqual([]);
});

test("LineFollower: a line over the limit ends the following: one report, no more lines, nothing kept", async () => {
  const { file, follower, troubles } = followerOf("endless.ndjson");
  appendFileSync(file, `one\n${"x".repeat(1_001)}`);
  expect(await follower.poll()).toEqual([]);
  appendFileSync(file, "\ntwo\n");
  expect(await follower.poll()).toEqual([]);
  expect(troubles).toEqual([`Cannot follow "${file}": a line is longer than 1000 bytes`]);
});

test.each([
  ["a directory", (file: string) => mkdirSync(file)],
  ["a named pipe without a writer", (file: string) => execFileSync("mkfifo", [file])],
])("LineFollower: %s is reported once and not waited for", async (name, make) => {
  const { file, follower, troubles } = followerOf(name);
  make(file);
  expect(await follower.poll()).toEqual([]);
  expect(await follower.poll()).toEqual([]);
  expect(troubles).toEqual([`Cannot follow "${file}": it is not a file`]);
});
