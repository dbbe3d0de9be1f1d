import { writeFile } from "node:fs/promises";
import { liveClock } from "../../kernel/clock-live.ts";
import { exitCodes, LabError, messageOf } from "../../kernel/errors.ts";
import type { FaultRecord, RunEnd, StillInForce } from "../../kernel/records.ts";
import { Canceller } from "../../kernel/signal.ts";
import type { Verdict, VerdictKind } from "../../kernel/verdict.ts";
import type { ProgressEvent, StageName } from "../board/progress.ts";
import { injectAlways, playFaults } from "../conductor/core/play-faults.ts";
import { LiveWorld } from "../conductor/live/world.ts";
import { actOf } from "../faults/index.ts";
import { TapWriter } from "../load/tap.ts";
import type { RunningSystem } from "../systems/system.ts";
import { startWarden, type Child, type Trouble, type Warden } from "../warden/client.ts";
import { Interrupted, listenForInterrupt, unlessInterrupted } from "./interrupt.ts";
import { startLoad, type RunningLoad } from "./load.ts";
import { closeNetwork, startNetwork, type RunningNetwork } from "./network.ts";
import { judgeRun, startObserver } from "./observer.ts";
import { replayCommand, type RunOptions, type RunResult } from "./options.ts";
import { watchParts } from "./part-watch.ts";
import { chooseParts, type LoadPart, type NetworkPart } from "./parts.ts";
import { prepareRun, type PreparedRun } from "./prepare.ts";
import { checkReadiness } from "./readiness.ts";
import { startSimulators, type SimulatorFleet } from "./simulators.ts";
import { passSteadyGate, type SteadyGate } from "./steady-gate.ts";
import { until } from "./timeline.ts";
import { describeTrouble } from "./troubles.ts";

export type { RunOptions, RunResult } from "./options.ts";

/** From choosing the epoch to the timeline's zero: what is started last (gateway, observer, load) must be up by then. */
const leadMs = { embedded: 5_000, k6: 8_000 } as const;
const stopGraceMs = 3_000;

/**
 * One scenario, live: validate, start everything, let the timeline run, lift the faults, watch the recovery, have it judged. Rejects with
 * LabError: `refused` before anything started, `failed` when the run is void. After Ctrl-C it resolves, with what was measured by then.
 */
export async function runLive(options: RunOptions): Promise<RunResult> {
  using interrupt = listenForInterrupt();
  const stage = (name: StageName, detail: string) => options.onProgress({ type: "stage", name, detail });
  stage("validate", options.scenario);
  const parts = await chooseParts(options);
  const prepared = await prepareRun(options);
  const { plan, directory } = prepared;
  stage("plan", `${plan.arrivalCount} requests, seed ${plan.seed}`);
  options.onProgress({ type: "plan", plan, directory: directory.path, load: parts.load.kind, network: parts.network.kind });
  const { onExit, died } = watchParts();
  const troubles: string[] = [];
  const onTrouble = (trouble: Trouble) => void troubles.push(describeTrouble(trouble));
  await using warden = startWarden({ label: plan.run, log: directory.log("warden"), onTrouble, onExit });
  const { verdict, stillInForce } = await conduct({ ...prepared, ...parts, warden, died, troubles, signal: interrupt.signal, onProgress: options.onProgress, stage });
  checkAllUndone(await warden.shutdown(), stillInForce);
  const replay = replayCommand(options, { seed: plan.seed, speed: plan.speed, load: parts.load.kind, network: parts.network.kind });
  return { plan, verdict, directory: directory.path, replay, exitCode: exitCodeOf(verdict.verdict) };
}

interface Run extends PreparedRun {
  readonly load: LoadPart;
  readonly network: NetworkPart;
  readonly warden: Warden;
  /** Rejects when one of the lab's own parts has ended. */
  readonly died: Promise<never>;
  /** Grows until the run is closed. */
  readonly troubles: readonly string[];
  readonly signal: AbortSignal;
  readonly onProgress: (event: ProgressEvent) => void;
  readonly stage: (name: StageName, detail: string) => void;
}

/** A run with everything up and the timeline's zero fixed. */
interface Cast {
  readonly simulators: SimulatorFleet;
  readonly network: RunningNetwork;
  readonly system: RunningSystem;
  readonly observer: Child;
  readonly load: RunningLoad;
  readonly epochMs: number;
  readonly nowMs: () => number;
  readonly gate: SteadyGate;
}

/** Resolves to the verdict, and to the faults that it knows to be in force still. */
async function conduct(run: Run): Promise<{ readonly verdict: Verdict; readonly stillInForce: readonly StillInForce[] }> {
  let cast: Cast | null = null;
  let end: Pick<RunEnd, "reason" | "message"> = { reason: "completed", message: "" };
  try {
    cast = await unlessInterrupted(Promise.race([start(run), run.died]), run.signal);
    await play(run, cast);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw await failed(run, error, cast?.nowMs() ?? 0);
    if (cast === null) throw error;
    end = { reason: "interrupted", message: "Ctrl-C" };
  }
  const atMs = cast.nowMs();
  run.stage("stop", "closing the records");
  try {
    await Promise.race([stop(cast, run.warden), run.died]);
  } catch (error) {
    throw await failed(run, error, atMs);
  }
  const stillInForce = await undoAll(run.warden);
  await writeEnd(run, { ...end, atMs, stillInForce });
  run.stage("verdict", "the observer judges");
  return { verdict: await judgeRun(run.warden, run.directory), stillInForce };
}

