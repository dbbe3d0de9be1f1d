import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { controlPlanOf } from "../../kernel/control-plan.ts";
import { createRunDirectory } from "../live/directory.ts";
import { everyKind } from "./fixtures/every-kind.ts";
import { inputsDigest } from "./kept-inputs.ts";
import { planFromInputs } from "./plan-from-inputs.ts";
import { plannerVersion } from "./planner-version.ts";
import { recompute } from "./recompute.ts";

const root = mkdtempSync(path.join(tmpdir(), "blastlab-recompute-"));
afterAll(() => rmSync(root, { recursive: true }));

const { plan, arrivals } = planFromInputs(everyKind, { run: "r", requestsMax: 10_000 });
let number = 0;
let directory = "";
beforeEach(async () => {
  directory = path.join(root, String(number++));
  await createRunDirectory(directory, { plan, arrivals, inputs: everyKind });
});

const at = (name: string) => path.join(directory, name);
const edit = (name: string, from: string | RegExp, to: string) => {
  const before = readFileSync(at(name), "utf8");
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  writeFileSync(at(name), after);
};

test("recompute: a directory as it is written agrees with its inputs, whatever the run is called and however its JSON is laid out", () => {
  const { inputs, planned, control, problems, notes } = recompute(directory);
  expect({ inputs, control, problems, notes }).toEqual({ inputs: inputsDigest(everyKind), control: null, problems: [], notes: [] });
  expect(planned).toMatchObject({ plan: { difference: null }, arrivals: { difference: null } });
  writeFileSync(at("plan.json"), JSON.stringify({ ...plan, run: "another" }));
  edit("arrivals.ndjson", '{"index":0,', '{ "index" : 0 , ');
  expect(recompute(directory)).toEqual({ inputs, planned, control, problems, notes });
});

test.each<[string, () => void, { plan?: string; arrivals?: string }]>([
  ["a limit of the plan", () => edit("plan.json", '"badShareMax": 0.05', '"badShareMax": 2'), { plan: "measure.badShareMax is 2, not 0.05" }],
  ["the end of the plan", () => edit("plan.json", /"endMs": \d+\n/, '"endMs": 1e12\n'), { plan: "timeline.endMs is 1000000000000, not" }],
  ["a fault that is gone", () => writeFileSync(at("plan.json"), JSON.stringify({ ...plan, faults: plan.faults.slice(1) })), { plan: "faults.0.id is" }],
  ["a plan that is no JSON", () => writeFileSync(at("plan.json"), "{"), { plan: "it is not JSON" }],
  ["a plan that is null", () => writeFileSync(at("plan.json"), "null"), { plan: "the whole is null" }],
  ["an arrival", () => edit("arrivals.ndjson", '"stream":true', '"stream":false'), { arrivals: ", stream is false, not true" }],
  ["arrivals that are no JSON", () => edit("arrivals.ndjson", '{"index":1,', "{,"), { arrivals: "JSON" }],
  ["an arrival less", () => edit("arrivals.ndjson", /.*\n$/, ""), { arrivals: `there are ${arrivals.length - 1} of ${arrivals.length}` }],
  ["an arrival more", () => writeFileSync(at("arrivals.ndjson"), `${readFileSync(at("arrivals.ndjson"), "utf8")}{}\n`), { arrivals: `line ${arrivals.length + 1} is one too many` }],
  ["no arrivals", () => rmSync(at("arrivals.ndjson")), { arrivals: "arrivals.ndjson is missing" }],
  ["an expectation of the scenario", () => edit("scenario.yaml", "atMost: 0.5", "atMost: 0.9"), { plan: "expectations.0.atMost is 0.5, not 0.9" }],
  ["a setting of the stack", () => edit("stack.yaml", "gateway: { cache: {} }", "gateway: {}"), { plan: "cacheDeclared is true, not false" }],
  ["the seed", () => edit("inputs.json", '"seed": 5', '"seed": 6'), { plan: "seed is 5, not 6", arrivals: 'in line 1, requestId is "r-5-0", not "r-6-0"' }],
  ["an outage", () => edit("inputs.json", '"errorRate": 0.3', '"errorRate": 0.4'), { plan: "faults.0.phases.0.title is" }],
  ["a profile", () => edit("inputs.json", '"tokensPerSecond": 60', '"tokensPerSecond": 70'), { plan: "deployments.1.latency.tokensPerSecond is 60, not 70" }],
])("recompute: %s that was edited is a difference, with its place", (_, change, { plan: ofPlan, arrivals: ofArrivals }) => {
  change();
  const { planned, problems } = recompute(directory);
  expect(problems).toEqual([]);
  const containing = (text: string | undefined) => (text === undefined ? null : (expect.stringContaining(text) as unknown));
  expect(planned).toMatchObject({ plan: { difference: containing(ofPlan) }, arrivals: { difference: containing(ofArrivals) } });
});

