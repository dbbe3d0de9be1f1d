import { timesFirstTokens } from "../../kernel/load-source.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { RunMade } from "../../kernel/run-made.ts";
import type { Verdict } from "../../kernel/verdict.ts";
import { measureTitle } from "../measure/quantity.ts";
import type { Evidence } from "./evidence.ts";

/** What no figure of this run rests on, each with the reason. */
export function notMeasuredOf(plan: Plan, verdict: Verdict, { made, evidence }: { readonly made: RunMade | null; readonly evidence: Evidence | null }): readonly string[] {
  const { measures, gatewayCounts } = verdict;
  if (measures === null) return ["Nothing was measured: the reasons are at the top."];
  const outside = plan.deployments.filter(({ url }) => url !== undefined).map(({ name }) => name);
  const facts: readonly (readonly [boolean, string])[] = [
    [evidence !== null && !timesFirstTokens(evidence.records.loadSource), "First-token times and the gaps between tokens: what timed the answers does not see them."],
    [gatewayCounts?.shown === false, "What the gateway counted: the lab reads no metrics of this gateway."],
    [measures.blastRadius !== null && measures.blastRadius.interval === null, "An interval of lost demand: a cell has fewer than 10 clients."],
    [measures.reach.clients === null, "Which clients were hit: the run does not name its clients."],
    [measures.money === null, "Money: the plan has no prices."],
    [(measures.money?.unpricedAttempts ?? 0) > 0, `Part of the money: ${measures.money?.unpricedAttempts} attempts have no price.`],
    [plan.faults.length > 0 && !measures.recoveryApplicable, "Recovery: the run ends with a fault in force."],
    [measures.idleReplicas === null, "How an edge spreads its requests: answers name no gateway, or there is only one."],
    [measures.packages === null, "Configuration packages: no answer names one."],
    [outside.length > 0, `Attempts at ${outside.join(", ")}: a provider that the lab did not start writes no log.`],
    [made?.harness === "virtual", "What processes, sockets and a machine do: the run is virtual, in one process and in simulated time."],
    [true, "The quality of answers: providers are simulated, and an answer is good when it is whole, in time, and by a deployment and for a question that it may be."],
  ];
  const open = verdict.expectations.filter(({ result }) => result === "unknown").map(({ measure }) => `Whether the expectation of ${measureTitle(measure)} holds: it is inconclusive.`);
  return [...open, ...facts.filter(([applies]) => applies).map(([, sentence]) => sentence)];
}
