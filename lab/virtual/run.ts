import type { ResolvedConfig } from "../../gateway/config/resolve.ts";
import type { GatewayEvent } from "../../gateway/core/events.ts";
import { streamQuietMs } from "../../gateway/edge/core/attempt.ts";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { Arrival, Plan } from "../../kernel/plan.ts";
import type { ActionRecord, CountedRecord, CanaryRecord, ClientRecord, FaultRecord, RunRecords, RunStop, WireRecord } from "../../kernel/records.ts";
import { Canceller, neverSignal, throwIfAborted, type Signal } from "../../kernel/signal.ts";
import { componentsOf } from "../../kernel/topology.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import { LiveView } from "../../observer/measure/live-view.ts";
import { conduct } from "../conductor/core/conduct.ts";
import { injectAlways } from "../conductor/core/play-faults.ts";
import { stopWatch } from "../conductor/core/stop-watch.ts";
import { act } from "../actions/index.ts";
import { actOf } from "../faults/index.ts";
import type { Entries } from "../load/core/entries.ts";
import { entryQuietMs } from "../load/core/entry-call.ts";
import { replay } from "../load/core/replay.ts";
import { virtualKeys } from "../plan/gateway-config.ts";
import { readMetrics } from "./gateway-metrics.ts";
import { checkVirtual } from "./check.ts";
import { QuietTimes } from "./quiet-times.ts";
import { WordBatches } from "./word-batches.ts";
import { probeRoutes } from "./probes.ts";
import { linkOrigin } from "./config.ts";
import type { OnRequest } from "./listener.ts";
import { buildSystem } from "./system.ts";
import { failOnUnhandled } from "./unhandled.ts";
import { VirtualWorld } from "./world.ts";

/** The same client patience as in a live run. */
const clientTimeoutMs = 60_000;

/** As often as the live observer prints its line. */
const lookEveryMs = 1_000;

/** What the virtual harness goes by of a stack: the plan says the rest. */
export type VirtualStack = Pick<Stack, "gateway" | "edge" | "control" | "vault" | "bootMs" | "external">;

export interface VirtualRun {
  readonly records: RunRecords;
  /** The stop condition that was met; null: none was. */
  readonly stop: RunStop | null;
  /**
   * Everything that the gateways reported, planted defects included: ground truth that the observer never sees.
   */
  readonly events: readonly GatewayEvent[];
  /** Virtual time at the end, and events fired. */
  readonly endedMs: number;
  readonly clockEvents: number;
}

export interface VirtualRunOptions {
  readonly plan: Plan;
  readonly arrivals: readonly Arrival[];
  readonly stack: VirtualStack;
  /** Called now and then, with the virtual time. */
  readonly onYield?: ((nowMs: number) => void) | undefined;
  /** False: each word of a stream travels alone, as live. The records are the same, which a test holds. */
  readonly batchesWords?: boolean;
  /** Ends it early: it then rejects with `Cancelled`. */
  readonly signal?: Signal;
}

/**
 * Plays a plan on the virtual clock and an in-memory network: the same gateway core, simulator core, toxics, conductor,
 * load and probes as live, over bytes. The same plan and arrivals give the same records. Throws LabError `refused` for
 * what this harness cannot have and `failed` for a rejection that nobody handles, and an Error when requests are open
 * and nothing is scheduled: that is a deadlock.
 */
export async function runVirtual(options: VirtualRunOptions): Promise<VirtualRun> {
  checkVirtual(options.plan, options.stack);
  return failOnUnhandled((bug) => play(options, bug));
}

async function play({ plan, arrivals, stack, onYield, batchesWords = true, signal = neverSignal }: VirtualRunOptions, bug: Signal): Promise<VirtualRun> {
  using stopped = new Canceller(signal);
  const detach = bug.onAbort((reason) => stopped.cancel(reason));
  const clock = new VirtualClock();
  const tapped = emptyTaps();
  const conducted = await start({ plan, arrivals, stack, clock, tapped, batchesWords });
  await clock.run(Infinity, { onYield, signal: stopped.signal });
  detach();
  throwIfAborted(stopped.signal);
  if (!conducted.isOver()) throw deadlock(arrivals, tapped.client, clock.nowMs());
  const stop = await conducted.done;
  const { events, actions, ...records } = tapped;
  return { records: { loadSource: { generator: "virtual", instrument: "virtual" }, ...records, ...(plan.actions !== undefined && { actions }), tapFaults: [] }, stop, events, endedMs: clock.nowMs(), clockEvents: clock.events };
}

const emptyTaps = () => ({
  client: [] as ClientRecord[],
  wire: [] as WireRecord[],
  canary: [] as CanaryRecord[],
  counted: [] as CountedRecord[],
  faults: [] as FaultRecord[],
  actions: [] as ActionRecord[],
  events: [] as GatewayEvent[],
});

