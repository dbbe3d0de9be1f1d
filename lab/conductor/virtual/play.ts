import { controlPlanOf } from "../../../kernel/control-plan.ts";
import type { Plan } from "../../../kernel/plan.ts";
import type { RunEnd, RunRecords } from "../../../kernel/records.ts";
import type { Signal } from "../../../kernel/signal.ts";
import type { Verdict } from "../../../kernel/verdict.ts";
import { judge } from "../../../observer/measure/judge.ts";
import { justPlanned } from "../../plan/kept-inputs.ts";
import type { ResolvedRun } from "../../plan/resolve-run.ts";
import { runVirtual } from "../../virtual/run.ts";

/** A run without its faults, for a plan whose control is paired. */
export interface ControlRun {
  readonly plan: Plan;
  readonly records: RunRecords;
}

export interface PlayedRun extends ResolvedRun {
  readonly records: RunRecords;
  /** Null: the plan's control is the run's own steady state. */
  readonly control: ControlRun | null;
  readonly end: RunEnd;
  readonly verdict: Verdict;
}

export interface PlayOptions {
  /** Called now and then, with the part that is under way and its virtual time. */
  readonly onProgress: (part: "control" | "run", nowMs: number) => void;
  /** Ends it early: it then rejects with `Cancelled`. */
  readonly signal: Signal;
}

/** Plays a run in virtual time, with its control where the plan wants one, and judges it as the observer does. Throws as `runVirtual` does. */
export async function playResolved(resolved: ResolvedRun, { onProgress, signal }: PlayOptions): Promise<PlayedRun> {
  const { plan, arrivals, stack } = resolved;
  const control = plan.measure.control === "paired" ? await playControl(resolved, { onProgress, signal }) : null;
  const { records, stop, endedMs } = await runVirtual({ plan, arrivals, stack, signal, onYield: (nowMs) => onProgress("run", nowMs) });
  const end: RunEnd = { ...(stop === null ? { reason: "completed" } : { reason: "stopped", stop }), message: "", atMs: endedMs, troubles: [], stillInForce: [], componentExits: [] };
  const verdict = judge(plan, records, { arrivals, end, inputs: justPlanned(resolved.inputs), ...(control !== null && { paired: control.records }) });
  return { ...resolved, records, control, end, verdict };
}

/** The same plan and load, and nothing wrong with the world. */
async function playControl({ plan, arrivals, stack }: ResolvedRun, { onProgress, signal }: PlayOptions): Promise<ControlRun> {
  const calm = controlPlanOf(plan);
  const { records } = await runVirtual({ plan: calm, arrivals, stack, signal, onYield: (nowMs) => onProgress("control", nowMs) });
  return { plan: calm, records };
}
