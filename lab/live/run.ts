import type { PlannedAction } from "../../kernel/action.ts";
import type { Clock } from "../../kernel/clock.ts";
import { LabError } from "../../kernel/errors.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { ActionRecord, ComponentExit, FaultRecord, HandRecord, LiveLine, NoteRecord, RunStop, StillInForce } from "../../kernel/records.ts";
import { Canceller, type Signal } from "../../kernel/signal.ts";
import type { Plan } from "../../kernel/plan.ts";
import { componentsOf } from "../../kernel/topology.ts";
import type { Verdict } from "../../kernel/verdict.ts";
import type { ProgressEvent, RunPart, StageName } from "../board/progress.ts";
import { conduct } from "../conductor/core/conduct.ts";
import { HandBypass } from "../conductor/core/hand-bypass.ts";
import { HandPlay } from "../conductor/core/hand-play.ts";
import { injectAlways } from "../conductor/core/play-faults.ts";
import { steadyGate, type SteadyGate } from "../conductor/core/steady-gate.ts";
import { stopWatch } from "../conductor/core/stop-watch.ts";
import { inContainers } from "../containers/in-containers.ts";
import { LiveWorld } from "../conductor/live/world.ts";
import { act } from "../actions/index.ts";
import { actOf } from "../faults/index.ts";
import { readVerdict } from "../files.ts";
import { TapWriter } from "../load/tap.ts";
import { judgeDirectory } from "../report/judge-directory.ts";
import { pushFirstPackages } from "../systems/first-package.ts";
import { startRoles, type RunningRoles } from "../systems/live-roles.ts";
import { regionSecrets } from "../systems/region-secrets.ts";
import { describeExit, startWarden, type Child, type PartExit, type Warden } from "../warden/client.ts";
import { bypassedTeams, LiveBypass, shimOf } from "./bypass.ts";
import { watchDisk, type DiskWatch } from "./disk-watch.ts";
import type { RunHand } from "./hand.ts";
import { Interrupted, unlessInterrupted, type Interrupt } from "./interrupt.ts";
import { startLoad, type RunningLoad } from "./load.ts";
import { clientTargets, closeNetwork, connect, startNetwork, type RunningNetwork } from "./network.ts";
import { startObserver } from "./observer.ts";
import { watchParts } from "./part-watch.ts";
import type { LoadPart, NetworkPart } from "./parts.ts";
import type { PreparedRun } from "./prepare.ts";
import { checkReadiness } from "./readiness.ts";
import { checkAllUndone, failed, undoAll, writeEnd } from "./run-end.ts";
import { portsText } from "./run-ports.ts";
import { gatewayMetrics, removeScrapeTargets, writeScrapeTargets } from "./scrape-targets.ts";
import { startSimulators, type SimulatorFleet } from "./simulators.ts";
import { Timeline } from "./timeline.ts";
import { describeTrouble } from "./troubles.ts";

/** A part of the lab ends by itself; killed, it leaves a tap without a trailer. */
const stopGraceMs = 15_000;

/** What the runs of one command share. */
export interface RunContext {
  readonly parts: { readonly load: LoadPart; readonly network: NetworkPart };
  readonly interrupt: Interrupt;
  readonly onProgress: (event: ProgressEvent) => void;
  readonly hand?: RunHand;
  /** Which of the two it is, where the run has a paired control of its own. */
  readonly part?: RunPart;
}

/**
 * Plays one prepared run: start everything, let the timeline run, lift the faults, watch the recovery, have it judged.
 * Rejects with LabError `failed` when the run is void. After Ctrl-C it resolves, with what was measured by then, or
 * rejects with `Interrupted` where that is nothing.
 */
