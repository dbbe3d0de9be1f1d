import path from "node:path";
import { controlPlanOf } from "../../kernel/control-plan.ts";
import { LabError } from "../../kernel/errors.ts";
import type { Arrival, Plan } from "../../kernel/plan.ts";
import { overriddenText, parseScenario, parseStack, placeOf, refusal, scenarioFile, stackFile, type Override, type Problem } from "../../scenarios/parse.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import { externalProblems } from "./external-problems.ts";
import { readFilesOf, withProfiles } from "./files.ts";
import { scenarioGate, stackGate, targetsIn } from "./gate.ts";
import { controlProblems } from "./control-config.ts";
import { edgeProblems } from "./edge-config.ts";
import { evalProblems } from "./eval-gates.ts";
import { gatewayProblems } from "./gateway-config.ts";
import { loadIncidents } from "./incidents.ts";
import { keptInputs, type Inputs } from "./kept-inputs.ts";
import { openScenario, openStack, stackNames, type SourceFile } from "./library.ts";
import { referenceProblems } from "./reference-problems.ts";
import { resolvePlan } from "./resolve.ts";
import { newRunId } from "./run-id.ts";
import { vaultProblems } from "./vault-config.ts";

/** The stack of a run that names none. */
export const defaultStack = "one-process";

/**
 * A stack to look at a scenario with: the default, or another where the scenario names only stacks that have the parts
 * that it breaks.
 */
export function stackToShow({ endsAs }: Pick<Scenario, "endsAs">): string {
  const named = stackNames().filter((stack) => Object.hasOwn(endsAs, stack) && endsAs[stack] !== "not_applicable");
  return named.length === 0 || named.includes(defaultStack) ? defaultStack : named[0]!;
}

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
  /**
   * URLs that the files name and the run would dial, each with its place for messages: nothing is sent to one before it
   * was judged.
   */
  readonly targets: readonly { readonly url: string; readonly place: string }[];
  /** What plan and arrivals are a function of, but for the run's name. */
  readonly inputs: Inputs;
}

const stackPrefix = "stack.";

/** A scenario and a stack with what `--set` changes in them, each checked by itself. */
interface RunFiles {
  readonly sources: { readonly scenario: Source; readonly stack: Source };
  readonly scenario: Scenario;
  readonly stack: Stack;
}

/**
 * Reads the files of a run, and sets in them what is to be set. Whether the two fit each other is for `resolveRun`.
 * Throws LabError `refused`.
 */
export function readRunFiles(inputs: Pick<RunInputs, "scenario" | "stack" | "sets">): RunFiles {
  const overrides = inputs.sets.map(parseSet);
  const ofStack = overrides.filter((override) => override.path.startsWith(stackPrefix)).map((override) => ({ ...override, path: override.path.slice(stackPrefix.length) }));
  const ofScenario = overrides.filter((override) => !override.path.startsWith(stackPrefix));
  const sources = {
    scenario: { kind: scenarioFile, ...openScenario(inputs.scenario), sets: ofScenario },
    stack: { kind: stackFile, ...openStack(inputs.stack ?? defaultStack), sets: ofStack },
  };
  const scenario = parseScenario(sources.scenario.text, sources.scenario.shown, ofScenario);
  const stack = parseStack(sources.stack.text, sources.stack.shown, ofStack, sources.stack.parts);
  refuse(sources.scenario, scenarioGate(scenario));
  refuse(sources.stack, stackGate(stack));
  return { sources, scenario, stack };
}

/** Scenario, stack and seed as a plan; nothing is written. Throws LabError `refused`. */
export function resolveRun(inputs: RunInputs): ResolvedRun {
  const { sources, scenario, stack } = readRunFiles(inputs);
  const textOf = ({ kind, text, shown, sets }: Source) => overriddenText(kind, text, shown, sets);
  const texts = { scenario: textOf(sources.scenario), stack: textOf(sources.stack) };
  const folder = path.dirname(sources.scenario.path);
  /**
   * Its error, or where in the scenario the names stand that caused it: looked for only then, because files of
   * incidents may be long.
   */
  const withPlaces = <T>(resolve: () => T): T => {
    try {
      return resolve();
    } catch (error) {
      refuse(sources.scenario, referenceProblems(scenario, folder));
      throw error;
    }
  };
  const files = withPlaces(() => readFilesOf(scenario, folder));
  const seed = inputs.seed ?? scenario.seed;
  const speed = inputs.speed ?? scenario.speed;
  const incidents = [...loadIncidents(), ...files.incidents];
  if (stack.external !== undefined) refuse(sources.stack, externalProblems(scenario, stack.external));
  const { plan, arrivals } = withPlaces(() => resolvePlan({ scenario: withProfiles(scenario, files.profiles), stack, run: newRunId(scenario.name, seed), incidents, seed, speed }));
  const problems = stack.external === undefined ? gatewayProblems(plan, stack.gateway) : [];
  refuse(sources.scenario, evalProblems(plan));
  if (stack.edge !== null) refuse(sources.stack, edgeProblems(plan, stack.edge));
  if (stack.control !== null) refuse(sources.stack, controlProblems(plan, stack.control));
  if (stack.vault !== null) refuse(sources.stack, vaultProblems(plan, stack.vault));
  for (const file of ["scenario", "stack"] as const) refuse(sources[file], problems.filter((problem) => problem.file === file));
  const kept = keptInputs({ scenario, incidents, profiles: files.profiles, seed, speed });
  const targets = targetsIn(scenario, stack).map(({ file, path: at, url }) => {
    const { kind, text, shown, sets, parts } = sources[file] as Source;
    return { url, place: placeOf(kind, text, shown, sets, at, parts) };
  });
  return { plan, arrivals, stack, targets, inputs: { texts, kept } };
}

/** A file of the run, and what `--set` changes in it. */
interface Source extends SourceFile {
  readonly kind: typeof scenarioFile | typeof stackFile;
  readonly sets: readonly Override[];
}

function refuse({ kind, text, shown, sets, parts }: Source, problems: readonly Problem[]): void {
  if (problems.length > 0) throw refusal(kind, text, shown, sets, problems, parts);
}

/** The paired control of a run: the same world and load, and nothing wrong with it. */
export function controlOf(run: ResolvedRun): ResolvedRun {
  return { ...run, plan: controlPlanOf(run.plan), inputs: { ...run.inputs, kept: { ...run.inputs.kept, part: "control" } } };
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
