import { writeFile } from "node:fs/promises";
import { liveClock } from "../../kernel/clock-live.ts";
import { exitCodes, LabError, messageOf } from "../../kernel/errors.ts";
import type { FaultRecord, RunEnd } from "../../kernel/records.ts";
import type { Verdict, VerdictKind } from "../../kernel/verdict.ts";
import type { ProgressEvent, StageName } from "../board/progress.ts";
import { TapWriter } from "../load/tap.ts";
import type { RunningSystem } from "../systems/system.ts";
import { startWarden, type Child, type Warden } from "../warden/client.ts";
import type { RunDirectory } from "./directory.ts";
import { Interrupted, listenForInterrupt, unlessInterrupted } from "./interrupt.ts";
import { startLoad, type RunningLoad } from "./load.ts";
import { closeNetwork, startNetwork, type RunningNetwork } from "./network.ts";
import { judgeRun, startObserver } from "./observer.ts";
import { replayCommand, type RunOptions, type RunResult } from "./options.ts";
import { chooseParts, type LoadPart, type NetworkPart } from "./parts.ts";
import { prepareRun, type PreparedRun } from "./prepare.ts";
import { checkReadiness } from "./readiness.ts";
import { startSimulators, type SimulatorFleet } from "./simulators.ts";
import { passSteadyGate, type SteadyGate } from "./steady-gate.ts";
import { playFaults, until } from "./timeline.ts";

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
  await using warden = startWarden({ label: plan.run });
  const verdict = await conduct({ ...prepared, ...parts, warden, signal: interrupt.signal, onProgress: options.onProgress, stage });
  const replay = replayCommand(options, { seed: plan.seed, speed: plan.speed, load: parts.load.kind, network: parts.network.kind });
  options.onProgress({ type: "verdict", verdict, plan, directory: directory.path, replay });
  return { verdict, directory: directory.path, exitCode: exitCodeOf(verdict.verdict) };
}

interface Run extends PreparedRun {
  readonly load: LoadPart;
  readonly network: NetworkPart;
  readonly warden: Warden;
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

async function conduct(run: Run): Promise<Verdict> {
  let cast: Cast | null = null;
  let end: Omit<RunEnd, "atMs"> = { reason: "completed", message: "" };
  try {
    cast = await unlessInterrupted(start(run), run.signal);
    await play(run, cast);
  } catch (error) {
    if (!(error instanceof Interrupted)) {
      await writeEnd(run.directory, { reason: "failed", message: messageOf(error), atMs: cast?.nowMs() ?? 0 });
      throw error;
    }
    if (cast === null) throw error;
    end = { reason: "interrupted", message: "Ctrl-C" };
  }
  const atMs = cast.nowMs();
  run.stage("stop", "closing the records");
  await stop(cast, run.warden, atMs);
  await writeEnd(run.directory, { ...end, atMs });
  run.stage("verdict", "the observer judges");
  return judgeRun(run.warden, run.directory);
}

async function start(run: Run): Promise<Cast> {
  const { plan, directory, warden, arrivals, stage } = run;
  stage("start", "mock providers and the network between");
  const simulators = await startSimulators({ warden, directory, plan });
  const network = await startNetwork({ part: run.network, warden, directory, plan, upstreams: simulators.urls, linkPorts: run.system.linkPorts });
  const epochMs = Math.ceil(Date.now() + leadMs[run.load.kind]);
  await simulators.begin(epochMs);
  stage("start", `the ${run.system.name}`);
  const system = await run.system.start({ warden, directory, plan, settings: run.gateway, links: network.links, epochMs });
  await checkReadiness({ plan, system });
  const gate = passSteadyGate(plan);
  const onLive = (live: Parameters<typeof gate.hear>[0]) => {
    gate.hear(live);
    run.onProgress({ type: "live", live });
  };
  stage("start", `the observer, and ${run.load.kind === "k6" ? "k6" : "the embedded load generator"}`);
  const observer = await startObserver({ warden, directory, system, epochMs, load: run.load.kind, onLive });
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
  const faults = playFaults({ plan, network: cast.network.faults, warden, nowMs: cast.nowMs, emit, signal: over.signal });
  const stages = announceStages(run, cast, over.signal);
  const died = Promise.race(cast.simulators.children.map(async (child) => Promise.reject(simulatorDied(child.id, await child.exited))));
  try {
    await unlessInterrupted(Promise.race([Promise.all([cast.load.done, cast.gate.failed(cast.nowMs, over.signal)]), died]), run.signal);
    await faults;
  } finally {
    over.abort();
    await Promise.all([faults, stages]);
    // A run that is over may see its simulators end: by then nobody waits for this promise.
    died.catch(() => {});
  }
}

async function announceStages({ plan, stage }: Run, { nowMs }: Cast, signal: AbortSignal): Promise<void> {
  const { steadyFromMs, faultFromMs, faultToMs } = plan.timeline;
  const calm = faultFromMs === faultToMs;
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
async function stop(cast: Cast, warden: Warden, atMs: number): Promise<void> {
  await cast.load.stop(atMs);
  await cast.observer.stop(stopGraceMs);
  await cast.simulators.end();
  await closeNetwork(cast.network, warden);
}

async function writeEnd(directory: RunDirectory, end: RunEnd): Promise<void> {
  await writeFile(directory.end, `${JSON.stringify(end)}\n`);
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

function simulatorDied(id: string, exit: { code: number | null; signal: string | null }): LabError {
  return new LabError({
    exit: "failed",
    code: "provider_died",
    message: `The ${id} ended in the middle of the run (${exit.signal ?? `exit code ${exit.code}`})`,
    hint: `Read logs/${id}.log in the run directory`,
  });
}