export async function playRun(prepared: PreparedRun, { parts, interrupt, onProgress, hand, part }: RunContext): Promise<Verdict> {
  const { plan, directory } = prepared;
  const stage = (name: StageName, detail: string) => onProgress({ type: "stage", name, detail });
  stage("plan", `${plan.arrivalCount} requests, seed ${plan.seed}`);
  onProgress({ type: "plan", plan, directory: directory.path, load: parts.load.kind, network: parts.network.kind, ...(part === undefined ? {} : { part }) });
  const watch = watchParts(underTest(prepared));
  const troubles: string[] = [];
  const componentExits: ComponentExit[] = [];
  const exitListeners = new Set<(exit: PartExit) => void>([watch.onExit]);
  using disk = watchDisk(directory);
  await using leftovers = new AsyncDisposableStack();
  await using warden = startWarden({
    label: plan.run,
    log: directory.log("warden"),
    endFile: directory.end,
    ...(prepared.stack.containers && { place: inContainers(plan, directory) }),
    onTrouble: (trouble) => void troubles.push(describeTrouble(trouble)),
    onExit: (exit) => exitListeners.forEach((listener) => listener(exit)),
  });
  const died = Promise.race([watch.died, disk.full]);
  // The run races it against its own work; between two races a rejection is not unhandled.
  died.catch(() => {});
  const stillInForce = await runCast({ ...prepared, ...parts, warden, leftovers, disk, died, exitListeners, troubles, componentExits, interrupt, onProgress, hand: hand ?? null, stage });
  // Planning the run again, to compare, takes this process longer than a warden waits for a sign of life.
  const left = await warden.shutdown();
  stage("verdict", "the observer judges");
  await judgeDirectory(directory.path);
  checkAllUndone(left, stillInForce);
  return readVerdict(directory.path);
}

/** The processes whose end is a finding, and no fault of the lab. */
const underTest = (run: Pick<PreparedRun, "plan" | "bypasses">) => new Set([...(["gateway", "edge", "control", "vault"] as const).flatMap((role) => componentsOf(run.plan, role)).map(({ id }) => id), ...bypassedTeams(stepsOf(run)).map(shimOf)]);

/** Of the plan, and those that a person may take. */
const stepsOf = ({ plan, bypasses }: Pick<PreparedRun, "plan" | "bypasses">) => [...(plan.actions ?? []), ...bypasses.flatMap(({ on, off }) => [on, off])];

interface Run extends PreparedRun {
  readonly load: LoadPart;
  readonly network: NetworkPart;
  readonly warden: Warden;
  /** What is removed once the processes have ended. */
  readonly leftovers: AsyncDisposableStack;
  readonly disk: DiskWatch;
  /** Rejects when one of the lab's own parts has ended, or the disk is full. */
  readonly died: Promise<never>;
  /** Grows until the run is closed. */
  readonly troubles: readonly string[];
  /** Of the system's own processes. Grows until the run is closed. */
  readonly componentExits: ComponentExit[];
  readonly interrupt: Interrupt;
  /** Null: no person writes notes. */
  readonly hand: RunHand | null;
  /** Called with every end of a child. */
  readonly exitListeners: Set<(exit: PartExit) => void>;
  readonly onProgress: (event: ProgressEvent) => void;
  readonly stage: (name: StageName, detail: string) => void;
}

/** A run with everything up and the timeline's zero fixed. */
interface Cast {
  readonly simulators: SimulatorFleet;
  readonly network: RunningNetwork;
  readonly world: LiveWorld;
  /** What a person injects besides: the world knows how long to keep it. */
  readonly byHand: Fault[];
  readonly faultTap: TapWriter<FaultRecord>;
  /** Null: nobody takes a step. */
  readonly bypass: LiveBypass | null;
  readonly observer: Child;
  readonly load: RunningLoad;
  readonly clock: Clock;
  /** Unix ms of the timeline's zero. */
  readonly epochMs: number;
  readonly gate: SteadyGate;
  /** Cancelled, with a `RunStop` for its reason, when a stop condition is met. */
  readonly stop: Signal;
}

/** Resolves, when the run is closed, to the faults that it knows to be in force still. */
async function runCast(run: Run): Promise<readonly StillInForce[]> {
  let cast: Cast | null = null;
  let reason: "completed" | "interrupted" | "stopped";
  try {
    cast = await unlessInterrupted(Promise.race([start(run), run.died]), run.interrupt.signal);
    reason = await play(run, cast);
  } catch (error) {
    if (error instanceof Interrupted) {
      await writeEnd(run, { reason: "interrupted", message: `${run.interrupt.how} before the timeline started`, atMs: 0, stillInForce: await undoAll(run.warden) });
      throw error;
    }
    throw await voided(run, error, cast?.clock.nowMs() ?? 0);
  }
  const atMs = cast.clock.nowMs();
  run.stage("stop", "closing the records");
  try {
    await Promise.race([stop(cast, run.warden), run.died]);
  } catch (error) {
    throw await voided(run, error, atMs);
  }
  run.disk.release();
  const stillInForce = await undoAll(run.warden);
  const stopOf = reason === "stopped" ? { stop: cast.stop.reason as RunStop } : {};
  await writeEnd(run, { reason, message: reason === "interrupted" ? run.interrupt.how : "", atMs, ...stopOf, stillInForce });
  return stillInForce;
}

