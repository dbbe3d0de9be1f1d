import path from "node:path";
import { LabError } from "../../kernel/errors.ts";
import type { Arrival, Plan } from "../../kernel/plan.ts";
import { overriddenText, parseScenario, parseStack, refusal, scenarioFile, stackFile, type Override } from "../../scenarios/parse.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import { readFilesOf, withProfiles } from "./files.ts";
import { gatewayProblems } from "./gateway-config.ts";
import { loadIncidents } from "./incidents.ts";
import { keptInputs, type Inputs } from "./kept-inputs.ts";
import { openScenario, openStack } from "./library.ts";
import { resolvePlan } from "./resolve.ts";
import { newRunId } from "./run-id.ts";

/** The stack of a run that names none. */
export const defaultStack = "hardened";

export interface RunInputs {
  /** A name of `scenarios/library`, or a path to a YAML file. */
  readonly scenario: string;
  /** A name of `scenarios/stacks`, or a path to a YAML file. */
  readonly stack?: string;
  readonly seed?: number;
  readonly speed?: number;
  /** `key=value`, the key a dotted path into the scenario, or into the stack after `stack.`. */
  readonly sets: readonly string[];
}

/** A run before anything of it is written down, the same for both harnesses. */
export interface ResolvedRun {
  readonly plan: Plan;
  readonly arrivals: readonly Arrival[];
  readonly stack: Stack;
  /** What plan and arrivals are a function of, but for the run's name. */
  readonly inputs: Inputs;
}

const stackPrefix = "stack.";

/** Scenario, stack and seed as a plan; nothing is written. Throws LabError `refused`. */
export function resolveRun(inputs: RunInputs): ResolvedRun {
  const overrides = inputs.sets.map(parseSet);
  const ofStack = overrides.filter((override) => override.path.startsWith(stackPrefix)).map((override) => ({ ...override, path: override.path.slice(stackPrefix.length) }));
  const ofScenario = overrides.filter((override) => !override.path.startsWith(stackPrefix));
  const scenarioSource = openScenario(inputs.scenario);
  const stackSource = openStack(inputs.stack ?? defaultStack);
  const texts = {
    scenario: overriddenText(scenarioFile, scenarioSource.text, scenarioSource.shown, ofScenario),
    stack: overriddenText(stackFile, stackSource.text, stackSource.shown, ofStack),
  };
  const scenario = parseScenario(scenarioSource.text, scenarioSource.shown, ofScenario);
  const stack = parseStack(stackSource.text, stackSource.shown, ofStack);
  const files = readFilesOf(scenario, path.dirname(scenarioSource.path));
  const seed = inputs.seed ?? scenario.seed;
  const speed = inputs.speed ?? scenario.speed;
  const incidents = [...loadIncidents(), ...files.incidents];
  const { plan, arrivals } = resolvePlan({ scenario: withProfiles(scenario, files.profiles), stack, run: newRunId(scenario.name, seed), incidents, seed, speed });
  const problems = stack.external === undefined ? gatewayProblems(plan, stack.gateway) : [];
  const inScenario = problems.filter(({ file }) => file === "scenario");
  if (inScenario.length > 0) throw refusal(scenarioFile, scenarioSource.text, scenarioSource.shown, ofScenario, inScenario);
  if (problems.length > 0) throw refusal(stackFile, stackSource.text, stackSource.shown, ofStack, problems);
  const kept = keptInputs({ scenario, incidents, profiles: files.profiles, seed, speed });
  return { plan, arrivals, stack, inputs: { texts, kept } };
}

function parseSet(set: string): Override {
  const at = set.indexOf("=");
  if (at > 0) return { path: set.slice(0, at), value: set.slice(at + 1) };
  throw new LabError({
    exit: "refused",
    code: "bad_set",
    message: `Cannot read --set "${set}": there is no "="`,
    hint: "Write --set key=value, as in --set stack.gateway.policy.failover=false",
  });
}
