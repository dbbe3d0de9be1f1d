import { LabError } from "../../kernel/errors.ts";
import { hashLetters } from "../../kernel/hash.ts";
import { messageDigest } from "../../kernel/mark.ts";
import { componentChangeMsMax, type Fault } from "../../kernel/fault.ts";
import type { Arrival, Cell, Deployment, LatencyProfile, Plan, PlannedPrompt, Timeline } from "../../kernel/plan.ts";
import type { Incident } from "../../scenarios/incident.ts";
import { atLevel } from "../../scenarios/incident-level.ts";
import { latencyProfiles } from "../../scenarios/profiles.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { makeArrivals } from "../../scenarios/workloads/arrivals.ts";
import { planActions } from "../../scenarios/actions/plan-actions.ts";
import { faultPlanners } from "../../scenarios/faults/index.ts";
import { planFaults, type OpenFault } from "../../scenarios/faults/plan-faults.ts";
import type { FaultPlanner } from "../../scenarios/faults/fault-planner.ts";
import { answersFromCache, metricsAreRead, type Stack } from "../../scenarios/stack-schema.ts";
import { topologyOf } from "../../scenarios/topology.ts";
import { makePrompts } from "../../scenarios/workloads/prompts.ts";
import { checkFit } from "./fit.ts";
import { listPrice } from "./list-price.ts";

export interface ResolvedPlan {
  readonly plan: Plan;
  readonly arrivals: readonly Arrival[];
}

export interface ResolveOptions {
  readonly scenario: Scenario;
  readonly stack: Stack;
  readonly seed?: number;
  readonly speed?: number;
  /** The run's name. */
  readonly run: string;
  readonly incidents: readonly Incident[];
  /** More requests than this are not drawn; some 4 million, which fit into an arrivals file, unless given. */
  readonly requestsMax?: number;
  /** Kinds of faults; the lab's own unless given. */
  readonly planners?: Readonly<Record<string, FaultPlanner>>;
}

/**
 * A scenario on a stack with everything drawn. `seed` and `speed` replace the file's when given; another speed scales
 * every offset and length of the file's faults alike, so that what it puts into the middle of a phase stays there. The
 * same input gives the same bytes of JSON. Throws `LabError` `refused`: `unknown_incident`, `not_applicable` when the
 * stack lacks what a fault acts on, `stack_unfit` when it cannot serve the scenario, `bad_option` for a seed or speed
 * that no run can have, `control_needed` for a fault that is always in force, `run_too_large`.
 */
export function resolvePlan(options: ResolveOptions): ResolvedPlan {
  const { scenario, stack, run, incidents, planners = faultPlanners } = options;
  const seed = options.seed ?? scenario.seed;
  const speed = options.speed ?? scenario.speed;
  checkOptions(seed, speed);
  checkFit(scenario, stack);
  const faultFromMs = scenario.timeline.warmupMs + scenario.timeline.steadyMs;
  const cells = scenario.workload.cells.map(cellOf);
  const topology = topologyOf(stack, { cells, deployments: scenario.deployments });
  const context = {
    topology,
    cells,
    routes: scenario.routes,
    deployments: scenario.deployments,
    incidents: incidents.map((incident) => atLevel(incident, scenario.level)),
    bootMs: stack.bootMs,
    startsWithinMs: startsWithinMsOf(stack),
    faultFromMs,
    speed: scenario.speed,
    scale: speed / scenario.speed,
  };
  const open = planFaults(scenario.faults, context, planners);
  checkControl(scenario, open);
  const timeline = timelineOf(scenario, faultFromMs, open);
  checkSize(scenario, timeline, options.requestsMax ?? 4_000_000);
  const actions = planActions(scenario.actions, { ...context, bypass: stack.bypass, deployments: scenario.deployments });
  const arrivals = makeArrivals({ workload: scenario.workload, seed, warmupMs: timeline.steadyFromMs, durationMs: timeline.endMs, ...(timeline.cut && { cut: timeline.cut }) });
  const markKey = hashLetters(`mark/${seed}`);
  const plan: Plan = {
    schema: "blastlab.plan/2",
    run,
    scenario: scenario.name,
    stack: stack.name,
    title: scenario.title,
    seed,
    speed,
    timeline,
    cells,
    routes: scenario.routes,
    deployments: scenario.deployments.map((deployment) => deploymentOf(deployment, stack, timeline)),
    ...topology,
    faults: open.map((fault): Fault => ({ ...fault, toMs: fault.toMs ?? timeline.endMs })),
    markKey,
    ...systemPromptsOf(scenario),
    prompts: promptsOf(scenario, seed, markKey, arrivals),
    arrivalCount: arrivals.length,
    measure: scenario.measure,
    expectations: scenario.expectations.map(expectationOf),
    ...(scenario.stopWhen.length === 0 ? {} : { stopWhen: scenario.stopWhen }),
    ...(actions.length === 0 ? {} : { actions }),
    cacheDeclared: answersFromCache(stack),
    metricsDeclared: metricsAreRead(stack),
    ...(stack.observer ? {} : { alarmBy: "gateway" }),
  };
  return { plan, arrivals };
}

