import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Plan } from "../kernel/plan.ts";
import type { Recomputation } from "../kernel/recomputation.ts";
import type { RunEnd, RunRecords } from "../kernel/records.ts";
import type { Verdict } from "../kernel/verdict.ts";
import { inputsEvidence, planDiffers, type KeptPlan } from "./inputs-evidence.ts";
import { readMade } from "./made.ts";
import { examine } from "./measure/judge.ts";
import { readArrivals, readEnd, readPlan } from "./run-files.ts";
import { sumFaults } from "./sums.ts";
import { readTaps } from "./taps.ts";
import { markdownOf } from "./view/markdown.ts";
import { runPage } from "./view/page/run-page.ts";
import type { Reporter, RunView } from "./view/run-view.ts";
import { viewOf } from "./view/view-of.ts";

export interface VerdictOptions {
  /** What the lab computed again from the run's inputs. Without it the verdict is at best `unknown`. */
  readonly recomputation?: Recomputation;
}

/**
 * Computes a run's verdict from its files and writes `verdict.json`, `report.md` and `report.html` beside them. Throws
 * LabError `refused` `run_unreadable`.
 */
export function writeVerdict(directory: string, options: VerdictOptions = {}): Verdict {
  const { verdict, view } = judgedView(directory, options);
  writeFileSync(path.join(directory, "verdict.json"), `${JSON.stringify(verdict, null, 1)}\n`);
  for (const reporter of reportersOf(directory)) reporter.report(view);
  return verdict;
}

/** A run's verdict from its files, and its view. Throws LabError `refused` `run_unreadable`. */
export function judgedView(directory: string, options: VerdictOptions): { readonly verdict: Verdict; readonly view: RunView } {
  const plan = readPlan(directory);
  const isOther = planDiffers(options.recomputation ?? null, plan);
  const { records, epochMs } = isOther ? unread : readTaps(directory, plan);
  const ending = readEnd(directory);
  const { arrivals, faults: arrivalFaults } = readArrivals(directory, isOther ? Math.min(plan.arrivalCount, unplannedMax) : plan.arrivalCount);
  const control = readControl(path.join(directory, "control"), plan);
  const inputs = inputsEvidence(options.recomputation ?? null, { plan, arrivals }, control);
  const { verdict, judged, timeline } = examine(
    plan,
    { ...records, tapFaults: [...records.tapFaults, ...arrivalFaults, ...endFaults(directory, plan, ending)] },
    {
      arrivals,
      inputs,
      ...(ending.end === null ? {} : { end: ending.end }),
      ...(control === null ? {} : { paired: control.records }),
    },
  );
  const ran = { made: readMade(directory), epochMs, endedMs: ending.end?.atMs ?? null };
  const view = viewOf({ plan, verdict, ran, ...(inputs.planDiffers ? {} : { evidence: { records, judged, timeline } }) });
  return { verdict, view };
}

/** So many arrivals are compared with those that the inputs give, whatever a plan claims that they do not give. */
const unplannedMax = 100_000;

const unread: ReturnType<typeof readTaps> = { records: { loadSource: null, client: [], wire: [], canary: [], counted: [], faults: [], tapFaults: [] }, epochMs: null };

/** What a run directory gets of the view. */
function reportersOf(directory: string): readonly Reporter[] {
  return [
    { report: (view) => writeFileSync(path.join(directory, "report.md"), markdownOf(view)) },
    { report: (view) => writeFileSync(path.join(directory, "report.html"), runPage(view)) },
  ];
}

/** A run that failed was closed before its taps, and is void anyway. */
function endFaults(directory: string, plan: Plan, ending: ReturnType<typeof readEnd>): readonly string[] {
  if (ending.end === null) return [ending.fault];
  return ending.end.reason === "failed" ? [] : sumFaults(directory, plan, ending.sums);
}

/**
 * The run without faults, for a plan with a paired control; null where there is none. One of another seed was offered
 * another load.
 */
function readControl(directory: string, { seed }: Plan): (KeptPlan & { readonly records: RunRecords & { readonly end?: RunEnd } }) | null {
  if (!existsSync(path.join(directory, "plan.json"))) return null;
  const plan = readPlan(directory);
  const { records } = readTaps(directory, plan);
  const ending = readEnd(directory);
  const { arrivals, faults } = readArrivals(directory, plan.arrivalCount);
  const otherSeed = plan.seed === seed ? [] : [`it was run with seed ${plan.seed}, not ${seed}`];
  const tapFaults = [...records.tapFaults, ...faults, ...endFaults(directory, plan, ending), ...otherSeed];
  return { plan, arrivals, records: { ...records, tapFaults, ...(ending.end === null ? {} : { end: ending.end }) } };
}
