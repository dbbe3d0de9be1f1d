import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { messageDigest } from "../../kernel/mark.ts";
import { phaseMsMin } from "../../scenarios/faults/phases.ts";
import type { OutageSettings } from "../../scenarios/faults/provider-outage.ts";
import { parseScenario, parseStack, type Override } from "../../scenarios/parse.ts";
import { loadIncidents } from "./incidents.ts";
import { openStack } from "./library.ts";
import { resolvePlan } from "./resolve.ts";
import { defaultStack, stackToShow } from "./resolve-run.ts";

const incidents = loadIncidents();
const folder = new URL("../../scenarios/library/", import.meta.url);
const scenarioFile = (name: string, ...overrides: Override[]) => parseScenario(readFileSync(new URL(`${name}.yaml`, folder), "utf8"), `${name}.yaml`, overrides);
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => file.replace(".yaml", ""));
const stack = parseStack(readFileSync(new URL("../../scenarios/stacks/one-process.yaml", import.meta.url), "utf8"), "one-process.yaml");
/** For scenarios that break what one process has not. */
const whole = parseStack(openStack("hardened").text, "hardened.yaml");
const resolve = (name: string, options: { seed?: number; speed?: number } = {}) =>
  resolvePlan({ scenario: scenarioFile(name), stack: stackToShow(scenarioFile(name)) === defaultStack ? stack : whole, run: "test", incidents, ...options });

test.each(names)("resolvePlan: %s gives the same bytes for the same seed, and others for another", (name) => {
  expect(JSON.stringify(resolve(name))).toBe(JSON.stringify(resolve(name)));
  expect(JSON.stringify(resolve(name, { seed: 2 }).arrivals)).not.toBe(JSON.stringify(resolve(name).arrivals));
});

const liveEndMsMax = 108_000;

/**
 * Scenarios of so little load that the observer pools their windows (docs/metrics.md): a cell needs enough requests in
 * the exposure as a whole.
 */
const quiet: ReadonlySet<string> = new Set(["quiet-night"]);

test.each(names)("resolvePlan: %s has faults inside their window, arrivals inside the run, and windows that can be decided", (name) => {
  const { plan, arrivals } = resolve(name);
  const { faultFromMs, faultToMs, endMs } = plan.timeline;
  for (const span of [...plan.faults, ...plan.faults.flatMap(({ phases }) => phases)]) {
    expect(span.fromMs).toBeGreaterThanOrEqual(faultFromMs);
    expect(span.toMs).toBeLessThanOrEqual(faultToMs);
    // A restart and a flush are momentary.
    expect(span.toMs).toBeGreaterThanOrEqual(span.fromMs);
  }
  for (const { fromMs, toMs } of plan.faults.flatMap(({ phases }) => phases)) expect(toMs).toBeGreaterThan(fromMs);
  // So that it is over within two minutes live, with the start and the end of its processes. Others are too long to be
  // played live.
  if (!scenarioFile(name).tags.includes("virtual")) expect(endMs).toBeLessThanOrEqual(liveEndMsMax);
  expect(arrivals.at(-1)!.atMs).toBeLessThan(endMs);
  expect(plan.arrivalCount).toBe(arrivals.length);
  const measuredToMs = plan.timeline.cut?.fromMs ?? endMs;
  const windows = Math.floor((measuredToMs - plan.timeline.steadyFromMs) / plan.measure.windowMs);
  const { requestsMin, windowMs } = plan.measure;
  for (const cell of plan.cells) {
    const own = arrivals.filter((arrival) => `${arrival.team}/${arrival.feature}/${arrival.region}` === cell.name);
    const counts = Array.from({ length: windows }, () => 0);
    for (const { atMs } of own) {
      const window = Math.floor((atMs - plan.timeline.steadyFromMs) / windowMs);
      if (window >= 0 && window < windows) counts[window]!++;
    }
    if (quiet.has(name)) {
      expect(Math.max(...counts), cell.name).toBeLessThan(requestsMin);
      expect(own.filter(({ atMs }) => atMs >= faultFromMs && atMs < measuredToMs).length, cell.name).toBeGreaterThanOrEqual(requestsMin);
    } else expect(Math.min(...counts), cell.name).toBeGreaterThanOrEqual(requestsMin);
  }
});

