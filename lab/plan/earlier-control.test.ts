import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Plan } from "../../kernel/plan.ts";
import { createRunDirectory } from "../live/directory.ts";
import { checkControl, copyControl } from "./earlier-control.ts";
import { plannerVersion } from "./planner-version.ts";
import { controlOf, resolveRun, type ResolvedRun } from "./resolve-run.ts";

const root = mkdtempSync(path.join(tmpdir(), "blastlab-earlier-"));
afterAll(() => rmSync(root, { recursive: true }));

const paired = (...sets: readonly string[]): ResolvedRun => resolveRun({ scenario: "smoke", sets: ["measure.control=paired", ...sets] });
const run = paired();
const base = path.join(root, "base");
const earlier = path.join(root, "earlier");

/** A run directory as an earlier run leaves it, as far as a control is looked at. */
async function written(directory: string, { plan, arrivals, inputs }: ResolvedRun, reason = "completed"): Promise<void> {
  await createRunDirectory(directory, { plan, arrivals, inputs });
  writeFileSync(path.join(directory, "end.json"), JSON.stringify({ reason }));
}

beforeAll(() => written(base, controlOf(run)));
beforeEach(() => {
  rmSync(earlier, { recursive: true, force: true });
  cpSync(base, earlier, { recursive: true });
});

const edited = (name: string, change: (value: never) => unknown) => writeFileSync(path.join(earlier, name), JSON.stringify(change(JSON.parse(readFile(name)) as never)));
const readFile = (name: string) => readFileSync(path.join(earlier, name), "utf8");
const rewritten = async (resolved: ResolvedRun, reason?: string) => {
  rmSync(earlier, { recursive: true });
  await written(earlier, resolved, reason);
};

test("checkControl: the control of an earlier run of the same scenario, stack and seed is one, whatever that run expected", async () => {
  expect(() => checkControl(earlier, run)).not.toThrow();
  await rewritten(controlOf(paired("measure.badShareMax=0.2", "expectations=[{ measure: badShare, atMost: 1 }]")));
  expect(() => checkControl(earlier, run)).not.toThrow();
});

test.each<[string, () => void | Promise<void>, string, string]>([
  ["a run with faults", () => rewritten(run), "it had faults (half-down, latency-primary)", "Give a run without faults"],
  ["a paired run itself", async () => (await rewritten(run), mkdirSync(path.join(earlier, "control"))), "it had faults", path.join(earlier, "control")],
  ["another scenario", () => edited("plan.json", (plan: Plan) => ({ ...plan, scenario: "other" })), "its scenario is other, and this run's smoke", "same scenario"],
  ["another stack", () => rewritten(controlOf(resolveRun({ scenario: "smoke", stack: "naive", sets: ["measure.control=paired"] }))), "its stack is naive, and this run's one-process", "same scenario"],
  ["another seed", () => rewritten(controlOf(resolveRun({ scenario: "smoke", seed: 2, sets: ["measure.control=paired"] }))), "its seed is 2, and this run's 1", "same scenario"],
  ["another setting of the stack", () => rewritten(controlOf(paired("stack.gateway.policy.failover=false"))), "its stack is set otherwise: gateway.policy", "same scenario"],
  ["no stack", () => rmSync(path.join(earlier, "stack.yaml")), "its stack is set otherwise: there is no such file", "same scenario"],
  ["a run that was stopped", () => rewritten(controlOf(run), "interrupted"), "it was not finished: it ended as interrupted", "finished"],
  ["a run that was never closed", () => rmSync(path.join(earlier, "end.json")), "it was not finished: there is no such file", "finished"],
  ["another workload", () => rewritten(controlOf(paired("workload.cells.0.slo.totalMs=9999"))), "its plan differs: cells.0.slo.totalMs is 9999", "same scenario"],
  ["other arrivals", () => writeFileSync(path.join(earlier, "arrivals.ndjson"), readFile("arrivals.ndjson").replace(/^.*\n/, "")), "its arrivals differ: in line 1, index is 1, not 0", "same scenario"],
  ["no arrivals", () => rmSync(path.join(earlier, "arrivals.ndjson")), "its arrivals differ: arrivals.ndjson is missing", "same scenario"],
  ["an edited plan", () => edited("plan.json", (plan: Plan) => ({ ...plan, expectations: [] })), "it is not what its own inputs give. expectations.0 is missing", "again"],
  ["another planner", () => edited("inputs.json", (inputs: object) => ({ ...inputs, planner: plannerVersion + 1 })), "it is not what its own inputs give. The plan was not recomputed", "again"],
])("checkControl: %s is refused, with the reason and what to give", async (_, change, reason, hint) => {
  await change();
  expect(() => checkControl(earlier, run)).toThrow(
    expect.objectContaining({ exit: "refused", code: "control_unfit", message: expect.stringContaining(`Cannot use "${earlier}" as the control: ${reason}`) as unknown, hint: expect.stringContaining(hint) as unknown }) as Error,
  );
});

test("checkControl: what is no run directory is refused as such", () => {
  expect(() => checkControl(path.join(root, "nowhere"), run)).toThrow(expect.objectContaining({ exit: "refused", code: "run_unreadable" }) as Error);
});

test("copyControl: the run's directory then holds all that the control's verdict rests on, and no logs", async () => {
  const directory = path.join(root, "run");
  await createRunDirectory(directory, run);
  writeFileSync(path.join(earlier, "verdict.json"), "{}");
  await copyControl(earlier, directory);
  expect(readdirSync(path.join(directory, "control")).sort()).toEqual(["arrivals.ndjson", "end.json", "inputs.json", "plan.json", "scenario.yaml", "stack.yaml", "taps"]);
  expect(existsSync(path.join(earlier, "logs"))).toBe(true);
});
