import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { faultOf } from "../kernel/fault.fixture.ts";
import { planOf } from "./measure/testing.ts";
import { readArrivals, readEnd, readPlan } from "./run-files.ts";

let directory = "";
beforeEach(() => void (directory = mkdtempSync(path.join(tmpdir(), "blastlab-files-"))));
afterEach(() => rmSync(directory, { recursive: true }));

const at = (name: string) => path.join(directory, name);

test.each<[string, () => void, string]>([
  ["none", () => {}, "there is no such file"],
  ["a directory", () => mkdirSync(at("plan.json")), "it is a directory, not a file"],
  ["a device without an end", () => symlinkSync("/dev/zero", at("plan.json")), "it is a device, not a file"],
  ["an empty file", () => writeFileSync(at("plan.json"), ""), "it is empty"],
  ["a file over the limit", () => { writeFileSync(at("plan.json"), ""); truncateSync(at("plan.json"), 65 << 20); }, "it is larger than 64 MiB, the most that is read"],
  ["not UTF-8", () => writeFileSync(at("plan.json"), Buffer.from([0x7b, 0xff])), "line 1 is not UTF-8 text"],
  ["null", () => writeFileSync(at("plan.json"), "null"), 'its schema is "undefined", not "blastlab.plan/2"'],
  ["another schema", () => writeFileSync(at("plan.json"), '{"schema":"x"}'), 'its schema is "x", not "blastlab.plan/2"'],
])("readPlan: %s: refused with the directory, the reason and what to do", (_, make, reason) => {
  make();
  expect(() => readPlan(directory)).toThrow(
    expect.objectContaining({ exit: "refused", code: "run_unreadable", message: `Cannot read the plan of run "${directory}": ${reason}`, hint: expect.stringContaining("plan.json") as string }),
  );
});

const planWith = (changes: object) => writeFileSync(at("plan.json"), JSON.stringify({ ...planOf(), ...changes }));

test("readPlan: a plan as the lab writes it", () => {
  planWith({ faults: [faultOf({ id: "f" })] });
  expect(readPlan(directory)).toEqual({ ...planOf(), faults: [faultOf({ id: "f" })] });
});

test.each<[string, object, RegExp]>([
  ["a field that is gone", { timeline: undefined }, /timeline: Invalid input/],
  ["a text for a number", { timeline: { ...planOf().timeline, endMs: "100" } }, /timeline\.endMs: Invalid input/],
  ["a timeline without an end", { timeline: { ...planOf().timeline, endMs: 1e15 } }, /timeline\.endMs: Too big/],
  ["a window of no length", { measure: { ...planOf().measure, windowMs: 0 } }, /measure\.windowMs: Too small/],
  ["a fault without a signature", { faults: [{ ...faultOf({ id: "f" }), signature: undefined }] }, /faults\.0\.signature: Invalid input/],
  ["many of these", { run: 1, scenario: 1, stack: 1, title: 1, seed: "x" }, /; and 2 more$/],
])("readPlan: %s: refused with the field", (_, changes, message) => {
  planWith(changes);
  expect(() => readPlan(directory)).toThrow(expect.objectContaining({ code: "run_unreadable", message: expect.stringMatching(message) as string }));
});

test("readArrivals: none for a file not there, blank lines are left out", () => {
  expect(readArrivals(directory)).toEqual([]);
  writeFileSync(at("arrivals.ndjson"), '{"requestId":"r-0"}\n\n{"requestId":"r-1"}');
  expect(readArrivals(directory)).toEqual([{ requestId: "r-0" }, { requestId: "r-1" }]);
});

test.each<[string, string | Uint8Array, string]>([
  ["a line that is not JSON", '{"requestId":"r-0"}\n{', "line 2 is not JSON"],
  ["a line of another kind", "[]", "line 1 is not an arrival: it has no requestId"],
  ["null", "null", "line 1 is not an arrival: it has no requestId"],
  ["not UTF-8", Buffer.from([0xff]), "line 1 is not UTF-8 text"],
  ["an endless line", "x".repeat((1 << 20) + 1), "line 1 is longer than 1 MiB"],
])("readArrivals: %s: refused with the line", (_, content, reason) => {
  writeFileSync(at("arrivals.ndjson"), content);
  expect(() => readArrivals(directory)).toThrow(
    expect.objectContaining({ code: "run_unreadable", message: `Cannot read the arrivals of run "${directory}": ${reason}` }),
  );
});

test("readEnd: how the run ended, or why that is unknown", () => {
  expect(readEnd(directory)).toEqual({ end: null, fault: "end.json is missing: the run was never closed" });
  writeFileSync(at("end.json"), '{"reason":"completed","message":"","atMs":9}');
  expect(readEnd(directory)).toEqual({ end: { reason: "completed", message: "", atMs: 9, troubles: [], stillInForce: [], componentExits: [] } });
  writeFileSync(at("end.json"), '{"reason":"exploded","message":"","atMs":9}');
  expect(readEnd(directory)).toMatchObject({ end: null, fault: expect.stringMatching(/^end\.json cannot be used: .*reason/) as string });
  rmSync(at("end.json"));
  mkdirSync(at("end.json"));
  expect(readEnd(directory)).toEqual({ end: null, fault: "end.json cannot be used: it is a directory, not a file" });
});