/**
 * Ends a void run. What was measured until then is judged all the same, so that there is a report. Resolves to the
 * error.
 */
async function voided(run: Run, error: unknown, atMs: number): Promise<unknown> {
  run.disk.release();
  const ended = await failed(run, error, atMs);
  // The warden may have died, or the disk be full: the error that voided the run is the one to report.
  await judgeDirectory(run.directory.path).catch(() => {});
  return ended;
}

/** Starts every part, however long that takes on this machine; then sets the timeline's zero. */
async function start(run: Run): Promise<Cast> {
  const { plan, directory, warden, arrivals, ports, stage } = run;
  const timeline = new Timeline();
  if (ports.size > 0) stage("start", `fixed ports: ${portsText(ports)}`);
  stage("start", "mock providers and the network between");
  const simulators = await startSimulators({ warden, directory, plan, ports });
  const network = await startNetwork({ part: run.network, warden, directory, plan, ports });
  await connect(network, { warden, plan, urls: simulators.urls, ports: run.system.linkPorts, pins: run.pins });
  const context = { warden, directory, plan, stack: run.stack, links: network.links, ports, secretsOf: regionSecrets() };
  const behind = await startRoles("behind", context);
  await connect(network, { warden, plan, urls: behind.urls });
  const over = await startRoles("over", context);
  await connect(network, { warden, plan, urls: over.urls });
  stage("start", `the ${run.system.name}`);
  const running = await run.system.start({ ...context, stack: run.stack, epochMs: timeline.startedMs });
  await connect(network, { warden, plan, urls: running.urls, pins: run.pins });
  await pushFirstPackages({ plan, stack: run.stack, operators: operatorsOf(over.components) });
  const before = await startRoles("before", context);
  await connect(network, { warden, plan, urls: before.urls });
  const system = { ...running, targets: clientTargets(plan, network.links), pins: run.pins };
  await checkReadiness({ plan, system });
  const components = new Map([...running.components, ...behind.components, ...over.components, ...before.components, ...simulators.components]);
  const bypass = run.leftovers.use(await LiveBypass.prepare({ plan, directory, warden, urls: simulators.urls, keys: running.keys, steps: stepsOf(run) }));
  const byHand: Fault[] = [];
  const world = new LiveWorld({ plan: withLater(plan, byHand), clock: timeline, warden, network: network.faults, links: network.links, components, bypass });
  const early: FaultRecord[] = [];
  await injectAlways({ plan, world, actOf, clock: timeline, emit: (record) => void early.push(record) });
  const gate = steadyGate(plan);
  const stop = new Canceller();
  const watch = stopWatch(plan, (tripped) => stop.cancel(tripped));
  const onLive = (live: LiveLine) => {
    gate.observe(live);
    watch.observe(live);
    run.onProgress({ type: "live", live });
  };
  stage("start", `the observer, and ${run.load.kind === "k6" ? "k6 behind the measuring relay" : "the embedded load generator"}`);
  const { child: observer, metricsUrl } = await startObserver({ warden, directory, system, otlpUrl: run.observerOtlp, ports, onLive });
  run.leftovers.defer(() => removeScrapeTargets(run.scrapeFile));
  await writeScrapeTargets(run.scrapeFile, plan, new Map([...gatewayMetrics(plan, running.metricsUrls), ...behind.metricsUrls, ...over.metricsUrls, ...before.metricsUrls, ["observer", metricsUrl]]));
  const waiting = await startLoad({ part: run.load, warden, directory, plan, arrivals, system, ports, targetFile: bypass?.targetFile });
  const epochMs = Math.ceil(Date.now() + waiting.leadMs);
  timeline.begin(epochMs);
  warden.begin(epochMs);
  stage("ready", `everything is up; the timeline starts in ${Math.round(waiting.leadMs / 1_000)} s`);
  observer.input({ epochMs });
  const [load] = await Promise.all([waiting.begin(epochMs), simulators.begin(epochMs)]);
  if (timeline.nowMs() > 0) throw tooSlow(timeline.nowMs());
  const faultTap = openTap<FaultRecord>(run, "faults", epochMs);
  early.map((record) => timeline.shifted(record)).forEach(recorder(run, faultTap));
  return { simulators, network, world, byHand, faultTap, bypass, observer, load, clock: timeline, epochMs, gate, stop: stop.signal };
}

