import type { RunRecords } from "../../kernel/records.ts";
import type { Verdict } from "../../kernel/verdict.ts";
import { judge } from "../../observer/measure/judge.ts";
import { justPlanned } from "../plan/kept-inputs.ts";
import { controlOf, resolveRun, type ResolvedRun } from "../plan/resolve-run.ts";
import { runVirtual } from "../virtual/run.ts";

/** What one scenario does to the users of one stack. Shares 0..1. */
export interface ExhibitCell {
  readonly scenario: string;
  readonly stack: string;
  readonly requests: number;
  readonly verdict: Verdict["verdict"];
  readonly reasons: readonly string[];
  readonly blastRadius: number;
  readonly silentShare: number;
  /** Null: not within the run. */
  readonly recoveryMs: number | null;
  /** Tokens that the providers generated for each good answer, times those of the same run without faults. */
  readonly costFactor: number;
}

/** Small enough for seconds, and windows that so few requests can decide. */
const sets = ["workload.requestsPerSecond=6", "measure.requestsMin=8", "measure.control=paired"];

/** A scenario on a stack, sized for the exhibit. Throws LabError `refused`. */
export const exhibitRun = (scenario: string, stack: string): ResolvedRun => resolveRun({ scenario, stack, sets });

/** The same run without its faults: what every measure is compared with. */
export async function playControl(run: ResolvedRun): Promise<RunRecords> {
  return (await runVirtual(controlOf(run))).records;
}

/** Plays one cell of the exhibit on the virtual clock. `control` is of a run of the same stack and arrivals. */
export async function playCell(run: ResolvedRun, control: RunRecords): Promise<ExhibitCell> {
  const { plan, arrivals, stack } = run;
  const { records } = await runVirtual({ plan, arrivals, stack });
  const verdict = judge(plan, records, { arrivals, paired: control, inputs: justPlanned(run.inputs) });
  const { measures } = verdict;
  if (measures?.blastRadius == null) throw new Error(`Cannot measure ${plan.scenario} on ${plan.stack}: ${verdict.reasons.join(" ")}`);
  const { measures: calm } = judge(controlOf(run).plan, control, { arrivals });
  const tokensForGood = (of: RunRecords, badShare: number) => tokensIn(of) / Math.max(1, arrivals.length * (1 - badShare));
  return {
    scenario: plan.scenario,
    stack: plan.stack,
    requests: arrivals.length,
    verdict: verdict.verdict,
    reasons: verdict.reasons,
    blastRadius: measures.blastRadius.share,
    silentShare: measures.silentShare,
    recoveryMs: measures.recoveryMs,
    costFactor: tokensForGood(records, badOf(verdict, arrivals.length)) / tokensForGood(control, calm?.badShare ?? 0),
  };
}

const tokensIn = ({ wire }: RunRecords) => wire.reduce((sum, { tokensGenerated }) => sum + tokensGenerated, 0);

const badOf = ({ cells }: Verdict, requests: number) => cells.reduce((sum, { bad }) => sum + bad, 0) / requests;
