import { exitCodes, LabError, messageOf } from "../../kernel/errors.ts";
import type { Verdict, VerdictKind } from "../../kernel/verdict.ts";
import { readVerdict } from "../files.ts";
import { restrictOutgoing } from "../outgoing.ts";
import { judgeDirectory } from "../report/judge-directory.ts";
import { controlDirectory } from "./directory.ts";
import { writeEndFile } from "./end-file.ts";
import { Interrupted, listenForInterrupt, type Interrupt } from "./interrupt.ts";
import { replayCommand, type RunOptions, type RunResult } from "./options.ts";
import { chooseParts } from "./parts.ts";
import { prepareRun, type PreparedRun } from "./prepare.ts";
import { playRun, type RunContext } from "./run.ts";

/**
 * One scenario, live, with its paired control before it where the plan wants one. Rejects with LabError: `refused`
 * before anything started, `failed` when the run or its control is void. After Ctrl-C it resolves, with what was
 * measured by then.
 */
export async function runLive(options: RunOptions): Promise<RunResult> {
  using interrupt = listenForInterrupt(options.hand?.stopAsked);
  options.onProgress({ type: "stage", name: "validate", detail: options.scenario });
  const parts = await chooseParts(options);
  const { control, ...prepared } = await prepareRun(options, { load: parts.load.kind, network: parts.network.kind });
  restrictOutgoing(prepared.pins);
  const context: RunContext = { parts, interrupt, onProgress: options.onProgress, ...(options.hand === undefined ? {} : { hand: options.hand }) };
  if (options.control !== undefined) await checkEarlier(prepared);
  const isStopped = control !== null && (await playControl(control, prepared, context)) === "interrupted";
  const verdict = isStopped ? await closeUnplayed(prepared, interrupt) : await playRun(prepared, control === null ? context : { ...context, part: "run" });
  const { plan, directory } = prepared;
  const replay = replayCommand(options, { seed: plan.seed, speed: plan.speed, load: parts.load.kind, network: parts.network.kind });
  return { plan, verdict, directory: directory.path, replay, exitCode: exitCodeOf(verdict.verdict) };
}

/** A control that ends so shows that machine or system were unwell without any fault. */
const voidEnds: ReadonlySet<VerdictKind> = new Set<VerdictKind>(["failed", "deviated", "not_recovered"]);

/**
 * Resolves to how the control ended. Rejects with LabError `failed` when it is void, and closes the run that was to
 * follow as failed.
 */
async function playControl(control: PreparedRun, run: PreparedRun, context: RunContext): Promise<VerdictKind> {
  return orVoid(run, async () => {
    const verdict = await playRun(control, { ...context, part: "control" });
    checkSound(verdict, control.directory.path);
    return verdict.verdict;
  });
}

/** The same of an earlier run that was given as the control. */
async function checkEarlier(run: PreparedRun): Promise<void> {
  const control = controlDirectory(run.directory.path);
  await orVoid(run, async () => {
    await judgeDirectory(control);
    checkSound(readVerdict(control), control);
  });
}

function checkSound({ verdict, reasons }: Verdict, directory: string): void {
  if (!voidEnds.has(verdict)) return;
  throw new LabError({ exit: "failed", code: "control_void", message: reasons[0] ?? verdict, hint: `Read ${directory}/report.md, and run again when the machine is less busy or the system is well` });
}

/** Whatever ends the control ends the run. */
async function orVoid<T>(run: PreparedRun, control: () => Promise<T>): Promise<T> {
  try {
    return await control();
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    const message = `The control run is void, so the run with the faults was not started. ${messageOf(error)}`;
    await close(run, "failed", message);
    throw error instanceof LabError ? new LabError({ exit: error.exit, code: error.code, message, hint: error.hint, cause: error }) : error;
  }
}

/** Ctrl-C in the control: the run has a verdict all the same. */
async function closeUnplayed(run: PreparedRun, { how }: Interrupt): Promise<Verdict> {
  await close(run, "interrupted", `${how} in the control run, before the run with the faults was started`);
  await judgeDirectory(run.directory.path);
  return readVerdict(run.directory.path);
}

async function close({ directory }: PreparedRun, reason: "failed" | "interrupted", message: string): Promise<void> {
  await writeEndFile(directory, { reason, message, atMs: 0, troubles: [], stillInForce: [], componentExits: [] });
}

/** The exit code of each end of a run (README, "Read the verdict"). */
export function exitCodeOf(verdict: VerdictKind): number {
  return verdict === "not_recovered" ? exitCodes.deviated : exitCodes[verdict];
}
