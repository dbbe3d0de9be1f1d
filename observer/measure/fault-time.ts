import type { Plan } from "../../kernel/plan.ts";
import type { FaultRecord } from "../../kernel/records.ts";

/** A stretch of the run's timeline, both ends included. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * When each fault was really in force, by its records: from the moment at which the conductor began to inject it until
 * it was lifted, which for a process means that it served again. Without a record of its lifting it never ended. A
 * fault that was never injected has no entry.
 */
export function timesInForce(plan: Plan, records: readonly FaultRecord[]): ReadonlyMap<string, Stretch> {
  const times = new Map<string, Stretch>();
  for (const { id } of plan.faults) {
    const injected = records.find(({ fault, action }) => fault === id && action === "injected");
    if (injected === undefined) continue;
    const lifted = records.find(({ fault, action }) => fault === id && action === "lifted");
    times.set(id, { fromMs: injected.begunMs ?? injected.atMs, toMs: lifted?.atMs ?? Infinity });
  }
  return times;
}

/** Whether something that lasted from `fromMs` to `toMs` meets the stretch. */
export function meets(stretch: Stretch | undefined, fromMs: number, toMs: number): boolean {
  return stretch !== undefined && fromMs <= stretch.toMs && toMs >= stretch.fromMs;
}
