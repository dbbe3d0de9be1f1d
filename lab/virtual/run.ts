import { createGateway } from "../../gateway/core/gateway.ts";
import { MemoryStore } from "../../gateway/core/limits/memory-store.ts";
import type { Gateway } from "../../gateway/core/contracts.ts";
import type { GatewayEvent } from "../../gateway/core/events.ts";
import { clientDialects } from "../../gateway/dialects/clients.ts";
import { openaiClient } from "../../gateway/dialects/openai-client.ts";
import { upstreamDialects } from "../../gateway/dialects/upstreams.ts";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { Arrival, Plan } from "../../kernel/plan.ts";
import type { BelievedRecord, ClientRecord, FaultRecord, RunRecords, WireRecord } from "../../kernel/records.ts";
import { seededRng } from "../../kernel/rng.ts";
import { createSimulator } from "../../simulators/core/simulator.ts";
import { providerDialects } from "../../simulators/dialects/dialects.ts";
import { replay } from "../load/core/replay.ts";
import { scheduleFaults } from "./faults.ts";
import { VirtualNetwork, type VirtualLink } from "./network.ts";
import { virtualKeys, type GatewaySettings } from "../plan/gateway-config.ts";
import { gatewayOrigin, linkOrigin, providerOrigin, virtualConfig } from "./system.ts";

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
  const { plan, arrivals } = options;
  const clock = new VirtualClock();
  const network = new VirtualNetwork({ clock, seed: plan.seed });
  const wire: WireRecord[] = [];
  const client: ClientRecord[] = [];
  const faults: FaultRecord[] = [];
  const events: GatewayEvent[] = [];
  const links = serveProviders({ plan, clock, network, emit: (record) => wire.push(record) });
  const gateway = serveGateway({ plan, clock, network, settings: options.gateway ?? {}, emit: (event) => events.push(event) });
  const believed = believe({ plan, clock, gateway, events });
  scheduleFaults({ clock, faults: plan.faults, links, emit: (record) => faults.push(record) });

  const targets = Object.fromEntries(plan.cells.map(({ region }) => [region, gatewayOrigin]));
  let finished = false;
  const replayed = replay({
    clock,
    transport: network.transport(),
    arrivals,
    targets,
    keys: virtualKeys(plan),
    timeoutMs: clientTimeoutMs,
    emit: (record) => client.push(record),
  }).then(() => (finished = true));
  await clock.run(Infinity, options.onYield === undefined ? {} : { onYield: options.onYield });
  if (!finished) throw deadlock(arrivals, client, clock.nowMs());
  await replayed;
  return { records: { loadSource: { generator: "virtual", instrument: "virtual" }, client, wire, canary: [], believed, faults, tapFaults: [] }, events, endedMs: clock.nowMs(), clockEvents: clock.events };
}

function serveProviders(options: { plan: Plan; clock: VirtualClock; network: VirtualNetwork; emit: (record: WireRecord) => void }): Map<string, VirtualLink> {
  const { plan, clock, network, emit } = options;
  const links = new Map<string, VirtualLink>();
  for (const deployment of plan.deployments) {
    const others = plan.deployments.filter(({ model }) => model !== deployment.model);
    const config = {
      seed: plan.seed,
      deployment,
      otherModel: others[0]?.model ?? `${deployment.model}-legacy`,
      markKey: plan.markKey,
      incidents: plan.incidents.filter(({ deployments }) => deployments.includes(deployment.name)),
    };
    const simulator = createSimulator({ clock, config, tap: { emit }, dialect: providerDialects[deployment.dialect] });
    const { name } = deployment;
    network.serve(providerOrigin(name), simulator.handle);
    links.set(name, network.link({ name, origin: linkOrigin(name), upstream: providerOrigin(name) }));
  }
  return links;
}

function serveGateway(options: {
  plan: Plan;
  clock: VirtualClock;
  network: VirtualNetwork;
  settings: GatewaySettings;
  emit: (event: GatewayEvent) => void;
}): Gateway {
  const { gateway: config } = virtualConfig(options.plan, options.settings, options.clock.wallMs());
  const gateway = createGateway({
    clock: options.clock,
    rng: seededRng(options.plan.seed, "gateway"),
    transport: options.network.transport(),
    store: new MemoryStore(options.clock),
    secrets: { read: () => Promise.resolve("virtual-key") },
    config: { current: () => config, onChange: () => () => {} },
    events: { emit: options.emit },
    client: openaiClient,
    clients: clientDialects,
    upstream: upstreamDialects,
  });
  options.network.serve(gatewayOrigin, gateway.handle);
  return gateway;
}

/** Samples what the gateway's metrics would show, as the observer scrapes them live. */
function believe(options: { plan: Plan; clock: VirtualClock; gateway: Gateway; events: readonly GatewayEvent[] }): BelievedRecord[] {
  const { plan, clock, gateway, events } = options;
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
    const openBreakers = gateway.state().breakers.filter(({ state }) => state === "open").map(({ deployment }) => deployment);
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