interface Cast {
  readonly plan: Plan;
  readonly arrivals: readonly Arrival[];
  readonly stack: VirtualStack;
  readonly clock: VirtualClock;
  readonly tapped: ReturnType<typeof emptyTaps>;
  readonly batchesWords: boolean;
}

/** Brings everything up, and has the run conducted as far as the clock is run. */
async function start({ plan, arrivals, stack, clock, tapped, batchesWords }: Cast): Promise<{ readonly done: Promise<RunStop | null>; readonly isOver: () => boolean }> {
  const to = <R>(tap: R[]) => (record: R) => void tap.push(record);
  const quiet = new QuietTimes({ plan, clock, actOf, act, lookEveryMs });
  let batches: WordBatches | undefined;
  const hasEdges = componentsOf(plan, "edge").length > 0;
  const silenceMsMax = hasEdges ? Math.min(entryQuietMs, streamQuietMs) : Infinity;
  const batchingFor = (configs: readonly ResolvedConfig[]) => (batches = batchesWords ? new WordBatches({ clock, quiet, configs, silenceMsMax }) : undefined);
  const onRequest: OnRequest = (link, headers) => batches?.passed(headers["x-client-request-id"] ?? "", link);
  const onExhausted = (gateway: string) => void clock.at(clock.nowMs(), () => void world.restartAsSupervisor(gateway));
  const { network, ...parts } = buildSystem({ plan, stack, clock, onWire: to(tapped.wire), onEvent: to(tapped.events), onRequest, onExhausted, batchingFor });
  readMetrics({ clock, gateways: [...parts.gateways.values()], endMs: plan.timeline.endMs, emit: to(tapped.counted) });
  const world = new VirtualWorld(parts);
  const stage = { plan, world, actOf: quiet.actOf, act: quiet.act, clock, emit: to(tapped.faults), emitAction: to(tapped.actions) };
  await injectAlways(stage);
  const targets = targetsOf(plan);
  const keys = virtualKeys(plan);
  probeRoutes({ plan, clock, transport: network.transport(), config: { targets, keys }, emit: to(tapped.canary) });
  const stopLoad = new Canceller();
  const load = replay({ clock, transport: network.transport(), arrivals, targets, tryOthers: hasEdges, keys, teamTarget: parts.bypass.targetOf, timeoutMs: clientTimeoutMs, emit: to(tapped.client), signal: stopLoad.signal, wordTimes: batches });
  const stop = watchForStop({ plan, arrivals, clock, tapped });
  let isOver = false;
  const done = conduct({ ...stage, ...unattended, stop, load: load.then(() => {}) }).then(async (reason) => {
    if (reason === "stopped") stopLoad.cancel("a stop condition is met");
    await load;
    isOver = true;
    for (const component of parts.components.values()) component.program?.close?.();
    return reason === "stopped" ? (stop.reason as RunStop) : null;
  });
  return { done, isOver: () => isOver };
}

/** No part of the lab can die here, nobody watches, and an unsteady state is left to the verdict. */
const unattended = { gate: { problem: () => null }, died: new Promise<never>(() => {}), interrupted: neverSignal, onStage: () => {} };

/** Looks once a second at what the taps hold so far, as the live observer does. */
function watchForStop({ plan, arrivals, clock, tapped }: Pick<Cast, "plan" | "arrivals" | "clock" | "tapped">): Signal {
  const stop = new Canceller();
  if (plan.stopWhen === undefined) return stop.signal;
  const watch = stopWatch(plan, (tripped) => stop.cancel(tripped));
  const view = new LiveView(plan, arrivals);
  const taken = { wire: 0, client: 0 };
  const look = () => {
    while (taken.wire < tapped.wire.length) view.takeWire(tapped.wire[taken.wire++]!);
    while (taken.client < tapped.client.length) view.takeClient(tapped.client[taken.client++]!);
    watch.observe(view.line(clock.nowMs()));
    const nextMs = clock.nowMs() + lookEveryMs;
    if (!stop.signal.aborted && nextMs <= plan.timeline.endMs) clock.at(nextMs, look);
  };
  clock.at(lookEveryMs, look);
  return stop.signal;
}

/** The near ends of the clients' links, by client region. */
function targetsOf(plan: Plan): Entries {
  return Object.fromEntries(componentsOf(plan, "client").map(({ id, region }) => [region, plan.links.filter(({ from }) => from === id).map((link) => linkOrigin(link.id))]));
}

function deadlock(arrivals: readonly Arrival[], ended: readonly ClientRecord[], nowMs: number): Error {
  const done = new Set(ended.map(({ requestId }) => requestId));
  const open = arrivals.filter(({ atMs, requestId }) => atMs <= nowMs && !done.has(requestId)).map(({ requestId }) => requestId);
  return new Error(`Deadlock at ${nowMs} ms: nothing is scheduled and ${open.length} requests are open: ${open.slice(0, 10).join(", ")}`);
}
