import type { Fault } from "../../kernel/fault.ts";
import type { Cell, Expectation, Plan } from "../../kernel/plan.ts";
import { componentsOf, roles } from "../../kernel/topology.ts";
import { clockTime, duration, percent } from "../../observer/measure/format.ts";
import { measureTitle } from "../../observer/measure/quantity.ts";
import type { Paint } from "../board/paint.ts";
import { limitsText } from "./limits-text.ts";

export interface PlannedHow {
  /** `live, with the embedded load and toxiproxy`, `in virtual time`. */
  readonly how: string;
  /** Where the records would go. */
  readonly directory: string;
}

/** What a run would do, in words and in the order of time: `run --dry-run`. */
export function planText(plan: Plan, { how, directory }: PlannedHow, paint: Paint): string {
  const sections = [
    [`${paint.bold(`${plan.scenario} on ${plan.stack}`)}  ${plan.title}`, paint.dim(`Nothing was started. It would run ${how}, seed ${plan.seed}, into ${directory}.`)],
    [paint.bold("what happens"), ...moments(plan).map(({ atMs, text }) => `  ${clockTime(atMs).padStart(6)}  ${text}`)],
    [paint.bold("who asks"), `  ${plan.arrivalCount} requests, open loop, drawn from the seed`, ...plan.cells.map((cell) => `  ${cellText(cell)}`)],
    [paint.bold("who answers"), ...plan.routes.map((route) => `  ${routeText(plan, route)}`), `  between them: ${partsText(plan)}`],
    [paint.bold("what must hold"), ...expectationLines(plan.expectations), ...stopLines(plan), `  ${measureText(plan)}`],
  ];
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

interface Moment {
  readonly atMs: number;
  readonly text: string;
}

function moments({ timeline, measure, faults }: Plan): readonly Moment[] {
  const { steadyFromMs, faultFromMs, faultToMs, endMs, cut } = timeline;
  const watchedToMs = cut?.fromMs ?? endMs;
  const steady = `steady state for ${duration(faultFromMs - steadyFromMs)}: the run is void when over ${percent(measure.steadyBadShareMax)} of its requests are bad`;
  const rest = faults.length === 0 ? "no fault: the exposure" : "the last fault is lifted: recovery";
  return [
    ...(steadyFromMs === 0 ? [] : [{ atMs: 0, text: "warm-up, not measured" }]),
    ...(faultFromMs === steadyFromMs ? [] : [{ atMs: steadyFromMs, text: steady }]),
    ...faults.flatMap(faultMoments).sort((a, b) => a.atMs - b.atMs),
    ...(watchedToMs === faultToMs ? [] : [{ atMs: faultToMs, text: `${rest} is watched for ${duration(watchedToMs - faultToMs)}` }]),
    ...(cut === undefined ? [] : [{ atMs: cut.fromMs, text: "the load is cut" }, { atMs: cut.toMs, text: "the same load is offered again, to see whether the system stayed down by itself" }]),
    { atMs: endMs, text: "the last request is sent; the records are closed and judged" },
  ];
}

function faultMoments(fault: Fault): readonly Moment[] {
  const { title, fromMs, toMs, lifted, always, affects, phases } = fault;
  const until = always ? ", the whole run" : fromMs === toMs ? "" : lifted ? `, until ${clockTime(toMs)}` : ", until the end";
  const reach = affects.cells.length === 0 ? "" : `; reaches ${affects.cells.join(", ")}`;
  return [{ atMs: fromMs, text: `${title}${until}${reach}` }, ...phases.map((phase) => ({ atMs: phase.fromMs, text: `  phase ${phase.index + 1} of ${phases.length}: ${phase.title}, until ${clockTime(phase.toMs)}` }))];
}

function cellText({ name, route, slo }: Cell): string {
  return `${name} asks ${route}; a request is bad when it fails, is wrong, or has no first token in ${duration(slo.firstTokenMs)} or no end in ${duration(slo.totalMs)}`;
}

function routeText({ deployments }: Plan, { name, deployments: allowed }: Plan["routes"][number]): string {
  const named = allowed.flatMap((one) => deployments.filter((deployment) => deployment.name === one));
  return `${name}: ${named.map(({ name: own, provider, model }) => `${own} (${provider} ${model})`).join(", or else ")}`;
}

const inBetween = roles.filter((role) => role !== "client" && role !== "provider");

function partsText(plan: Plan): string {
  return inBetween.flatMap((role) => componentsOf(plan, role).map(({ id }) => id)).join(", ");
}

function expectationLines(expectations: readonly Expectation[]): readonly string[] {
  if (expectations.length === 0) return ["  nothing is expected: any damage holds"];
  return expectations.map((expectation) => `  ${limitsText(expectation)}`);
}

function stopLines({ stopWhen = [] }: Plan): readonly string[] {
  return stopWhen.map(({ measure, above }) => `  all faults are lifted, and the run deviates, when ${measureTitle(measure)} is above ${measure === "badShare" ? percent(above) : above}`);
}

function measureText({ measure }: Plan): string {
  const control = measure.control === "paired" ? "the same run without faults" : "the run's own steady state";
  return `measured in windows of ${duration(measure.windowMs)}; what was bad anyway is taken from ${control}; recovered when all is well for ${duration(measure.recovery.holdMs)}`;
}
