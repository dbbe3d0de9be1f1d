import type { Clock } from "../../../kernel/clock.ts";
import { messageOf } from "../../../kernel/errors.ts";
import type { Fault } from "../../../kernel/fault.ts";
import type { Plan } from "../../../kernel/plan.ts";
import type { FaultRecord } from "../../../kernel/records.ts";
import type { Signal } from "../../../kernel/signal.ts";
import type { FaultAct } from "./fault-act.ts";
import type { World } from "./world.ts";

export interface PlayOptions {
  readonly plan: Plan;
  readonly world: World;
  readonly actOf: (fault: Fault) => FaultAct<unknown>;
  /** The run's timeline: `nowMs` 0 is its zero. */
  readonly clock: Clock;
  readonly emit: (record: FaultRecord) => void;
  /** Ends it early: what is in force is lifted at once, what is to come never injected. */
  readonly signal: Signal;
}

/** The faults of a plan, played on its timeline. */
export interface FaultPlay {
  /**
   * Settles when every fault has had its time. Never rejects: what could not be injected or lifted is recorded as
   * `failed`.
   */
  readonly done: Promise<void>;
}

/**
 * Puts in force what the plan has in force before the run begins. Rejects when that cannot be done: the run would be
 * another one.
 */
export async function injectAlways({ plan, world, actOf, clock, emit }: Omit<PlayOptions, "signal">): Promise<void> {
  for (const fault of plan.faults.filter(({ always }) => always)) {
    const begunMs = clock.nowMs();
    await actOf(fault).inject(fault, world);
    emit({ fault: fault.id, action: "injected", plannedMs: fault.fromMs, begunMs, atMs: clock.nowMs(), detail: fault.title });
  }
}

/**
 * Injects and lifts every fault of the plan at its time. A fault that the plan never lifts is lifted when the play is
 * ended. What is in force at a component is put in force again when it has started.
 */
export function playFaults(options: PlayOptions): FaultPlay {
  const inForce = new Set<Fault>(options.plan.faults.filter(({ always }) => always));
  const plays = options.plan.faults.map((fault) => playFault(fault, inForce, options));
  options.world.onStart(async (component) => {
    for (const fault of inForce) {
      if (fault.affects.components.includes(component)) await options.actOf(fault).reapply?.(fault, component, options.world);
    }
  });
  return { done: Promise.all(plays).then(() => undefined) };
}

async function playFault(fault: Fault, inForce: Set<Fault>, options: PlayOptions): Promise<void> {
  const { clock, emit, signal, world } = options;
  const act = options.actOf(fault);
  const attempt = async (action: "injected" | "lifted", plannedMs: number, change: () => Promise<void>) => {
    const begunMs = clock.nowMs();
    try {
      await change();
      emit({ fault: fault.id, action, plannedMs, begunMs, atMs: clock.nowMs(), detail: fault.title });
    } catch (error) {
      emit({ fault: fault.id, action: "failed", plannedMs, begunMs, atMs: clock.nowMs(), detail: `${action === "injected" ? "inject" : "lift"}: ${messageOf(error)}` });
    }
  };
  if (!fault.always) {
    if (!(await reached(fault.fromMs, clock, signal))) return;
    await attempt("injected", fault.fromMs, () => act.inject(fault, world));
    inForce.add(fault);
  }
  if (fault.lifted) await reached(fault.toMs, clock, signal);
  else await cancelled(signal);
  inForce.delete(fault);
  await attempt("lifted", fault.toMs, () => act.lift(fault, world));
}

/** True when the time has come, false when the play was ended first. */
export async function reached(atMs: number, clock: Clock, signal: Signal): Promise<boolean> {
  try {
    await clock.sleep(Math.max(0, atMs - clock.nowMs()), signal);
    return !signal.aborted;
  } catch {
    // Cancelled: the only way in which a sleep rejects.
    return false;
  }
}

function cancelled(signal: Signal): Promise<void> {
  return new Promise((resolve) => void signal.onAbort(() => resolve()));
}
