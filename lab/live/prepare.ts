import { statSync } from "node:fs";
import path from "node:path";
import { LabError } from "../../kernel/errors.ts";
import type { Pins } from "../../kernel/pinned-lookup.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { Arrival, Plan } from "../../kernel/plan.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import { checkLiveFaults, type GatewayOwner } from "../conductor/live/check-faults.ts";
import type { OfferedBypass } from "../conductor/core/hand-bypass.ts";
import { controlOf, resolveRun, type ResolvedRun, type RunInputs } from "../plan/resolve-run.ts";
import { handFaultsOf } from "../plan/hand-faults.ts";
import { handStepsOf } from "../plan/hand-steps.ts";
import { checkControl, copyControl } from "../plan/earlier-control.ts";
import { externalSystem } from "../systems/external.ts";
import { checkRoles } from "../systems/live-roles.ts";
import { referenceSystem } from "../systems/reference.ts";
import type { SystemUnderTest } from "../systems/system.ts";
import { executableAt } from "../tools/executable.ts";
import { allowedTarget, atAddress, pinsOf, readAllowList } from "../targets/loopback.ts";
import { buildImage, checkEngine, openToContainers } from "../containers/engine.ts";
import { controlDirectory, createRunDirectory, type RunDirectory } from "./directory.ts";
import { writeMade } from "./made.ts";
import { checkPorts, fixedPorts, type RunPorts } from "./run-ports.ts";
import { scrapeTargetsFile } from "./scrape-targets.ts";
import type { LoadKind, NetworkKind } from "../board/progress.ts";
import { replayCommand, type RunOptions } from "./options.ts";

export interface PreparedRun {
  readonly plan: Plan;
  readonly arrivals: readonly Arrival[];
  readonly stack: Stack;
  readonly system: SystemUnderTest;
  readonly directory: RunDirectory;
  /** Where the names among the targets lead: no other address is dialled. */
  readonly pins: Pins;
  /** Where its parts listen. */
  readonly ports: RunPorts;
  /** Beside the run directory, while it runs: where a Prometheus finds its parts. */
  readonly scrapeFile: string;
  /** Where the observer sends its own metrics besides, as an address that was judged; null: nowhere. */
  readonly observerOtlp: string | null;
  /**
   * What a person may inject by hand, in times that count from the injection. Empty where nobody can, and in a control.
   */
  readonly offered: readonly Fault[];
  /** Whom a person may lead past the gateways. */
  readonly bypasses: readonly OfferedBypass[];
}

/** What decides whether a run may start. */
type CheckedOptions = RunInputs & Pick<RunOptions, "allowTargets" | "allowCommands" | "control" | "ports"> & Partial<Pick<RunOptions, "load">>;

/** Everything that can be wrong before anything starts. Throws LabError `refused`. */
export async function checkRun(options: CheckedOptions): Promise<ResolvedRun & Pick<PreparedRun, "pins" | "ports">> {
  const run = resolveRun(options);
  if (options.control !== undefined) checkControl(options.control, run);
  const pins = await checkTargets(run.targets, options.allowTargets);
  checkClients(run.arrivals, options.load);
  checkRoles(run.plan, run.stack);
  checkCommands(run.stack, options);
  checkLiveFaults(run.plan, ownerOf(run.stack));
  if (run.stack.containers) await checkEngine();
  const ports = options.ports === undefined ? new Map<string, number>() : fixedPorts(options.ports, run.plan, run.stack);
  await checkPorts(ports);
  return { ...run, pins, ports };
}

/** The script that k6 runs sends each request once. */
function checkClients(arrivals: readonly Arrival[], load: RunOptions["load"] | undefined): void {
  if (load !== "k6" || arrivals.every(({ behaviour }) => behaviour === undefined)) return;
  const message = "k6 cannot play clients that retry or lose patience, which the scenario has (workload.clients)";
  throw new LabError({ exit: "refused", code: "load_unfit", message, hint: "Use --load embedded, or --set workload.clients=[]" });
}

/** A run with its paired control, which is played before it. */
export interface PreparedPair extends PreparedRun {
  /** Null: the plan's control is the run's own steady state, or an earlier run. */
  readonly control: PreparedRun | null;
}