test("resolvePlan: every prompt that is sent is in the plan, under its digest and for its team alone", () => {
  const { plan, arrivals } = resolve("flagship");
  const planned = new Map(plan.prompts.map((prompt) => [prompt.digest, prompt]));
  expect(planned.size).toBe(plan.prompts.length);
  for (const arrival of arrivals) {
    expect(planned.get(messageDigest(plan.markKey, arrival.prompt))).toMatchObject({ teams: [arrival.team], words: arrival.maxTokens });
  }
});

test("resolvePlan: the flagship plays five phases in about a minute, none under 10 s, and the brownout lies inside the second", () => {
  const { plan } = resolve("flagship");
  const { phases } = plan.faults[0]!.settings as OutageSettings;
  expect(phases.map((phase) => phase.errorRate)).toEqual([0.05, 0.25, 0.1, 0.04, 0.01]);
  expect(phases.every((phase) => phase.toMs - phase.fromMs >= phaseMsMin)).toBe(true);
  expect(phases.slice(1).every((phase, index) => phase.fromMs === phases[index]!.toMs)).toBe(true);
  const lengthMs = plan.timeline.faultToMs - plan.timeline.faultFromMs;
  expect(lengthMs).toBeGreaterThan(60_000);
  expect(lengthMs).toBeLessThan(65_000);
  expect(plan.faults.map(({ id }) => id)).toEqual(["openai-2025-06-10-gpu-network", "latency-primary", "bandwidth-primary"]);
  for (const fault of plan.faults.slice(1)) {
    expect(fault.fromMs).toBeGreaterThan(phases[1]!.fromMs);
    expect(fault.toMs).toBeLessThan(phases[1]!.toMs);
  }
});

test("resolvePlan: another speed scales the file's offsets alike; short phases are stretched and later ones moved", () => {
  const slow = resolve("flagship", { speed: 350 }).plan;
  expect(slow.faults[1]!.fromMs - slow.timeline.faultFromMs).toBe(40_000);
  expect(slow.faults[0]!.phases[1]!.toMs - slow.faults[0]!.phases[1]!.fromMs).toBe(Math.round((360 * 60_000) / 350));
  const fast = resolve("flagship", { speed: 1_120 }).plan.faults[0]!.phases;
  expect(fast.map((phase) => phase.toMs - phase.fromMs)).toEqual([10_000, 19_286, 10_000, 10_000, 10_000]);
  expect(fast.slice(1).every((phase, index) => phase.fromMs === fast[index]!.toMs)).toBe(true);
});

test("resolvePlan: a scenario without faults exposes its whole recovery window", () => {
  const { timeline } = resolve("healthy").plan;
  expect(timeline).toEqual({ steadyFromMs: 3_000, faultFromMs: 23_000, faultToMs: 23_000, endMs: 45_000 });
});

test("resolvePlan: a warm-up at a rate of its own comes before capacity and limits are in force", () => {
  const resolveFast = (rate: number) => resolvePlan({ scenario: scenarioFile("region-return", { path: "workload.warmupRequestsPerSecond", value: String(rate) }), stack, run: "test", incidents, requestsMax: 20_000 });
  const { plan, arrivals } = resolveFast(120);
  const { steadyFromMs, endMs } = plan.timeline;
  const ratePerSecond = (fromMs: number, toMs: number) => (arrivals.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length * 1_000) / (toMs - fromMs);
  expect(ratePerSecond(0, steadyFromMs) / 120).toBeCloseTo(1, 0.5);
  expect(ratePerSecond(steadyFromMs, endMs) / 30).toBeCloseTo(1, 0.5);
  expect(plan.deployments[0]).toMatchObject({ limitedFromMs: steadyFromMs });
  expect(resolve("cold-cache-recovery").plan.deployments[0]).not.toHaveProperty("limitedFrom");
  expect(resolve("saturation").plan.deployments[0]).not.toHaveProperty("limitedFromMs");
  expect(() => resolveFast(2_000)).toThrow(expect.objectContaining({ code: "run_too_large" }) as Error);
});

