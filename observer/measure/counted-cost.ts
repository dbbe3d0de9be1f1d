import type { Plan } from "../../kernel/plan.ts";
import type { CountedRecord, RunRecords } from "../../kernel/records.ts";
import type { GatewayCounts } from "../../kernel/verdict.ts";
import { billOf, usdOf } from "./bill.ts";
import { usdText } from "./format.ts";
import type { Knowledge } from "./knowledge.ts";

type CountedCost = GatewayCounts["cost"][number];

const toleratedShare = 0.02;
const toleratedCount = 5;

interface Compared {
  readonly fromMs: number;
  readonly toMs: number;
  /** Of the requests and probes that ended between the two. */
  readonly ids: readonly string[];
  readonly attempts: Knowledge["attempts"];
}

/** A team's cost with the number of its requests. */
export interface TeamCost extends CountedCost {
  readonly requests: number;
}

/**
 * What the system's counters of cost grew by between two readings, by team, beside what the attempts of the same
 * requests cost by the plan's prices. A probe is one of the team of the first cell of its route. Teams with an attempt
 * that has no price are left out.
 */
export function countedCost(plan: Plan, { counted, client, canary }: RunRecords, { fromMs, toMs, ids, attempts }: Compared): readonly TeamCost[] {
  const growth = growthOf(counted.filter(({ atMs, costUsd }) => costUsd !== undefined && atMs >= fromMs && atMs <= toMs));
  if (growth === null) return [];
  const teams = new Map([...canary.map(({ probe, route }) => [probe, plan.cells.find((cell) => cell.route === route)?.team ?? ""] as const), ...client.map(({ requestId, team }) => [requestId, team] as const)]);
  const bill = billOf(plan);
  const byTeam = Map.groupBy(ids, (id) => teams.get(id) ?? "");
  return [...new Set([...byTeam.keys(), ...Object.keys(growth)])].sort().flatMap((team) => {
    const own = byTeam.get(team) ?? [];
    const bills = own.flatMap((id) => attempts.get(id) ?? []).map(bill);
    if (bills.includes(null)) return [];
    return [{ team, countedUsd: usdOf(Math.round(1e9 * (growth[team] ?? 0))), billedUsd: usdOf(bills.reduce<number>((total, each) => total + (each ?? 0), 0)), requests: own.length }];
  });
}

/**
 * From the first reading to the last, across restarts, in which a counter begins again at 0. Null with fewer than two
 * readings.
 */
function growthOf(readings: readonly CountedRecord[]): Readonly<Record<string, number>> | null {
  if (readings.length < 2) return null;
  const grown: Record<string, number> = {};
  readings.toSorted((a, b) => a.atMs - b.atMs).reduce((before, now) => {
    for (const [team, usd] of Object.entries(now.costUsd ?? {})) {
      const last = before.costUsd?.[team] ?? 0;
      grown[team] = (grown[team] ?? 0) + (usd >= last ? usd - last : usd);
    }
    return now;
  });
  return grown;
}

/** A sentence for each team whose cost the system counted otherwise, by more than a few requests' worth. */
export function costFindings(costs: readonly TeamCost[]): readonly string[] {
  return costs.flatMap(({ team, countedUsd, billedUsd, requests }) => {
    const tolerated = Math.max(toleratedShare * billedUsd, (toleratedCount * billedUsd) / Math.max(1, requests));
    if (Math.abs(countedUsd - billedUsd) <= tolerated) return [];
    return [`The gateway counted ${usdText(countedUsd)} of cost for team ${team}; by the providers' logs it was ${usdText(billedUsd)}.`];
  });
}
