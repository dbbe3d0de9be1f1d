import { availableParallelism, cpus } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

/** How busy a machine is, measured from a process of the lab's own. */
export interface MachineLoad {
  /** How late a timer fires, ms, p99: what a load generator's requests would be late by at least. */
  readonly timerLagMsP99: number;
  /** Cores that nobody used. */
  readonly spareCores: number;
}

const resolutionMs = 5;

/** Measures for so long. */
export async function measureLoad(forMs: number): Promise<MachineLoad> {
  const before = cpus();
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  await sleep(forMs);
  delay.disable();
  return { timerLagMsP99: Math.max(0, delay.percentile(99) / 1e6 - resolutionMs), spareCores: spareShare(before, cpus()) * availableParallelism() };
}

type Cpu = ReturnType<typeof cpus>[number];

/** Share of the time between two readings in which the processors were idle. */
export function spareShare(before: readonly Pick<Cpu, "times">[], after: readonly Pick<Cpu, "times">[]): number {
  const sum = (readings: readonly Pick<Cpu, "times">[], of: (times: Cpu["times"]) => number) => readings.reduce((total, { times }) => total + of(times), 0);
  const all = (times: Cpu["times"]) => times.user + times.nice + times.sys + times.irq + times.idle;
  const passed = sum(after, all) - sum(before, all);
  return passed <= 0 ? 1 : (sum(after, ({ idle }) => idle) - sum(before, ({ idle }) => idle)) / passed;
}
