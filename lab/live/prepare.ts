import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { Json } from "../../kernel/chat.ts";
import type { Arrival, Plan } from "../../kernel/plan.ts";
import { closest } from "../../scenarios/closest.ts";
import { parseScenario, scenarioText, type Override } from "../../scenarios/parse.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { fileLimits, readText } from "../files.ts";
import { readFilesOf } from "../plan/files.ts";
import { gatewayInput, resolvedGateway } from "../plan/gateway-config.ts";
import { loadIncidents } from "../plan/incidents.ts";
import { resolvePlan } from "../plan/resolve.ts";
import { externalSystem } from "../systems/external.ts";
import { referenceSystem } from "../systems/reference.ts";
import type { SystemUnderTest } from "../systems/system.ts";
import { assertAllowedTarget, readAllowList } from "../targets/loopback.ts";
import { createRunDirectory, newRunId, type RunDirectory } from "./directory.ts";
import type { RunOptions } from "./options.ts";

const scenariosFolder = fileURLToPath(new URL("../../scenarios/", import.meta.url));

/** A run before anything of it is written down. */
export interface ResolvedRun {
  readonly plan: Plan;
  readonly arrivals: readonly Arrival[];
  /** The scenario's `gateway` section. */
  readonly gateway: Readonly<Record<string, Json>>;
  readonly system: SystemUnderTest;
  /** The scenario's file, overrides applied. */
  readonly text: string;
}

export interface PreparedRun extends Omit<ResolvedRun, "text"> {
  readonly directory: RunDirectory;
}

/** Everything that can be wrong before anything starts, and the run's directory. Throws LabError `refused`. */
export async function prepareRun(options: RunOptions): Promise<PreparedRun> {
  const { text, ...run } = await resolveRun(options);
  const directory = await createRunDirectory(options.out ?? path.join("runs", run.plan.run), { plan: run.plan, arrivals: run.arrivals, scenarioText: text });
  return { ...run, directory };
}

/** The scenario of that name, resolved; nothing is written. Throws LabError `refused`. */
export async function resolveRun(options: Pick<RunOptions, "scenario" | "sets" | "seed" | "speed" | "allowTargets">): Promise<ResolvedRun> {
  const file = findScenario(options.scenario);
  const text = scenarioSource(file);
  const shown = path.relative(process.cwd(), file);
  const overrides = options.sets.map(parseSet);
  const { scenario, incidents } = readFilesOf(parseScenario(text, shown, overrides), path.dirname(file));
  await checkTargets(scenario, options.allowTargets);
  const seed = options.seed ?? scenario.seed;
  const run = newRunId(scenario.name, seed);
  const { plan, arrivals, gateway } = resolvePlan({
    scenario,
    run,
    incidents: [...loadIncidents(), ...incidents],
    seed,
    ...(options.speed === undefined ? {} : { speed: options.speed }),
  });
  const system = scenario.system === "reference" ? referenceSystem : externalSystem(scenario.system);
  if (system === referenceSystem) checkGatewaySettings(plan, gateway);
  return { plan, arrivals, gateway, system, text: scenarioText(text, shown, overrides) };
}

/** Settings that the gateway's process would refuse are refused before it starts: only its origins are not known yet. */
function checkGatewaySettings(plan: Plan, settings: ResolvedRun["gateway"]): void {
  resolvedGateway(gatewayInput({ plan, settings, linkOrigin: () => "http://127.0.0.1", epochMs: 0 }));
}

/** The lab's first safety rule, before anything is sent anywhere. */
async function checkTargets(scenario: Scenario, allowFile: string | undefined): Promise<void> {
  const allowed = allowFile === undefined ? [] : readAllowList(allowFile);
  const { system } = scenario;
  const targets = [...(system === "reference" ? [] : [system.url, system.metricsUrl]), ...scenario.deployments.map(({ url }) => url)];
  for (const target of targets) if (typeof target === "string") await assertAllowedTarget(target, allowed);
}

/** Names of the scenarios that come with the lab. */
export function scenarioNames(): readonly string[] {
  return readdirSync(scenariosFolder)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => name.slice(0, -".yaml".length))
    .sort();
}

/** The file of a scenario by name or path. Throws LabError `unknown_scenario`. */
export function findScenario(nameOrPath: string): string {
  const named = path.join(scenariosFolder, `${nameOrPath}.yaml`);
  if (/^[\w.-]+$/.test(nameOrPath) && existsSync(named)) return named;
  if (/[\\/]|\.ya?ml$/.test(nameOrPath) && existsSync(nameOrPath)) return path.resolve(nameOrPath);
  const near = closest(nameOrPath, scenarioNames());
  throw new LabError({
    exit: "refused",
    code: "unknown_scenario",
    message: `There is no scenario "${nameOrPath}"`,
    hint: `${near.length > 0 ? `Did you mean ${near.join(" or ")}? ` : ""}\`blastlab scenarios\` lists them; a path to a .yaml file works too`,
  });
}

/** The text of a scenario's file. Throws LabError `scenario_unreadable`. */
export function scenarioSource(file: string): string {
  try {
    return readText(file, fileLimits.scenarioBytesMax);
  } catch (error) {
    throw new LabError({
      exit: "refused",
      code: "scenario_unreadable",
      message: `Cannot read the scenario "${file}": ${messageOf(error)}`,
      hint: "Give a name of `blastlab scenarios`, or a YAML file",
      cause: error,
    });
  }
}

function parseSet(set: string): Override {
  const at = set.indexOf("=");
  if (at > 0) return { path: set.slice(0, at), value: set.slice(at + 1) };
  throw new LabError({
    exit: "refused",
    code: "bad_set",
    message: `Cannot read --set "${set}": there is no "="`,
    hint: "Write --set key=value, as in --set gateway.policy.failover=false",
  });
}
