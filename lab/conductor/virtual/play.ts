import type { RunEnd, RunRecords } from "../../../kernel/records.ts";
import type { Signal } from "../../../kernel/signal.ts";
import type { Verdict } from "../../../kernel/verdict.ts";
import { judge } from "../../../observer/measure/judge.ts";
import { justPlanned } from "../../plan/kept-inputs.ts";
import { controlOf, type ResolvedRun } from "../../plan/resolve-run.ts";
import { runVirtual } from "../../virtual/run.ts";

/** A run that was played, before anybody judged it. */
export interface PlayedPart extends ResolvedRun {
  readonly records: RunRecords;
  readonly end: RunEnd;
}

export interface PlayedRun extends PlayedPart {
  /** The same run without its faults. Null: the plan's control is the run's own steady state. */
  readonly control: PlayedPart | null;
  readonly verdict: Verdict;
}

export interface PlayOptions {
  /** Called now and then, with the part that is under way and its virtual time. */
  readonly onProgress: (part: "control" | "run", nowMs: number) => void;
  /** Ends it early: it then rejects with `Cancelled`. */
  readonly signal: Signal;
}

/**
 * Plays a run in virtual time, with its control where the plan wants one, and judges it as the observer does. Throws as
 * `runVirtual` does.
 */
export async function playResolved(resolved: ResolvedRun, options: PlayOptions): Promise<PlayedRun> {
  const { plan, arrivals, inputs } = resolved;
  const control = plan.measure.control === "paired" ? await playPart("control", controlOf(resolved), options) : null;
  const run = await playPart("run", resolved, options);
  const paired = control === null ? {} : { paired: { ...control.records, end: control.end } };
  const verdict = judge(plan, run.records, { arrivals, end: run.end, inputs: justPlanned(inputs), ...paired });
  return { ...run, control, verdict };
}

async function playPart(part: "control" | "run", resolved: ResolvedRun, { onProgress, signal }: PlayOptions): Promise<PlayedPart> {
  const { plan, arrivals, stack } = resolved;
  const { records, stop, endedMs } = await runVirtual({ plan, arrivals, stack, signal, onYield: (nowMs) => onProgress(part, nowMs) });
  const end: RunEnd = { ...(stop === null ? { reason: "completed" } : { reason: "stopped", stop }), message: "", atMs: endedMs, troubles: [], stillInForce: [], componentExits: [] };
  return { ...resolved, records, end };
}
