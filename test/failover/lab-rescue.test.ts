import { expect, test } from "vitest";
import type { Fault } from "../../kernel/fault.ts";
import { decodeWord } from "../../kernel/mark.ts";
import { wilson } from "../../kernel/stats.ts";
import type { ResolvedRun } from "../../lab/plan/resolve-run.ts";
import type { OutageSettings } from "../../scenarios/faults/provider-outage.ts";
import { classify } from "../../observer/measure/classify.ts";
import { knowledgeOf } from "../../observer/measure/knowledge.ts";
import { planOf, playVirtually } from "../support/virtual.ts";

/**
 * The flagship with an incident that fails nothing and cuts four streams in ten at the primary, where no breaker spares
 * it.
 */
function cuttingPlan(rescue: boolean): ResolvedRun {
  const resolved = planOf("flagship", { "stack.gateway.policy.breaker": "null", "stack.gateway.policy.retryBudget.ratio": "1", ...(!rescue && { "stack.gateway.policy.rescue": "null" }) });
  const [outage] = resolved.plan.faults as readonly Fault<OutageSettings>[];
  const phases = outage!.settings.phases.map((phase) => ({ ...phase, errorRate: 0, latencyFactor: 1, addedLatencyMs: 0, wrongOutputRate: 0, streamTruncationRate: 0.4 }));
  return { ...resolved, plan: { ...resolved.plan, faults: [{ ...outage!, settings: { phases } }] } };
}

const legsOf = (text: string) => text.split(" ").filter((word) => decodeWord(word)?.kind === "open").length;

test("rescue: the lab's observer takes the continued answers of the lab's providers for whole and right, and finds them cut without rescue", async () => {
  for (const rescue of [true, false]) {
    const resolved = cuttingPlan(rescue);
    const { records, verdict } = await playVirtually(resolved);
    const knowledge = knowledgeOf(resolved.plan, records, resolved.arrivals);
    const cutIds = new Set(records.wire.filter(({ fate, stream, end }) => fate === "truncate" && stream && end === "broken").map(({ requestId }) => requestId));
    const cut = records.client.filter(({ requestId, stream }) => stream && cutIds.has(requestId)).map((record) => classify(record, knowledge));
    const continued = cut.filter(({ record, state }) => state === "good" && legsOf(record.text) > 1);
    expect(cut.length).toBeGreaterThan(200);
    expect(verdict.books.balanced, verdict.books.problems.join(" ")).toBe(true);
    expect(cut.filter(({ wrong }) => wrong !== null)).toEqual([]);
    if (rescue) expect(wilson(continued.length, cut.length)[0]).toBeGreaterThan(0.98);
    else expect(continued).toEqual([]);
  }
}, 240_000);
