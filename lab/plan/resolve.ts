import type { Json } from "../../kernel/chat.ts";
import { LabError } from "../../kernel/errors.ts";
import { hashLetters } from "../../kernel/hash.ts";
import { messageDigest } from "../../kernel/mark.ts";
import type { Arrival, Cell, Deployment, LatencyProfile, Plan, PlannedPrompt, Timeline } from "../../kernel/plan.ts";
import type { Incident } from "../../scenarios/incident.ts";
import { atLevel } from "../../scenarios/incident-level.ts";
import { latencyProfiles } from "../../scenarios/profiles.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { makeArrivals } from "../../scenarios/workloads/arrivals.ts";
import { makePrompts } from "../../scenarios/workloads/prompts.ts";
import { plannedFaults, plannedIncidents } from "./faults.ts";

export interface ResolvedPlan {
  readonly plan: Plan;
  readonly arrivals: readonly Arrival[];
  /** What the scenario says of the gateway, for the gateway to validate. */
  readonly gateway: Readonly<Record<string, Json>>;
}

/**
 * A scenario with everything drawn. `seed` and `speed` replace the file's when given; another speed scales every offset and length of the
 * file's faults alike, so that what it puts into the middle of a phase stays there. The same input gives the same bytes of JSON.
 * Throws `LabError` `unknown_incident`, or `bad_option` for a seed or speed that no run can have.
 */
export function resolvePlan(options: {
  scenario: Scenario;
  seed?: number;
  speed?: number;
  /** The run's name. */
  run: string;
  incidents: readonly Incident[];
}): ResolvedPlan {
  const { scenario, run, incidents } = options;
  const seed = options.seed ?? scenario.seed;
  const speed = options.speed ?? scenario.speed;
  checkOptions(seed, speed);
  const faultFromMs = scenario.timeline.warmupMs + scenario.timeline.steadyMs;
  const levelled = incidents.map((incident) => atLevel(incident, scenario.level));
  const settings = { incidents: levelled, deployments: scenario.deployments, faultFromMs, speed: scenario.speed, scale: speed / scenario.speed };
  const played = plannedIncidents(scenario.faults, settings);
  const faults = plannedFaults(scenario.faults, settings);
  const timeline = timelineOf(scenario, faultFromMs, [...played.flatMap((incident) => incident.phases), ...faults]);
  const arrivals = makeArrivals({ workload: scenario.workload, seed, durationMs: timeline.endMs });
  const markKey = hashLetters(`mark/${seed}`);
  const plan: Plan = {
    schema: "blastlab.plan/1",
    run,
    scenario: scenario.name,
    title: scenario.title,
    seed,
    speed,
    timeline,
    cells: scenario.workload.cells.map(cellOf),
    routes: scenario.routes,
    deployments: scenario.deployments.map(deploymentOf),
    incidents: played,
    faults,
    markKey,
    prompts: promptsOf(scenario, seed, markKey, arrivals),
    arrivalCount: arrivals.length,
    measure: scenario.measure,
    expectations: scenario.expectations.map(expectationOf),
    cacheDeclared: scenario.cacheDeclared,
  };
  return { plan, arrivals, gateway: scenario.gateway as Readonly<Record<string, Json>> };
}

function checkOptions(seed: number, speed: number): void {
  const refuse = (message: string, hint: string) => new LabError({ exit: "refused", code: "bad_option", message, hint });
  if (!Number.isInteger(seed) || seed < 0 || seed > 2 ** 31) throw refuse(`Cannot draw with seed ${seed}`, "Give a whole number from 0 to 2147483648.");
  if (!(speed >= 1 && speed <= 1_000_000)) throw refuse(`Cannot run at speed ${speed}`, "Give a number from 1 (real time) to 1000000.");
}

function timelineOf(scenario: Scenario, faultFromMs: number, injected: readonly { readonly toMs: number }[]): Timeline {
  const faultToMs = Math.max(faultFromMs, ...injected.map((fault) => fault.toMs));
  return { steadyFromMs: scenario.timeline.warmupMs, faultFromMs, faultToMs, endMs: faultToMs + scenario.timeline.recoveryMs };
}

function cellOf({ team, feature, region, route, slo }: Scenario["workload"]["cells"][number]): Cell {
  return { name: `${team}/${feature}/${region}`, team, feature, region, route, slo };
}

function deploymentOf(deployment: Scenario["deployments"][number]): Deployment {
  const { latency, url, ...rest } = deployment;
  return { ...rest, latency: typeof latency === "string" ? profileNamed(latency) : latency, ...(url === undefined ? {} : { url }) };
}

/** A recorded profile is a file, and has been read in before (`files.ts`). */
function profileNamed(name: string): LatencyProfile {
  const profile = latencyProfiles[name];
  if (profile !== undefined) return profile;
  throw new LabError({ exit: "refused", code: "profile_invalid", message: `Cannot use latency "${name}": it has not been read in`, hint: "Give the figures themselves, or the name of a profile." });
}

const expectationOf = ({ measure, atMost, atLeast }: Scenario["expectations"][number]) => ({
  measure,
  ...(atMost === undefined ? {} : { atMost }),
  ...(atLeast === undefined ? {} : { atLeast }),
});

/** The prompts that this run sends, by digest. */
function promptsOf(scenario: Scenario, seed: number, markKey: string, arrivals: readonly Arrival[]): readonly PlannedPrompt[] {
  const used = new Set(arrivals.map((arrival) => arrival.prompt));
  return [...makePrompts(scenario.workload, seed).values()].flat().flatMap(({ intent, team, text, words }) =>
    used.has(text) ? [{ digest: messageDigest(markKey, text), intent, teams: [team], words }] : [],
  );
}
