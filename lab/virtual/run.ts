import { createGateway } from "../../gateway/core/gateway.ts";
import { MemoryStore } from "../../gateway/core/limits/memory-store.ts";
import type { Gateway } from "../../gateway/core/contracts.ts";
import type { GatewayEvent } from "../../gateway/core/events.ts";
import { clientDialects } from "../../gateway/dialects/clients.ts";
import { openaiClient } from "../../gateway/dialects/openai-client.ts";
import { upstreamDialects } from "../../gateway/dialects/upstreams.ts";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { LabError } from "../../kernel/errors.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { Arrival, Plan } from "../../kernel/plan.ts";
import type { BelievedRecord, ClientRecord, FaultRecord, RunRecords, WireRecord } from "../../kernel/records.ts";
import { seededRng } from "../../kernel/rng.ts";
import { skewedClock } from "../../kernel/skewed-clock.ts";
import { Canceller } from "../../kernel/signal.ts";
import { componentsOf, entriesOf, linkId, type Component } from "../../kernel/topology.ts";
import { createSimulator } from "../../simulators/core/simulator.ts";
import { providerDialects } from "../../simulators/dialects/dialects.ts";
import { injectAlways, playFaults } from "../conductor/core/play-faults.ts";
import { actOf, playedAt } from "../faults/index.ts";
import { replay } from "../load/core/replay.ts";
import { virtualKeys, type GatewaySettings } from "../plan/gateway-config.ts";
import { VirtualNetwork } from "./network.ts";
import { componentOrigin, linkOrigin, virtualConfig } from "./system.ts";
import { VirtualWorld, type VirtualGateway } from "./world.ts";

/** The same client patience as in a live run. */
const clientTimeoutMs = 60_000;
const believedEveryMs = 1_000;

export interface VirtualRun {
  readonly records: RunRecords;
  /** Everything the gateway told of itself, planted defects included: ground truth that the observer never sees. */
  readonly events: readonly GatewayEvent[];
  /** Virtual time at the end, and events fired. */
  readonly endedMs: number;
  readonly clockEvents: number;
}

/**
 * Plays a plan on the virtual clock and an in-memory network: the same gateway core, simulator core, toxics and load as live, over bytes.
 * The same plan and arrivals give the same records. Throws LabError `refused` for gateway settings that cannot be run, and an Error when requests are
 * open and nothing is scheduled: that is a deadlock.
 */
export async function runVirtual(options: {
  plan: Plan;
  arrivals: readonly Arrival[];
  gateway?: GatewaySettings;
  onYield?: (nowMs: number) => void;
}): Promise<VirtualRun> {
  const { plan, arrivals, gateway: settings = {} } = options;
  checkFaults(plan.faults);
  const clock = new VirtualClock();
  const network = new VirtualNetwork({ clock, seed: plan.seed });
  const wire: WireRecord[] = [];
  const client: ClientRecord[] = [];
  const faults: FaultRecord[] = [];
  const events: GatewayEvent[] = [];
  const links = new Map(plan.links.map(({ id, to }) => [id, network.link({ id, origin: linkOrigin(id), upstream: componentOrigin(to) })]));
  serveProviders({ plan, clock, network, emit: (record) => wire.push(record) });
  const emit = (event: GatewayEvent) => void events.push(event);
  const gateways = new Map(componentsOf(plan, "gateway").map((component) => [component.id, serveGateway({ plan, component, clock, network, settings, emit })]));
  const believed = believe({ plan, clock, gateways: [...gateways.values()].map(({ gateway }) => gateway), events });
  const over = new Canceller();
  const stage = { plan, world: new VirtualWorld({ links, gateways }), actOf, clock, emit: (record: FaultRecord) => void faults.push(record) };
  await injectAlways(stage);
  const play = playFaults({ ...stage, signal: over.signal });

  const targets = Object.fromEntries([...entriesOf(plan)].map(([region, [entry]]) => [region, linkOrigin(linkTo(plan, region, entry!))]));
  let finished = false;
  const replayed = replay({
    clock,
    transport: network.transport(),
    arrivals,
    targets,
    keys: virtualKeys(plan),
    timeoutMs: clientTimeoutMs,
    emit: (record) => client.push(record),
  }).then(() => {
    finished = true;
    over.cancel("the run is over");
  });
  await clock.run(Infinity, options.onYield === undefined ? {} : { onYield: options.onYield });
  if (!finished) throw deadlock(arrivals, client, clock.nowMs());
  await Promise.all([replayed, play.done]);
  return { records: { loadSource: { generator: "virtual", instrument: "virtual" }, client, wire, canary: [], believed, faults, tapFaults: [] }, events, endedMs: clock.nowMs(), clockEvents: clock.events };
}