async function play(run: Run, { world, byHand, faultTap, load, clock, epochMs, gate, stop }: Cast): Promise<"completed" | "interrupted" | "stopped"> {
  const { plan, died, interrupt, stage } = run;
  const parts = underTest(run);
  run.exitListeners.add((exit) => {
    if (parts.has(exit.id) && !exit.ordered) run.componentExits.push({ component: exit.id, atMs: clock.nowMs(), how: describeExit(exit) });
    void world.handleExit(exit);
  });
  await using tap = faultTap;
  await using actionTap = stepsOf(run).length === 0 ? null : openTap<ActionRecord>(run, "actions", epochMs);
  await using noteTap = run.hand === null ? null : openTap<NoteRecord>(run, "notes", epochMs);
  using _notes = noteTap === null ? null : run.hand?.takeNotes(clock, (note) => noteTap.write(note));
  await using handTap = run.hand === null || run.offered.length + run.bypasses.length === 0 ? null : openTap<HandRecord>(run, "hand", epochMs);
  const onFault = (fault: Fault) => {
    byHand.push(fault);
    handTap?.write({ fault });
    run.onProgress({ type: "hand", fault });
  };
  const handPlay = new HandPlay({ plan, world, actOf, clock, emit: recorder(run, tap), onFault });
  using _faults = handTap === null ? null : run.hand?.takeFaults(run.offered, handPlay);
  const emitAction = (record: ActionRecord) => {
    actionTap?.write(record);
    run.onProgress({ type: "action", record });
  };
  const onStep = (step: PlannedAction) => {
    handTap?.write({ step });
    run.onProgress({ type: "step", step });
  };
  const handBypass = new HandBypass({ plan, offered: run.bypasses, world, act, clock, emitAction, onStep });
  using _bypass = handTap === null ? null : run.hand?.takeBypass(handBypass);
  // All are lifted at once: those of the plan do not wait for those of a person.
  for (const end of [stop, interrupt.cancelled]) end.onAbort(() => void handPlay.end());
  await using _lifted = { [Symbol.asyncDispose]: async () => void (await Promise.all([handPlay.end(), handBypass.end()])) };
  return await conduct({ plan, world, actOf, act, clock, emit: recorder(run, tap), emitAction, load: load.done, gate, stop, died, interrupted: interrupt.cancelled, onStage: stage });
}

const operatorsOf = (components: RunningRoles["components"]) => new Map([...components].flatMap(([id, { operator }]) => (operator == null ? [] : [[id, operator] as const])));

/** The plan with faults that are added to the list while it is used. */
function withLater(plan: Plan, later: readonly Fault[]): Plan {
  return {
    ...plan,
    get faults() {
      return [...plan.faults, ...later];
    },
  };
}

function openTap<R extends object>({ directory, plan }: Run, tap: "faults" | "actions" | "notes" | "hand", epochMs: number): TapWriter<R> {
  return new TapWriter<R>(directory.tap(tap), { tap, source: "conductor", run: plan.run, seed: plan.seed, epochMs });
}

function recorder({ onProgress }: Run, tap: TapWriter<FaultRecord>): (record: FaultRecord) => void {
  return (record) => {
    tap.write(record);
    onProgress({ type: "fault", record });
  };
}

/** In the order in which nothing is lost: the load first, then what it talked to. */
async function stop(cast: Cast, warden: Warden): Promise<void> {
  await cast.load.stop();
  await cast.bypass?.finish();
  await cast.observer.stop(stopGraceMs);
  await cast.simulators.end();
  await closeNetwork(cast.network, warden);
}

function tooSlow(lateMs: number): LabError {
  return new LabError({
    exit: "failed",
    code: "start_too_slow",
    message: `The run was not up in time: ${Math.round(lateMs)} ms past the start of its timeline`,
    hint: "Run again when the machine is less busy",
  });
}
