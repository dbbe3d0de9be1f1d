import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { LabError } from "../../kernel/errors.ts";
import type { Pins } from "../../kernel/pinned-lookup.ts";
import type { Plan } from "../../kernel/plan.ts";
import { componentOf, componentsOf } from "../../kernel/topology.ts";
import { NetworkFaults } from "../conductor/live/network-faults.ts";
import type { Entries } from "../load/core/entries.ts";
import { atAddress } from "../targets/loopback.ts";
import type { Warden } from "../warden/client.ts";
import type { RunDirectory } from "./directory.ts";
import { freePort, onFreePort } from "./free-port.ts";
import type { NetworkPart } from "./parts.ts";
import type { RunPorts } from "./run-ports.ts";
import { startLimitMs } from "./start-limit.ts";
import { partOptions } from "../node-options.ts";

const embeddedMain = fileURLToPath(new URL("../../simulators/network/main.ts", import.meta.url));
const pollMs = 50;
/** How long after its end a run's links may stay at a toxiproxy-server that the lab did not start. */
const linkDeadManMs = 120_000;

export interface NetworkContext {
  readonly part: NetworkPart;
  readonly warden: Warden;
  readonly directory: RunDirectory;
  readonly plan: Plan;
  readonly ports: RunPorts;
}

/** The network around the system under test. */
export interface RunningNetwork {
  readonly faults: NetworkFaults;
  /** Near end of each link that is connected, by its id: a proxy's, or the far end itself. */
  readonly links: Map<string, string>;
}

/** Starts the proxy, or reaches the one that runs already. No link is connected yet. */
export async function startNetwork(context: NetworkContext): Promise<RunningNetwork> {
  const { part, plan } = context;
  // Toxicity is drawn by the proxy's name: the link's alone, as on the virtual network, unless others use the server
  // too.
  const shared = "url" in part;
  const faults = new NetworkFaults({ apiUrl: await apiUrlOf(context), ...(shared ? { prefix: `blastlab-${plan.run}-${process.pid}-` } : {}) });
  await waitUntilReachable(faults, context);
  return { faults, links: new Map() };
}

export interface ConnectOptions {
  readonly warden: Warden;
  readonly plan: Plan;
  /** Where components serve, by their ids. */
  readonly urls: ReadonlyMap<string, string>;
  /** Ports of 127.0.0.1 at which the system wants to reach deployments; others get any free one. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Where the names among these URLs lead. */
  readonly pins?: Pins;
}

/**
 * Connects every link that leads to one of these components. A link to a provider always has a proxy, any other where a
 * fault acts on it. The warden holds a lease on each proxy, so that none outlives the run.
 */
export async function connect({ faults, links }: RunningNetwork, { warden, plan, urls, ports = {}, pins = {} }: ConnectOptions): Promise<void> {
  const faulty = new Set(plan.faults.flatMap(({ target }) => target.links));
  for (const { id, to } of plan.links) {
    const upstream = urls.get(to);
    if (upstream === undefined) continue;
    const { role, deployment = "" } = componentOf(plan, to);
    if (role !== "provider" && !faulty.has(id)) links.set(id, upstream);
    else {
      await warden.lease(linkLeaseId(id), faults.linkLease(id), plan.timeline.endMs + linkDeadManMs);
      links.set(id, await linkAt(faults, { id, upstream: await pinned(upstream, pins), port: ports[deployment] }));
    }
  }
}

/**
 * The near end of a new link. A link that is down for a while finds its port free: it is none that an outgoing
 * connection could get.
 */
async function linkAt(faults: NetworkFaults, { id, upstream, port }: { readonly id: string; readonly upstream: string; readonly port: number | undefined }): Promise<string> {
  const create = (at: number) => faults.createLink(id, upstream, at);
  return (await (port === undefined ? onFreePort(create) : create(port))).url;
}

/** A proxy dials an address that was judged, never a name. */
function pinned(url: string, pins: Pins): Promise<string> {
  const { hostname } = new URL(url);
  return Object.hasOwn(pins, hostname) ? atAddress({ url, host: hostname, addresses: pins[hostname]! }) : Promise.resolve(url);
}

/** Where the clients of each region may send their requests: the near ends of their links. */
export function clientTargets(plan: Plan, links: ReadonlyMap<string, string>): Entries {
  const endsOf = (client: string) => plan.links.filter(({ from }) => from === client).map(({ id }) => links.get(id)!);
  return Object.fromEntries(componentsOf(plan, "client").map(({ id, region }) => [region, endsOf(id)]));
}

const linkLeaseId = (link: string) => `link ${link}`;

/**
 * Lifts everything and deletes the links. What cannot be removed stays leased: the warden tries again, and reports it.
 */
export async function closeNetwork({ faults, links }: RunningNetwork, warden: Warden): Promise<void> {
  try {
    await faults.close();
  } catch (error) {
    if (error instanceof LabError) return;
    throw error;
  }
  for (const id of links.keys()) warden.release(linkLeaseId(id));
}

function apiUrlOf(context: NetworkContext): Promise<string> {
  const { part } = context;
  if (part.kind === "embedded") return startEmbedded(context);
  return "url" in part ? Promise.resolve(part.url) : startToxiproxy(context, part.bin);
}

async function startEmbedded({ warden, directory, plan, ports }: NetworkContext): Promise<string> {
  await writeFile(directory.config("network"), `${JSON.stringify({ seed: plan.seed, listen: { host: "127.0.0.1", port: ports.get("network") ?? 0 } })}\n`);
  const child = await warden.spawn({
    id: "network",
    command: process.execPath,
    args: [...partOptions, embeddedMain, "--config", directory.config("network")],
    log: directory.log("network"),
  });
  return (await child.ready(startLimitMs)).url;
}

async function startToxiproxy({ warden, directory, ports }: NetworkContext, bin: string): Promise<string> {
  const port = ports.get("network") ?? (await freePort());
  await warden.spawn({ id: "network", command: bin, args: ["-host", "127.0.0.1", "-port", String(port)], log: directory.log("network") });
  return `http://127.0.0.1:${port}`;
}

const notYet: ReadonlySet<string> = new Set(["toxiproxy_unreachable", "toxiproxy_timeout"]);

/**
 * What the lab has started may be slow on a busy machine, and toxiproxy-server does not report when it serves. A server
 * that was there before must answer at once.
 */
async function waitUntilReachable(faults: NetworkFaults, { part, directory }: NetworkContext): Promise<void> {
  const patient = !("url" in part);
  const giveUpAt = Date.now() + (patient ? startLimitMs : 0);
  for (;;) {
    try {
      await faults.version();
      return;
    } catch (error) {
      if (!(error instanceof LabError) || !notYet.has(error.code) || Date.now() >= giveUpAt) {
        throw patient ? new LabError({ exit: "failed", code: "toxiproxy_unreachable", message: (error as Error).message, hint: `Read ${directory.log("network")}`, cause: error }) : error;
      }
      await sleep(pollMs);
    }
  }
}