/** A fault that this harness cannot have is refused, never left out: the run would be another one. */
function checkFaults(faults: readonly Fault[]): void {
  const reasons = faults.flatMap((fault) => {
    const reason = actOf(fault).impossibleVirtually?.(fault) ?? null;
    return reason === null ? [] : [`${fault.title}: ${reason}`];
  });
  if (reasons.length === 0) return;
  throw new LabError({ exit: "refused", code: "virtual_unsupported", message: `Cannot play in virtual time: ${reasons.join("; ")}`, hint: "Leave out --virtual" });
}

function linkTo(plan: Plan, clientRegion: string, entry: Component): string {
  const client = componentsOf(plan, "client").find(({ region }) => region === clientRegion)!;
  return linkId(client.id, entry.id);
}

function serveProviders(options: { plan: Plan; clock: VirtualClock; network: VirtualNetwork; emit: (record: WireRecord) => void }): void {
  const { plan, clock, network, emit } = options;
  for (const component of componentsOf(plan, "provider")) {
    const deployment = plan.deployments.find(({ name }) => name === component.deployment)!;
    const others = plan.deployments.filter(({ model }) => model !== deployment.model);
    const config = {
      seed: plan.seed,
      deployment,
      otherModel: others[0]?.model ?? `${deployment.model}-legacy`,
      markKey: plan.markKey,
      incidents: playedAt(deployment.name, plan.faults),
    };
    const simulator = createSimulator({ clock, config, tap: { emit }, dialect: providerDialects[deployment.dialect] });
    network.serve(componentOrigin(component.id), simulator.handle);
  }
}

function serveGateway(options: {
  plan: Plan;
  component: Component;
  clock: VirtualClock;
  network: VirtualNetwork;
  settings: GatewaySettings;
  emit: (event: GatewayEvent) => void;
}): VirtualGateway {
  const { plan, component, settings, network } = options;
  const clock = skewedClock(options.clock);
  const { gateway: config } = virtualConfig({ plan, component, settings, epochMs: clock.wallMs() });
  const gateway = createGateway({
    clock,
    rng: seededRng(plan.seed, component.id),
    transport: network.transport(),
    store: new MemoryStore(clock),
    secrets: { read: () => Promise.resolve("virtual-key") },
    config: { current: () => config, onChange: () => () => {} },
    events: { emit: options.emit },
    client: openaiClient,
    clients: clientDialects,
    upstream: upstreamDialects,
  });
  network.serve(componentOrigin(component.id), gateway.handle);
  return { gateway, clock };
}

/** Samples what the gateway's metrics would show, as the observer scrapes them live. */
function believe(options: { plan: Plan; clock: VirtualClock; gateways: readonly Gateway[]; events: readonly GatewayEvent[] }): BelievedRecord[] {
  const { plan, clock, gateways, events } = options;
  const believed: BelievedRecord[] = [];
  let counted = 0;
  const totals = { requests: 0, failures: 0, attempts: 0 };
  const sample = () => {
    for (; counted < events.length; counted++) {
      const event = events[counted]!;
      if (event.type !== "finished") continue;
      totals.requests++;
      totals.attempts += event.attempts.length;
      if (event.outcome.kind === "failure" || event.outcome.kind === "rejected") totals.failures++;
    }
    const breakers = gateways.flatMap((gateway) => gateway.state().breakers);
    const openBreakers = [...new Set(breakers.filter(({ state }) => state === "open").map(({ deployment }) => deployment))];
    believed.push({ atMs: clock.nowMs(), requestsTotal: totals.requests, failuresTotal: totals.failures, attemptsTotal: totals.attempts, openBreakers });
  };
  for (let atMs = 0; atMs <= plan.timeline.endMs; atMs += believedEveryMs) clock.at(atMs, sample);
  return believed;
}

function deadlock(arrivals: readonly Arrival[], ended: readonly ClientRecord[], nowMs: number): Error {
  const done = new Set(ended.map(({ requestId }) => requestId));
  const open = arrivals.filter(({ atMs, requestId }) => atMs <= nowMs && !done.has(requestId)).map(({ requestId }) => requestId);
  return new Error(`Deadlock at ${nowMs} ms: nothing is scheduled and ${open.length} requests are open: ${open.slice(0, 10).join(", ")}`);
}
