import type { Plan } from "../../kernel/plan.ts";
import type { RunRecords } from "../../kernel/records.ts";
import type { Verdict } from "../../kernel/verdict.ts";
import { resolvePlan } from "../../lab/plan/resolve.ts";
import { runVirtual } from "../../lab/virtual/run.ts";
import { judge } from "../../observer/measure/judge.ts";
import { parseScenario, parseStack, type Override } from "../../scenarios/parse.ts";

/**
 * Two providers with a brownout of both at once, so that every policy loses something and none loses all. Some 300
 * requests in the exposure.
 */
const world = `
name: brownout
title: Two providers are ill at the same time
timeline: { warmupMs: 1000, steadyMs: 10000, recoveryMs: 42000 }
measure: { control: paired }
workload:
  requestsPerSecond: 8
  streamShare: 0
  prompts: { distinct: 100, zipf: 0.5 }
  maxTokens: { median: 10, sigma: 0.2, min: 8, max: 14 }
  cells:
    - { team: support, feature: chat, route: assistant, slo: { firstTokenMs: 4000, totalMs: 8000 } }
    - { team: sales, feature: draft, route: assistant, slo: { firstTokenMs: 4000, totalMs: 8000 } }
deployments:
  - { name: primary, provider: openai, dialect: openai, model: gpt-4o-mini, latency: gpt-4o-mini }
  - { name: fallback, provider: anthropic, dialect: anthropic, model: claude-3-5-haiku-20241022, latency: claude-3.5-haiku }
routes: [{ name: assistant, deployments: [primary, fallback] }]
faults:
  - { kind: outage, name: ill, deployments: [primary], phases: [{ lengthMs: 20000, errorRate: 0.6 }] }
  - { kind: outage, name: ill-too, deployments: [fallback], phases: [{ lengthMs: 20000, errorRate: 0.4 }] }
expectations: [{ measure: blastRadius, atMost: 1 }]
`;

/** A policy with generous budgets: only what a test sets apart differs. */
const plain = {
  failover: true,
  retry: { attemptsPerDeploymentMax: 1, attemptsMax: 8, backoff: { baseMs: 50, maxMs: 200 } },
  retryBudget: { ratio: 10, tokensMax: 100_000 },
  breaker: null as null | undefined,
  rescue: null,
};

/** Undefined leaves a setting to the gateway's default. */
export type Policy = Partial<typeof plain>;

export interface PlayedBrownout {
  readonly plan: Plan;
  readonly records: RunRecords;
  readonly paired: RunRecords;
  readonly verdict: Verdict;
}

/**
 * The brownout under a policy and its control, virtually, and the verdict on them. `sets` overrides fields of the
 * scenario, as `--set` does.
 */
export async function playBrownout(policy: Policy, seed: number, sets: readonly Override[] = []): Promise<PlayedBrownout> {
  const scenario = parseScenario(world, "brownout.yaml", sets);
  const gateway = { policy: { ...plain, ...policy } };
  const stack = parseStack(JSON.stringify({ name: "policy", title: "One gateway process without a cache", gateway }), "policy");
  const { plan, arrivals } = resolvePlan({ scenario, stack, seed, run: `brownout-${seed}`, incidents: [] });
  const { records } = await runVirtual({ plan, arrivals, stack });
  const { records: paired } = await runVirtual({ plan: { ...plan, faults: [] }, arrivals, stack });
  return { plan, records, paired, verdict: judge(plan, records, { arrivals, paired }) };
}