/** A checked run, and its directory, in it the control that was given. Throws LabError `refused`. */
export async function prepareRun(options: RunOptions, parts: { readonly load: LoadKind; readonly network: NetworkKind }): Promise<PreparedPair> {
  const { pins, ports, ...run } = await checkRun(options);
  const { external } = run.stack;
  const system = external === undefined ? referenceSystem : externalSystem(external);
  const observerOtlp = await otlpTarget(options);
  if (run.stack.containers) await buildImage();
  const root = options.out ?? path.join("runs", run.plan.run);
  const prepared = async ({ inputs, ...resolved }: ResolvedRun, at: string, replay?: string): Promise<PreparedRun> => {
    const directory = await createRunDirectory(at, { ...resolved, inputs }, options.force);
    if (resolved.stack.containers) await openToContainers(directory);
    await writeMade(directory.path, { harness: "live", plan: resolved.plan, stack: resolved.stack, parts, ...(replay !== undefined && { replay }) });
    return { ...resolved, system, pins, ports, directory, scrapeFile: scrapeTargetsFile(root), observerOtlp, offered: [], bypasses: [] };
  };
  const own = await prepared(run, root, replayCommand(options, { seed: run.plan.seed, speed: run.plan.speed, ...parts }));
  if (options.control !== undefined) await copyControl(options.control, root);
  const isPlayed = run.plan.measure.control === "paired" && options.control === undefined;
  const offered = options.hand === undefined ? [] : handFaultsOf(run.inputs, run.plan, (plan) => checkLiveFaults(plan, ownerOf(run.stack)));
  const bypasses = options.hand === undefined || external !== undefined ? [] : handStepsOf(run.inputs, run.plan);
  return { ...own, offered, bypasses, control: isPlayed ? await prepared(controlOf(run), controlDirectory(root)) : null };
}

/**
 * A collector gets figures and no load; it is a target like any other all the same. Without a path it is the one of
 * OpenTelemetry's conventions.
 */
async function otlpTarget({ observerOtlp, allowTargets }: RunOptions): Promise<string | null> {
  if (observerOtlp === undefined) return null;
  const url = new URL(await atAddress(await allowedTarget(observerOtlp, allowTargets === undefined ? [] : readAllowList(allowTargets))));
  if (url.pathname === "/") url.pathname = "/v1/metrics";
  return url.href;
}

/**
 * A stack file can come from anywhere: its commands are run only when a person says so. Throws LabError `refused`
 * `commands_not_allowed`.
 */
function checkCommands({ name, external }: Stack, { allowCommands = false }: CheckedOptions): void {
  const { command } = external ?? {};
  if (command === undefined) return;
  const { program, args, passEnv } = command;
  if (!allowCommands) {
    const given = passEnv.length === 0 ? "" : `, and passes it ${passEnv.join(", ")} of your environment`;
    const message = `Stack "${name}" starts a program of yours: ${[program, ...args].join(" ")}${given}`;
    throw new LabError({ exit: "refused", code: "commands_not_allowed", message, hint: "Read the stack file, then add --allow-commands" });
  }
  checkProgram(name, command);
  const missing = passEnv.filter((variable) => process.env[variable] === undefined);
  if (missing.length === 0) return;
  const message = `Stack "${name}" passes ${missing.join(", ")} of your environment to its program, which is not set`;
  throw new LabError({ exit: "refused", code: "variable_missing", message, hint: "Set it, or take it out of external.command.passEnv" });
}

/** Else it fails in a child, when everything else is up. */
function checkProgram(stack: string, { program, cwd = "." }: NonNullable<NonNullable<Stack["external"]>["command"]>): void {
  const isFolder = statSync(cwd, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isFolder && executableAt(program, { cwd, searchPath: process.env["PATH"] ?? "" }) !== null) return;
  const message = isFolder ? `there is no program "${program}"${program.includes(path.sep) ? "" : " on the PATH"}` : `there is no folder "${cwd}"`;
  throw new LabError({ exit: "refused", code: "program_missing", message: `Cannot start the gateway of stack "${stack}": ${message}`, hint: "Install it, put it on the PATH, or correct external.command.program or external.command.cwd in the stack file" });
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
