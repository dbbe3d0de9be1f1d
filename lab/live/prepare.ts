import path from "node:path";
import { LabError } from "../../kernel/errors.ts";
import type { Pins } from "../../kernel/pinned-lookup.ts";
import type { Arrival, Plan } from "../../kernel/plan.ts";
import type { RunMade } from "../../kernel/run-made.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import { checkLiveFaults, type GatewayOwner } from "../conductor/live/check-faults.ts";
import { resolveRun, type ResolvedRun, type RunInputs } from "../plan/resolve-run.ts";
import { checkDependencies } from "../systems/dependencies.ts";
import { externalSystem } from "../systems/external.ts";
import { referenceSystem } from "../systems/reference.ts";
import type { SystemUnderTest } from "../systems/system.ts";
import { allowedTarget, pinsOf, readAllowList } from "../targets/loopback.ts";
import { createRunDirectory, type RunDirectory } from "./directory.ts";
import { writeMade } from "./made.ts";
import type { RunOptions } from "./options.ts";

export interface PreparedRun {
  readonly plan: Plan;
  readonly arrivals: readonly Arrival[];
  readonly stack: Stack;
  readonly system: SystemUnderTest;
  readonly directory: RunDirectory;
  /** Where the names among the targets lead: no other address is dialled. */
  readonly pins: Pins;
}

/** What decides whether a run may start. */
type CheckedOptions = RunInputs & Pick<RunOptions, "allowTargets" | "allowCommands">;

/** Everything that can be wrong before anything starts. Throws LabError `refused`. */
export async function checkRun(options: CheckedOptions): Promise<ResolvedRun & Pick<PreparedRun, "pins">> {
  const run = resolveRun(options);
  const pins = await checkTargets(run.targets, options.allowTargets);
  checkDependencies(run.plan);
  checkCommands(run.stack, options);
  checkLiveFaults(run.plan, ownerOf(run.stack));
  return { ...run, pins };
}

/** A checked run, and its directory. Throws LabError `refused`. */
export async function prepareRun(options: RunOptions, parts: RunMade["parts"]): Promise<PreparedRun> {
  const { inputs, pins, ...run } = await checkRun(options);
  const directory = await createRunDirectory(options.out ?? path.join("runs", run.plan.run), { plan: run.plan, arrivals: run.arrivals, inputs });
  await writeMade(directory.path, { harness: "live", plan: run.plan, stack: run.stack, parts });
  const { external } = run.stack;
  return { ...run, directory, pins, system: external === undefined ? referenceSystem : externalSystem(external) };
}

/** A stack file can come from anywhere: its commands are run only when a person says so. Throws LabError `refused` `commands_not_allowed`. */
function checkCommands({ name, external }: Stack, { allowCommands = false }: CheckedOptions): void {
  const { command } = external ?? {};
  if (command === undefined) return;
  const { program, args, passEnv } = command;
  if (!allowCommands) {
    const given = passEnv.length === 0 ? "" : `, and passes it ${passEnv.join(", ")} of your environment`;
    const message = `Stack "${name}" starts a program of yours: ${[program, ...args].join(" ")}${given}`;
    throw new LabError({ exit: "refused", code: "commands_not_allowed", message, hint: "Read the stack file, then add --allow-commands" });
  }
  const missing = passEnv.filter((variable) => process.env[variable] === undefined);
  if (missing.length === 0) return;
  const message = `Stack "${name}" passes ${missing.join(", ")} of your environment to its program, which is not set`;
  throw new LabError({ exit: "refused", code: "variable_missing", message, hint: "Set it, or take it out of external.command.passEnv" });
}

function ownerOf({ external }: Stack): GatewayOwner {
  if (external === undefined) return "reference";
  return external.command === undefined ? "own_running" : "own_command";
}

/** The lab's first safety rule, before anything is sent anywhere. */
async function checkTargets(targets: ResolvedRun["targets"], allowFile: string | undefined): Promise<Pins> {
  const allowed = allowFile === undefined ? [] : readAllowList(allowFile);
  return pinsOf(await Promise.all(targets.map(({ url, place }) => allowedTarget(url, allowed).catch((error: unknown) => Promise.reject(placed(error, place))))));
}

function placed(error: unknown, place: string): unknown {
  if (!(error instanceof LabError)) return error;
  const { exit, code, message, hint } = error;
  return new LabError({ exit, code, message: `${place}: ${message}`, hint, cause: error });
}
