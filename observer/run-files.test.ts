import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { faultOf } from "../kernel/fault.fixture.ts";
import type { Arrival } from "../kernel/plan.ts";
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
  ["a file over the limit", () => { writeFileSync(at("plan.json"), ""); truncateSync(at("plan.json"), 11 << 20); }, "it is larger than 10 MiB, the most that is read"],
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
  ["a share that is none", { measure: { ...planOf().measure, badShareMax: 2 } }, /measure\.badShareMax: Too big/],
  ["an objective that allows nothing", { measure: { ...planOf().measure, burnRate: { ...planOf().measure.burnRate, slo: 1 } } }, /measure\.burnRate\.slo: Too big/],
  ["times in another order", { timeline: { ...planOf().timeline, faultToMs: 10_000 } }, /timeline: its times are not in order/],
  ["a fault that ends before it begins", { faults: [faultOf({ id: "f", toMs: 0 })] }, /faults: one ends before it begins/],
  ["a name given twice", { cells: [planOf().cells[0], planOf().cells[0]] }, /cells: one name is given twice/],
  ["a deployment that leads out of the directory", { deployments: [{ ...planOf().deployments[0], name: "../x" }] }, /deployments\.0\.name: Invalid string/],
  ["many of these", { run: 1, scenario: 1, stack: 1, title: 1, seed: "x" }, /; and 2 more$/],
])("readPlan: %s: refused with the field", (_, changes, message) => {
  planWith(changes);
  expect(() => readPlan(directory)).toThrow(expect.objectContaining({ code: "run_unreadable", message: expect.stringMatching(message) as string }));
});

const arrival = (index: number): Arrival => ({ index, atMs: 10 * index, requestId: `r-${index}`, client: "c", team: "red", feature: "chat", region: "local", route: "main", prompt: "p", maxTokens: 6, stream: true });
const line = (changes: object, index = 0) => `${JSON.stringify({ ...arrival(index), ...changes })}\n`;

test("readArrivals: every line, or that the file is missing", () => {
  expect(readArrivals(directory, 3)).toEqual({ arrivals: [], faults: ["arrivals.ndjson is missing"] });
  writeFileSync(at("arrivals.ndjson"), line({}) + line({}, 1));
  expect(readArrivals(directory, 3)).toEqual({ arrivals: [arrival(0), arrival(1)], faults: [] });
});

test.each<[string, string | Uint8Array, RegExp]>([
  ["a line that is not JSON", `${line({})}{`, /line 2 is not JSON/],
  ["a blank line", `${line({})}\n`, /line 2 is not JSON/],
  ["a line of another kind", "[]", /line 1 is not an arrival/],
  ["null", "null", /line 1 is not an arrival/],
  ["an arrival without a time", line({ atMs: undefined }), /line 1 is not an arrival \(atMs/],
  ["a negative time", line({ atMs: -1 }), /line 1 is not an arrival \(atMs/],
  ["a line left out", line({}) + line({}, 2), /line 2 has index 2 where 1 was expected/],
  ["an id that comes twice", line({}) + line({ requestId: "r-0" }, 1), /line 2 has the request id of another line/],
  ["not UTF-8", Buffer.from([0xff]), /line 1 is not UTF-8 text/],
  ["an endless line", "x".repeat((1 << 16) + 1), /line 1 is longer than 64 KiB/],
  ["more lines than requests", [0, 1, 2, 3].map((index) => line({}, index)).join(""), /more lines than the 3 requests/],
])("readArrivals: %s: none, and why", (_, content, reason) => {
  writeFileSync(at("arrivals.ndjson"), content);
  expect(readArrivals(directory, 3)).toEqual({ arrivals: [], faults: [expect.stringMatching(reason)] });
});

test("readEnd: how the run ended, or why that is unknown", () => {
  expect(readEnd(directory)).toEqual({ end: null, fault: "end.json is missing: the run was never closed" });
  writeFileSync(at("end.json"), '{"reason":"completed","message":"","atMs":9}');
  expect(readEnd(directory)).toEqual({ end: { reason: "completed", message: "", atMs: 9, troubles: [], stillInForce: [], componentExits: [] }, sums: {} });
  writeFileSync(at("end.json"), '{"reason":"completed","message":"","atMs":9,"sums":{"../../elsewhere":"0"}}');
  expect(readEnd(directory)).toMatchObject({ end: null, fault: expect.stringMatching(/^end\.json cannot be used: .*sums/) as string });
  writeFileSync(at("end.json"), '{"reason":"exploded","message":"","atMs":9}');
  expect(readEnd(directory)).toMatchObject({ end: null, fault: expect.stringMatching(/^end\.json cannot be used: .*reason/) as string });
  rmSync(at("end.json"));
  mkdirSync(at("end.json"));
  expect(readEnd(directory)).toEqual({ end: null, fault: "end.json cannot be used: it is a directory, not a file" });
});
