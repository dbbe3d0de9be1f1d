import type { GatewayEvent } from "../../gateway/core/events.ts";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { Arrival, Plan } from "../../kernel/plan.ts";
import type { BelievedRecord, ClientRecord, FaultRecord, RunRecords, WireRecord } from "../../kernel/records.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { componentsOf } from "../../kernel/topology.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import { conduct } from "../conductor/core/conduct.ts";
import { injectAlways } from "../conductor/core/play-faults.ts";
import { actOf } from "../faults/index.ts";
import type { Entries } from "../load/core/entries.ts";
import { replay } from "../load/core/replay.ts";
import { virtualKeys } from "../plan/gateway-config.ts";
import { readMetrics } from "./believed.ts";
import { checkVirtual } from "./check.ts";
import { linkOrigin } from "./config.ts";
import { buildSystem } from "./system.ts";
import { VirtualWorld } from "./world.ts";

/** The same client patience as in a live run. */
const clientTimeoutMs = 60_000;

/** What the virtual harness goes by of a stack: the plan says the rest. */
export type VirtualStack = Pick<Stack, "gateway" | "bootMs" | "external">;

export interface VirtualRun {
  readonly records: RunRecords;
  /** Everything the gateways told of themselves, planted defects included: ground truth that the observer never sees. */
  readonly events: readonly GatewayEvent[];
  /** Virtual time at the end, and events fired. */
  readonly endedMs: number;
  readonly clockEvents: number;
}

/**
 * Plays a plan on the virtual clock and an in-memory network: the same gateway core, simulator core, toxics and load as live, over bytes.
 * The same plan and arrivals give the same records. Throws LabError `refused` for what this harness cannot have, and an Error when requests are
 * open and nothing is scheduled: that is a deadlock.
 */
export async function runVirtual(options: {
  plan: Plan;
  arrivals: readonly Arrival[];
  stack: VirtualStack;
  onYield?: (nowMs: number) => void;
}): Promise<VirtualRun> {
  const { plan, arrivals, stack } = options;
  checkVirtual(plan, stack);
  const clock = new VirtualClock();
  const client: ClientRecord[] = [];
  const wire: WireRecord[] = [];
  const believed: BelievedRecord[] = [];
  const faults: FaultRecord[] = [];
  const events: GatewayEvent[] = [];
  const { network, ...parts } = buildSystem({ plan, stack, clock, onWire: (record) => void wire.push(record), onEvent: (event) => void events.push(event) });
  readMetrics({ clock, gateways: [...parts.gateways.values()], endMs: plan.timeline.endMs, emit: (record) => void believed.push(record) });
  const stage = { plan, world: new VirtualWorld(parts), actOf, clock, emit: (record: FaultRecord) => void faults.push(record) };
  await injectAlways(stage);
  const load = replay({
    clock,
    transport: network.transport(),
    arrivals,
    targets: targetsOf(plan),
    keys: virtualKeys(plan),
    timeoutMs: clientTimeoutMs,
    emit: (record) => client.push(record),
  });
  let isOver = false;
  const conducted = conduct({ ...stage, ...unattended, load: load.then(() => {}) }).then(() => (isOver = true));
  await clock.run(Infinity, options.onYield === undefined ? {} : { onYield: options.onYield });
  if (!isOver) throw deadlock(arrivals, client, clock.nowMs());
  await conducted;
  return { records: { loadSource: { generator: "virtual", instrument: "virtual" }, client, wire, canary: [], believed, faults, tapFaults: [] }, events, endedMs: clock.nowMs(), clockEvents: clock.events };
}

/** No part of the lab can die here, nobody watches, and an unsteady state is left to the verdict. */
const unattended = { gate: { problem: () => null }, died: new Promise<never>(() => {}), interrupted: neverSignal, onStage: () => {} };

/** The near ends of the clients' links, by client region. */
function targetsOf(plan: Plan): Entries {
  return Object.fromEntries(componentsOf(plan, "client").map(({ id, region }) => [region, plan.links.filter(({ from }) => from === id).map((link) => linkOrigin(link.id))]));
}

function deadlock(arrivals: readonly Arrival[], ended: readonly ClientRecord[], nowMs: number): Error {
  const done = new Set(ended.map(({ requestId }) => requestId));
  const open = arrivals.filter(({ atMs, requestId }) => atMs <= nowMs && !done.has(requestId)).map(({ requestId }) => requestId);
  return new Error(`Deadlock at ${nowMs} ms: nothing is scheduled and ${open.length} requests are open: ${open.slice(0, 10).join(", ")}`);
}
