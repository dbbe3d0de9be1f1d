import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../kernel/errors.ts";
import type { Plan, PlannedFault } from "../../kernel/plan.ts";
import type { FaultRecord } from "../../kernel/records.ts";
import type { NetworkFaults } from "../faults/toxiproxy.ts";
import type { Warden } from "../warden/client.ts";

/** How long after its planned end a fault may stay, should everybody have forgotten it. */
const deadManMs = 10_000;

/**
 * Plays the plan's network faults at their times. Each is leased to the warden before it is injected. When `signal` aborts, what is in force
 * is lifted at once. Resolves when all is done; what could not be injected or lifted is recorded as `failed`, never thrown.
 */
export async function playFaults(options: {
  plan: Plan;
  network: NetworkFaults;
  warden: Warden;
  nowMs: () => number;
  emit: (record: FaultRecord) => void;
  signal: AbortSignal;
}): Promise<void> {
  await Promise.all(options.plan.faults.map((fault) => playFault(fault, options)));
}

async function playFault(fault: PlannedFault, { network, warden, nowMs, emit, signal }: Parameters<typeof playFaults>[0]): Promise<void> {
  const lease = network.leaseOf(fault);
  const record = (action: FaultRecord["action"], plannedMs: number, detail: string) => emit({ fault: fault.id, action, plannedMs, atMs: nowMs(), detail });
  const attempt = async (action: "injected" | "lifted", plannedMs: number, act: () => Promise<void>) => {
    try {
      await act();
      record(action, plannedMs, lease.description);
    } catch (error) {
      record("failed", plannedMs, messageOf(error));
    }
  };
  if (!(await until(fault.fromMs, nowMs, signal))) return;
  await attempt("injected", fault.fromMs, async () => {
    await warden.lease(fault.id, lease, fault.toMs - fault.fromMs + deadManMs);
    await network.inject(fault);
  });
  await until(fault.toMs, nowMs, signal);
  await attempt("lifted", fault.toMs, async () => {
    await network.lift(fault);
    warden.release(fault.id);
  });
}

/** True when the time has come, false when it was called off first. */
export async function until(atMs: number, nowMs: () => number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(Math.max(0, atMs - nowMs()), undefined, { signal });
    return true;
  } catch {
    // A sleep rejects only when its signal aborts.
    return false;
  }
}
