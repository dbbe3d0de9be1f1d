import { Canceller, type Signal } from "../../../kernel/signal.ts";
import type { LabError } from "../../../kernel/errors.ts";
import { playActions, type ActionOptions } from "./play-actions.ts";
import { playFaults, reached, type PlayOptions } from "./play-faults.ts";

/** Parts of the timeline, in order. */
export type TimelineStage = "warm_up" | "steady" | "fault" | "recovery";

export interface ConductOptions extends Omit<PlayOptions & ActionOptions, "signal"> {
  /** Settles when every arrival has had its turn and its answer. Rejects when the load generator failed. */
  readonly load: Promise<void>;
  /** Asked at the end of the steady state. */
  readonly gate: { problem(): LabError | null };
  /** Rejects when one of the lab's own parts has ended: the run is void. */
  readonly died: Promise<never>;
  /** Cancelled when a stop condition is met. */
  readonly stop: Signal;
  /** Ctrl-C, or a signal that asks the process to end. */
  readonly interrupted: Signal;
  readonly onStage: (stage: TimelineStage, detail: string) => void;
}

/**
 * Conducts a run in which everything is up: announces the parts of the timeline, holds the steady state against its
 * hypothesis, and plays the faults, while the operator takes the steps of the plan. Resolves when all load is done, or
 * at once when it is interrupted; rejects when the run is void. When a stop condition is met, every fault in force is
 * lifted at once, no other is injected, and the run ends after its recovery window. Whatever the end, every fault in
 * force is lifted first. A plan with a fault that is always in force has no steady state to hold.
 */
export async function conduct(options: ConductOptions): Promise<"completed" | "interrupted" | "stopped"> {
  const over = new Canceller();
  const calm = new Canceller(over.signal);
  const interruption = Promise.withResolvers<"interrupted">();
  const detach = options.interrupted.onAbort(() => interruption.resolve("interrupted"));
  const timeline = playTimeline(options, calm.signal);
  const completed = Promise.all([options.load, timeline.passed]).then(() => "completed" as const);
  try {
    return await Promise.race([completed, stopped(options, calm, { over: over.signal, lifted: timeline.lifted }), interruption.promise, options.died]);
  } finally {
    detach();
    over.cancel("the run is over");
    await timeline.lifted;
  }
}

/**
 * Resolves when a stop condition was met, the faults are lifted and the recovery window has passed. Never settles in
 * any other run.
 */
async function stopped({ plan, clock, stop, onStage }: ConductOptions, calm: Canceller, { over, lifted }: { readonly over: Signal; readonly lifted: Promise<void> }): Promise<"stopped"> {
  await new Promise<void>((resolve) => void stop.onAbort(() => resolve()));
  onStage("recovery", "a stop condition is met: all faults are lifted");
  calm.cancel("a stop condition is met");
  await lifted;
  const { faultToMs, endMs } = plan.timeline;
  const watchMs = Math.max(endMs - faultToMs, plan.measure.recovery.holdMs);
  if (await reached(clock.nowMs() + watchMs, clock, over)) return "stopped";
  return new Promise<never>(() => {});
}

interface TimelinePlay {
  /** Settles when the gate has been passed, or when the run is over; rejects with the gate's problem. */
  readonly passed: Promise<void>;
  /** Settles when no fault is in force any more, and none will be. Never rejects. */
  readonly lifted: Promise<void>;
}

function playTimeline(options: ConductOptions, signal: Signal): TimelinePlay {
  const { plan, clock, gate, onStage } = options;
  const { steadyFromMs, faultFromMs, faultToMs, endMs } = plan.timeline;
  const play = () => playFaults({ ...options, signal }).done;
  const stage = async (atMs: number, name: TimelineStage, detail: string) => {
    if (!(await reached(atMs, clock, signal))) return false;
    onStage(name, detail);
    return true;
  };
  const isAlways = plan.faults.some(({ always }) => always);
  let faults: Promise<void> = isAlways ? play() : Promise.resolve();
  const passed = (async () => {
    await stage(0, "warm_up", "not measured");
    await stage(steadyFromMs, "steady", isAlways ? "under a fault that is always in force" : "the control");
    if (!(await reached(faultFromMs, clock, signal))) return;
    const problem = isAlways ? null : gate.problem();
    if (problem !== null) throw problem;
    if (plan.faults.length === 0) return onStage("recovery", "no faults in this scenario");
    onStage("fault", plan.title);
    if (!isAlways) faults = play();
    void playActions({ ...options, signal });
  })();
  const recovered = passed.then(async () => {
    if (plan.faults.length > 0 && faultToMs < endMs) await stage(faultToMs, "recovery", "all faults are lifted");
  });
  const lifted = recovered.then(() => faults, () => faults);
  return { passed, lifted };
}
