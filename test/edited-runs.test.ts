import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { RunEnd } from "../kernel/records.ts";
import { neverSignal } from "../kernel/signal.ts";
import type { Verdict } from "../kernel/verdict.ts";
import { playResolved } from "../lab/conductor/virtual/play.ts";
import { writeRun } from "../lab/conductor/virtual/write-run.ts";
import { runDirectory } from "../lab/live/directory.ts";
import { writeEndFile } from "../lab/live/end-file.ts";
import { recompute } from "../lab/plan/recompute.ts";
import { resolveRun } from "../lab/plan/resolve-run.ts";
import { writeVerdict } from "../observer/write-verdict.ts";

const root = mkdtempSync(path.join(tmpdir(), "blastlab-edited-"));
afterAll(() => rmSync(root, { recursive: true }));
const base = path.join(root, "base");
const directory = path.join(root, "edited");

/** A provider fails half of its requests, and nothing fails over. */
const sets = ["workload.requestsPerSecond=3", "measure.control=paired", "measure.requestsMin=8", "stack.gateway.policy.failover=false"];

beforeAll(async () => {
  await writeRun(base, await playResolved(resolveRun({ scenario: "smoke", sets }), { onProgress: () => {}, signal: neverSignal }));
});
beforeEach(() => {
  rmSync(directory, { recursive: true, force: true });
  cpSync(base, directory, { recursive: true });
});

/** Seals the files anew, as somebody would who has edited them. */
async function seal(root: string): Promise<void> {
  const end = JSON.parse(readFileSync(path.join(root, "end.json"), "utf8")) as RunEnd;
  for (const name of ["end.json", "verdict.json", "report.md", "report.html"]) rmSync(path.join(root, name), { force: true });
  await writeEndFile(runDirectory(root), end);
}

/** As `blastlab verdict` judges it, in this process. */
async function judged(acceptVersion = false): Promise<Verdict> {
  for (const root of [directory, at("control")]) await seal(root);
  return writeVerdict(directory, { recomputation: recompute(directory, { acceptVersion }) });
}

const at = (name: string) => path.join(directory, name);
function edit(name: string, from: string | RegExp, to: string): void {
  const before = readFileSync(at(name), "utf8");
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  writeFileSync(at(name), after);
}

test("writeVerdict: a run that nobody edited deviates, to the same bytes as before", async () => {
  expect(await judged()).toMatchObject({ verdict: "deviated", inputs: { recomputed: true } });
  for (const name of ["verdict.json", "report.md", "report.html"]) expect(readFileSync(at(name), "utf8")).toBe(readFileSync(path.join(base, name), "utf8"));
});

const notTheInputs = "what the run's inputs give";
const notComputed = "could not be recomputed from the run's inputs";

test.each<[string, () => void, string]>([
  ["a window that is never bad", () => edit("plan.json", '"badShareMax": 0.05', '"badShareMax": 0.9'), `${notTheInputs}: measure.badShareMax is 0.9, not 0.05`],
  ["a limit that nothing exceeds", () => edit("plan.json", '"atMost": 0.1', '"atMost": 1'), `${notTheInputs}: expectations.`],
  ["an end that never comes", () => edit("plan.json", /"endMs": \d+/, '"endMs": 8000000000'), `${notTheInputs}: timeline.endMs`],
  ["another seed in the plan", () => edit("plan.json", '"seed": 1', '"seed": 2'), `${notTheInputs}: seed is 2, not 1`],
  ["no fault in the plan", () => writeFileSync(at("plan.json"), JSON.stringify({ ...JSON.parse(readFileSync(at("plan.json"), "utf8")), faults: [] })), `${notTheInputs}: faults.0 is missing`],
  ["an arrival of another client", () => edit("arrivals.ndjson", /"client":"[^"]*"/, '"client":"x"'), `${notTheInputs}: in line 1, client is "x"`],
  ["an arrival less", () => edit("arrivals.ndjson", /^.*\n/, ""), `${notTheInputs}: in line 1, index is 1, not 0`],
  ["no arrivals", () => rmSync(at("arrivals.ndjson")), `${notTheInputs}: arrivals.ndjson is missing`],
  ["empty arrivals", () => writeFileSync(at("arrivals.ndjson"), ""), `${notTheInputs}: there are 0 of`],
  ["another limit in the scenario alone", () => edit("scenario.yaml", "atMost: 0.1", "atMost: 0.9"), `${notTheInputs}: expectations.`],
  ["a scenario without an end", () => edit("scenario.yaml", /recoveryMs: \d+/, "recoveryMs: 100000000000000"), `${notComputed}: Cannot draw a run of some`],
  ["a scenario that is none", () => writeFileSync(at("scenario.yaml"), "]"), notComputed],
  ["no scenario", () => rmSync(at("scenario.yaml")), `${notComputed}: scenario.yaml: there is no such file`],
  ["no stack", () => rmSync(at("stack.yaml")), `${notComputed}: stack.yaml: there is no such file`],
  ["no inputs", () => rmSync(at("inputs.json")), `${notComputed}: inputs.json: there is no such file`],
  ["another seed in the inputs", () => edit("inputs.json", '"seed": 1', '"seed": 2'), `${notTheInputs}: seed is 1, not 2`],
  ["a control of another load", () => edit("control/plan.json", /"arrivalCount": \d+/, '"arrivalCount": 9'), `The control's plan is not ${notTheInputs}: arrivalCount is 9`],
  ["a control that lacks an arrival", () => edit("control/arrivals.ndjson", /^.*\n/, ""), `The control's arrivals are not ${notTheInputs}: in line 1`],
  ["a control without arrivals", () => rmSync(at("control/arrivals.ndjson")), `The control's arrivals are not ${notTheInputs}: arrivals.ndjson is missing`],
])("writeVerdict: a run directory that was sealed anew with %s is unknown, and the verdict names what differs", async (_, change, reason) => {
  change();
  const { verdict, reasons, inputs } = await judged();
  expect({ verdict, recomputed: inputs.recomputed }).toEqual({ verdict: "unknown", recomputed: false });
  expect(reasons.join("\n")).toContain(reason);
  expect(readFileSync(at("report.md"), "utf8")).toContain("**unknown**");
});

test("writeVerdict: the plan of another planner is unknown, and judged as it is kept once a person accepts that", async () => {
  edit("inputs.json", /"planner": \d+/, '"planner": 999');
  expect(await judged()).toMatchObject({ verdict: "unknown", reasons: expect.arrayContaining([expect.stringContaining("version 999 of the planner")]) as unknown });
  expect(await judged(true)).toMatchObject({ verdict: "deviated", inputs: { recomputed: false }, reasons: expect.arrayContaining([expect.stringContaining("accepted as it is kept")]) as unknown });
});
