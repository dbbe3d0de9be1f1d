import type { Verdict } from "../../kernel/verdict.ts";
import { resolvePlan } from "../../lab/plan/resolve.ts";
import { openStack } from "../../lab/plan/library.ts";
import { runVirtual } from "../../lab/virtual/run.ts";
import { judge } from "../../observer/measure/judge.ts";
import { parseScenario, parseStack } from "../../scenarios/parse.ts";

const tenants = Array.from({ length: 50 }, (_, index) => `tenant-${String(index + 1).padStart(2, "0")}`);

/** The tenant whose route has one provider only. */
export const aloneTenant = "tenant-07";

const cell = (team: string) =>
  `    - { team: ${team}, feature: chat, route: ${team === aloneTenant ? "alone" : "assistant"}, slo: { firstTokenMs: 8000, totalMs: 20000 } }`;

/** Fifty tenants of equal size, 50 requests a second: one a second of each. */
const world = `
name: tenants
title: One tenant of fifty loses its only provider
timeline: { warmupMs: 1000, steadyMs: 10000, recoveryMs: 32000 }
measure: { control: paired }
workload:
  requestsPerSecond: 50
  streamShare: 0
  prompts: { distinct: 40, zipf: 0.5 }
  maxTokens: { median: 10, sigma: 0.2, min: 8, max: 14 }
  cells:
${tenants.map(cell).join("\n")}
deployments:
  - { name: primary, provider: openai, dialect: openai, model: gpt-4o-mini, latency: gpt-4o-mini }
  - { name: fallback, provider: anthropic, dialect: anthropic, model: claude-3-5-haiku-20241022, latency: claude-3.5-haiku }
  - { name: lonely, provider: deepseek, dialect: openai, model: deepseek-chat, latency: gpt-4o-mini }
routes: [{ name: assistant, deployments: [primary, fallback] }, { name: alone, deployments: [lonely] }]
expectations: [{ measure: blastRadius, atMost: 0.05 }]
`;

const outage = "faults: [{ kind: outage, name: lonely-down, deployments: [lonely], phases: [{ lengthMs: 20000, errorRate: 1 }] }]\n";

/** Fifty tenants on the hardened stack, virtually: with the outage of one tenant's provider, or healthy, against their own steady state. */
export async function playTenants(seed: number, kind: "outage" | "healthy"): Promise<Verdict> {
  const sets = kind === "healthy" ? [{ path: "measure.control", value: "self" }] : [];
  const scenario = parseScenario(world + (kind === "outage" ? outage : "faults: []\n"), "tenants.yaml", sets);
  const stack = parseStack(openStack("hardened").text, "hardened");
  const { plan, arrivals } = resolvePlan({ scenario, stack, seed, run: `tenants-${seed}`, incidents: [] });
  const { records } = await runVirtual({ plan, arrivals, stack });
  if (kind === "healthy") return judge(plan, records, { arrivals });
  const { records: paired } = await runVirtual({ plan: { ...plan, faults: [] }, arrivals, stack });
  return judge(plan, records, { arrivals, paired });
}
