import { readFileSync } from "node:fs";
import path from "node:path";
import type { Verdict } from "../../kernel/verdict.ts";
import { loadIncidents } from "../../lab/plan/incidents.ts";
import { resolvePlan, type ResolvedPlan } from "../../lab/plan/resolve.ts";
import { runVirtual, type VirtualRun } from "../../lab/virtual/run.ts";
import { judge } from "../../observer/measure/judge.ts";
import { parseScenario } from "../../scenarios/parse.ts";

const scenarios = path.resolve(import.meta.dirname, "../../scenarios");

/** A scenario of the lab, resolved, with `--set`-like overrides. */
export function planOf(name: string, sets: Readonly<Record<string, string>> = {}, seed?: number): ResolvedPlan {
  const file = path.join(scenarios, `${name}.yaml`);
  const overrides = Object.entries(sets).map(([key, value]) => ({ path: key, value }));
  const scenario = parseScenario(readFileSync(file, "utf8"), file, overrides);
  return resolvePlan({ scenario, run: `virtual-${name}`, incidents: loadIncidents(), ...(seed === undefined ? {} : { seed }) });
}

/** The scenario played on the virtual clock, and the observer's verdict on it. */
export async function playVirtually(resolved: ResolvedPlan): Promise<VirtualRun & { readonly verdict: Verdict }> {
  const { plan, arrivals, gateway } = resolved;
  const run = await runVirtual({ plan, arrivals, gateway });
  return { ...run, verdict: judge(plan, run.records, { arrivals }) };
}
