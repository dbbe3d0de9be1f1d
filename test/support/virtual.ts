import type { Verdict } from "../../kernel/verdict.ts";
import { resolveRun, type ResolvedRun } from "../../lab/plan/resolve-run.ts";
import { runVirtual, type VirtualRun } from "../../lab/virtual/run.ts";
import { judge } from "../../observer/measure/judge.ts";

/** A scenario of the lab on a stack, resolved, with `--set`-like overrides. */
export function planOf(scenario: string, sets: Readonly<Record<string, string>> = {}, seed?: number, stack?: string): ResolvedRun {
  const assignments = Object.entries(sets).map(([key, value]) => `${key}=${value}`);
  return resolveRun({ scenario, sets: assignments, ...(seed !== undefined && { seed }), ...(stack !== undefined && { stack }) });
}

/** The scenario played on the virtual clock, and the observer's verdict on it. */
export async function playVirtually(resolved: Pick<ResolvedRun, "plan" | "arrivals" | "stack">): Promise<VirtualRun & { readonly verdict: Verdict }> {
  const { plan, arrivals, stack } = resolved;
  const run = await runVirtual({ plan, arrivals, stack });
  return { ...run, verdict: judge(plan, run.records, { arrivals }) };
}