test.each<[string, () => void, string]>([
  ["no inputs, as of an earlier version", () => rmSync(at("inputs.json")), "inputs.json: there is no such file. Runs of earlier versions kept none: run the scenario again."],
  ["no scenario", () => rmSync(at("scenario.yaml")), "scenario.yaml: there is no such file. Restore the file"],
  ["no stack", () => rmSync(at("stack.yaml")), "stack.yaml: there is no such file. Restore the file"],
  ["inputs that are none", () => writeFileSync(at("inputs.json"), '{"schema":"x"}'), "inputs.json: ✖ Invalid input"],
  ["a scenario that is none", () => edit("scenario.yaml", "requestsPerSecond: 4", "requestsPerSecond: many"), 'Cannot use scenario "scenario.yaml"'],
  ["an outage that is not kept", () => edit("inputs.json", '"id": "an-outage"', '"id": "another"'), '"an-outage"'],
  ["a profile that is not kept", () => edit("inputs.json", '"recorded.json": {', '"other.json": {'), '"recorded.json"'],
  ["a scenario without an end", () => edit("scenario.yaml", "recoveryMs: 12000", "recoveryMs: 1000000000000"), "Cannot draw a run of some 4000000"],
])("recompute: with %s nothing is computed, and the problem is named", (_, change, problem) => {
  change();
  expect(recompute(directory)).toMatchObject({ planned: null, problems: [expect.stringMatching(/^The plan could not be recomputed from the run's inputs: /)], notes: [] });
  expect(recompute(directory).problems[0]).toContain(problem);
});

test("recompute: what a file says of itself is cut to a sentence, so that it fits into an argument of a process", () => {
  writeFileSync(at("plan.json"), JSON.stringify({ ...plan, ["x".repeat(10_000)]: 1 }));
  expect(recompute(directory).planned!.plan.difference).toMatch(/^x{400}…$/);
  edit("scenario.yaml", "name: every-kind", `name: every-kind\n${"y".repeat(1 << 17)}: 1`);
  const { problems } = recompute(directory);
  expect(problems[0]!.length).toBeLessThan(600);
});

test("recompute: the plan of another planner is not recomputed; it is a problem unless it is accepted", () => {
  edit("inputs.json", `"planner": ${plannerVersion}`, `"planner": ${plannerVersion + 1}`);
  const { inputs: sha256, ...refused } = recompute(directory);
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(refused).toEqual({ planned: null, control: null, problems: [expect.stringMatching(`version ${plannerVersion + 1} of the planner made it, and this is version ${plannerVersion}.*--accept-version`)], notes: [] });
  expect(recompute(directory, { acceptVersion: true })).toMatchObject({ planned: null, problems: [], notes: [expect.stringContaining("accepted as it is kept")] });
});

test("recompute: a control is the same plan without faults and the same arrivals, and a run of its own", async () => {
  const inputs = { ...everyKind, kept: { ...everyKind.kept, part: "control" as const } };
  await createRunDirectory(at("control"), { plan: controlPlanOf(plan), arrivals, inputs });
  const { planned, control } = recompute(directory);
  expect(control).toMatchObject({ plan: { difference: null }, arrivals: { digest: planned!.arrivals.digest, difference: null } });
  expect(recompute(at("control"))).toMatchObject({ inputs: inputsDigest(inputs), planned: { plan: { difference: null }, arrivals: { difference: null } }, control: null, problems: [], notes: [] });
  writeFileSync(at("control/plan.json"), JSON.stringify(plan));
  expect(recompute(directory).control!.plan.difference).toBe("faults.0 should not be there");
  expect(recompute(at("control")).planned!.plan.difference).toMatch(/^title is/);
});