/** Undoes all faults and writes down that the run is void. Resolves to the error, which names what could not be undone. */
async function failed(run: Run, error: unknown, atMs: number): Promise<unknown> {
  const stillInForce = await undoAll(run.warden);
  await writeEnd(run, { reason: "failed", message: messageOf(error), atMs, stillInForce });
  return stillInForce.length === 0 ? error : notAllUndone(stillInForce, error);
}

/** A warden that has ended leaves it to the conductor. */
async function undoAll(warden: Warden): Promise<readonly StillInForce[]> {
  try {
    return await warden.undoAll();
  } catch {
    return warden.shutdown();
  }
}

async function start(run: Run): Promise<Cast> {
  const { plan, directory, warden, arrivals, stage } = run;
  stage("start", "mock providers and the network between");
  const simulators = await startSimulators({ warden, directory, plan });
  const network = await startNetwork({ part: run.network, warden, directory, plan, upstreams: simulators.urls, linkPorts: run.system.linkPorts });
  const epochMs = Math.ceil(Date.now() + leadMs[run.load.kind]);
  await simulators.begin(epochMs);
  stage("start", `the ${run.system.name}`);
  const system = await run.system.start({ warden, directory, plan, stack: run.stack, links: network.links, epochMs });
  await checkReadiness({ plan, system });
  const gate = passSteadyGate(plan);
  const onLive = (live: Parameters<typeof gate.hear>[0]) => {
    gate.hear(live);
    run.onProgress({ type: "live", live });
  };
  stage("start", `the observer, and ${run.load.kind === "k6" ? "k6 behind the measuring relay" : "the embedded load generator"}`);
  const observer = await startObserver({ warden, directory, system, epochMs, onLive });
  const load = await startLoad({ part: run.load, warden, directory, plan, arrivals, system, epochMs });
  const clock = liveClock(epochMs);
  if (clock.nowMs() > 0) throw tooSlow(clock.nowMs());
  stage("ready", `everything is up; the timeline starts in ${Math.round(-clock.nowMs() / 100) / 10} s`);
  return { simulators, network, system, observer, load, epochMs, nowMs: () => clock.nowMs(), gate };
}

async function play(run: Run, cast: Cast): Promise<void> {
  const { plan, directory, warden, onProgress } = run;
  const over = new AbortController();
  await using tap = new TapWriter<FaultRecord>(directory.tap("faults"), {
    tap: "faults",
    source: "conductor",
    run: plan.run,
    seed: plan.seed,
    epochMs: cast.epochMs,
  });
  const emit = (record: FaultRecord) => {
    tap.write(record);
    onProgress({ type: "fault", record });
  };
  const ended = new Canceller();
  const world = new LiveWorld({ warden, network: cast.network.faults });
  const played = { plan, world, actOf, clock: liveClock(cast.epochMs), emit };
  await injectAlways(played);
  const faults = playFaults({ ...played, signal: ended.signal }).done;
  const stages = announceStages(run, cast, over.signal);
  try {
    await unlessInterrupted(Promise.race([Promise.all([cast.load.done, cast.gate.failed(cast.nowMs, over.signal)]), run.died]), run.signal);
  } finally {
    over.abort();
    ended.cancel("the run is over");
    await Promise.all([faults, stages]);
  }
}

async function announceStages({ plan, stage }: Run, { nowMs }: Cast, signal: AbortSignal): Promise<void> {
  const { steadyFromMs, faultFromMs, faultToMs } = plan.timeline;
  const calm = plan.faults.length === 0;
  const parts: readonly (readonly [number, StageName, string])[] = [
    [0, "warm_up", "not measured"],
    [steadyFromMs, "steady", "the control"],
    [faultFromMs, calm ? "recovery" : "fault", calm ? "no faults in this scenario" : plan.title],
    ...(calm ? [] : [[faultToMs, "recovery", "all faults are lifted"] as const]),
  ];
  for (const [atMs, name, detail] of parts) {
    if (!(await until(atMs, nowMs, signal))) return;
    stage(name, detail);
  }
}

/** In the order in which nothing is lost: the load first, then what it talked to. */
async function stop(cast: Cast, warden: Warden): Promise<void> {
  await cast.load.stop();
  await cast.observer.stop(stopGraceMs);
  await cast.simulators.end();
  await closeNetwork(cast.network, warden);
}

async function writeEnd({ directory, troubles }: Run, end: Omit<RunEnd, "troubles">): Promise<void> {
  await writeFile(directory.end, `${JSON.stringify({ ...end, troubles } satisfies RunEnd)}\n`);
}

/** What the verdict could not know of fails the command. */
function checkAllUndone(left: readonly StillInForce[], known: readonly StillInForce[]): void {
  const unknown = left.filter(({ id }) => !known.some((one) => one.id === id));
  if (unknown.length > 0) throw notAllUndone(unknown);
}

/** The exit code of each end of a run (design, section 6). */
export function exitCodeOf(verdict: VerdictKind): number {
  return verdict === "not_recovered" ? exitCodes.deviated : exitCodes[verdict];
}

function tooSlow(lateMs: number): LabError {
  return new LabError({
    exit: "failed",
    code: "start_too_slow",
    message: `The run was not up in time: ${Math.round(lateMs)} ms past the start of its timeline`,
    hint: "Run again when the machine is less busy",
  });
}

function notAllUndone(stillInForce: readonly StillInForce[], cause?: unknown): LabError {
  const left = stillInForce.map(({ description, reason }) => `${description} (${reason})`).join("; ");
  return new LabError({
    exit: "failed",
    code: cause instanceof LabError ? cause.code : "not_undone",
    message: `${cause === undefined ? "" : `${messageOf(cause)}. `}Perhaps still in force: ${left}`,
    hint: "Undo it by hand before the next run",
    ...(cause === undefined ? {} : { cause }),
  });
}