/**
 * Who starts slowly has a slow start, and not a run that went wrong: as long as the stack states, three times for
 * chance.
 */
function startsWithinMsOf({ bootMs, external }: Stack): number | null {
  const statedMs = external?.command?.readyWithinMs ?? 3 * bootMs;
  return statedMs > componentChangeMsMax ? statedMs : null;
}

/** A fault that is there from the start hides in the run's own steady state. */
function checkControl({ measure }: Scenario, faults: readonly OpenFault[]): void {
  const always = faults.find((fault) => fault.always);
  if (always === undefined || measure.control === "paired") return;
  throw new LabError({
    exit: "refused",
    code: "control_needed",
    message: `Cannot measure fault "${always.id}" against this run's own steady state: it is in force from the start`,
    hint: "Set measure.control: paired, which compares with the same run without faults, or give the fault a fromMs and a lengthMs",
  });
}

function checkOptions(seed: number, speed: number): void {
  const refuse = (message: string, hint: string) => new LabError({ exit: "refused", code: "bad_option", message, hint });
  if (!Number.isInteger(seed) || seed < 0 || seed > 2 ** 31) throw refuse(`Cannot draw with seed ${seed}`, "Give a whole number from 0 to 2147483648.");
  if (!(speed >= 1 && speed <= 1_000_000)) throw refuse(`Cannot run at speed ${speed}`, "Give a number from 1 (real time) to 1000000.");
}

/** What is drawn must fit into memory. */
function checkSize({ workload }: Scenario, { steadyFromMs, endMs }: Timeline, requestsMax: number): void {
  const { requestsPerSecond, warmupRequestsPerSecond = requestsPerSecond } = workload;
  const requests = Math.round((warmupRequestsPerSecond * steadyFromMs + requestsPerSecond * (endMs - steadyFromMs)) / 1_000);
  if (requests <= requestsMax) return;
  throw new LabError({
    exit: "refused",
    code: "run_too_large",
    message: `Cannot draw a run of some ${requests} requests: the limit is ${requestsMax}`,
    hint: "Lower workload.requestsPerSecond, or shorten the timeline (timeline.recoveryMs, speed)",
  });
}

/**
 * The recovery window begins when the last fault is lifted; after a fault that never is, it is watched for as long all
 * the same. Under a fault that is always in force there is no steady state: the exposure begins at the end of the
 * warm-up.
 */
function timelineOf(scenario: Scenario, faultFromMs: number, faults: readonly OpenFault[]): Timeline {
  const lastMs = Math.max(faultFromMs, ...faults.map(({ fromMs, toMs }) => toMs ?? fromMs));
  const endMs = lastMs + scenario.timeline.recoveryMs;
  const faultToMs = faults.every(({ lifted }) => lifted) ? lastMs : endMs;
  const steadyFromMs = scenario.timeline.warmupMs;
  const { cut } = scenario.timeline;
  const times = { steadyFromMs, faultFromMs: faults.some(({ always }) => always) ? steadyFromMs : faultFromMs, faultToMs };
  if (cut === undefined) return { ...times, endMs };
  const restoredMs = endMs + cut.lengthMs;
  return { ...times, endMs: restoredMs + cut.restoredMs, cut: { fromMs: endMs, toMs: restoredMs } };
}

function cellOf({ team, feature, region, route, slo, systemPrompt }: Scenario["workload"]["cells"][number]): Cell {
  return { name: `${team}/${feature}/${region}`, team, feature, region, route, slo, ...(systemPrompt !== undefined && { systemPrompt }) };
}

/** Questions about a prompt are asked by the route of the first cell that names it. */
function systemPromptsOf({ systemPrompts, workload, routes }: Scenario): Pick<Plan, "systemPrompts"> {
  if (systemPrompts.length === 0) return {};
  const routeOf = (prompt: string) => workload.cells.find(({ systemPrompt }) => systemPrompt === prompt)?.route ?? routes[0]!.name;
  return { systemPrompts: systemPrompts.map(({ name, text, evals }) => ({ name, text, evals: evals && { ...evals, route: routeOf(name) } })) };
}

function deploymentOf(deployment: Scenario["deployments"][number], { external }: Stack, { steadyFromMs }: Timeline): Deployment {
  const { latency, url, price, limitedFrom, ...rest } = deployment;
  const modelAliases = external?.modelAliases[deployment.name];
  return { ...rest, latency: typeof latency === "string" ? profileNamed(latency) : latency, ...(url === undefined ? {} : { url }), ...(limitedFrom === "steady" && { limitedFromMs: steadyFromMs }), price: price ?? listPrice(deployment.model), ...(modelAliases && { modelAliases }) };
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
  const used = new Map(arrivals.map((arrival) => [arrival.prompt, arrival]));
  const shared = [...makePrompts(scenario.workload, seed).values()].flat().filter(({ text }) => used.delete(text));
  const unique = [...used.values()].map(({ team, prompt: text, maxTokens: words }, number) => ({ intent: `${team}-unique-${number}`, team, text, words }));
  return [...shared, ...unique].map(({ intent, team, text, words }) => ({ digest: messageDigest(markKey, text), intent, teams: [team], words }));
}