test("resolvePlan: an unknown incident is refused with the closest name", () => {
  const scenario = scenarioFile("flagship", { path: "faults.0.incident", value: "openai-2025-06-10-gpu-networks" });
  expect(() => resolvePlan({ scenario, stack, run: "test", incidents })).toThrow(
    expect.objectContaining({ exit: "refused", code: "unknown_incident", hint: expect.stringContaining('Did you mean "openai-2025-06-10-gpu-network"') as string }) as Error,
  );
});

test.each([{ seed: -1 }, { seed: 1.5 }, { seed: Number.NaN }, { speed: 0 }, { speed: Number.NaN }, { speed: Infinity }])("resolvePlan: %o is refused", (options) => {
  expect(() => resolve("smoke", options)).toThrow(expect.objectContaining({ exit: "refused", code: "bad_option" }) as Error);
});

test("resolvePlan: a latency profile by name becomes its figures, with their source", () => {
  expect(resolve("flagship").plan.deployments[0]!.latency).toMatchObject({
    firstTokenMsP50: 645,
    firstTokenSigma: 0.321,
    tokensPerSecond: 105,
    source: expect.stringContaining("jonathanwrede.de") as string,
  });
});

const own = (text: string) => parseStack(`name: own\ntitle: Own\nexternal: { url: "http://127.0.0.1:4000", linkPorts: { primary: 9101, fallback: 9102 }, ${text} }`, "own.yaml");
const planOn = (onStack: typeof stack, ...overrides: Override[]) => resolvePlan({ scenario: scenarioFile("flagship", ...overrides), stack: onStack, run: "test", incidents }).plan;

test("resolvePlan: a deployment has the list price of its model, or what the scenario says, and none where neither is known", () => {
  const priced = { path: "deployments.1.price", value: "{ input: 1, cachedInput: 0.5, output: 2 }" };
  expect(planOn(stack, priced).deployments.map(({ price }) => price)).toEqual([
    { input: 0.15, cachedInput: 0.075, output: 0.6 },
    { input: 1, cachedInput: 0.5, output: 2 },
  ]);
  expect(planOn(stack, { path: "deployments.0.model", value: "a-model-of-nobody" }).deployments[0]!.price).toBeNull();
});

test("resolvePlan: what starts a process again may take as long as the stack states, and no longer than any change where it states little", () => {
  const startsWithin = (onStack: typeof stack, action: string) => {
    const faults = { path: "faults", value: `[{ kind: process, action: ${action}, target: { role: gateway }, lengthMs: 5000 }]` };
    return planOn(onStack, faults).faults[0]!.startsWithinMs;
  };
  const external = own("command: { program: gateway, readyWithinMs: 90000 }");
  expect([startsWithin(stack, "kill"), startsWithin({ ...stack, bootMs: 4_000 }, "kill"), startsWithin({ ...stack, bootMs: 4_000 }, "pause"), startsWithin(external, "kill")]).toEqual([undefined, 12_000, undefined, 90_000]);
});

test("resolvePlan: a gateway that serves some routes alone does not fit a scenario with others", () => {
  const routes = scenarioFile("flagship").routes.map(({ name }) => name);
  expect(planOn(own(`routes: [${routes.join(", ")}]`)).routes).toHaveLength(routes.length);
  expect(() => planOn(own("routes: [elsewhere]"))).toThrow(expect.objectContaining({ code: "stack_unfit", message: expect.stringContaining(`external.routes does not name "${routes[0]}"`) as string }) as Error);
});

test("resolvePlan: the stack declares whether its metrics are read, and by which other names it calls models", () => {
  expect(planOn(stack)).toMatchObject({ metricsDeclared: true });
  const silent = planOn(own("modelAliases: { primary: [fast] }"));
  expect(silent.metricsDeclared).toBe(false);
  expect(silent.deployments.map(({ modelAliases }) => modelAliases)).toEqual([["fast"], undefined]);
  expect(planOn(own('metricsUrl: "http://127.0.0.1:4000/metrics"')).metricsDeclared).toBe(true);
  expect(() => planOn(own("modelAliases: { secondary: [fast] }"))).toThrow('external.modelAliases names "secondary"; the scenario has primary, fallback');
});
