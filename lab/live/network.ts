import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { LabError } from "../../kernel/errors.ts";
import type { Plan } from "../../kernel/plan.ts";
import { componentOf, componentsOf } from "../../kernel/topology.ts";
import { NetworkFaults } from "../conductor/live/network-faults.ts";
import type { Entries } from "../load/core/entries.ts";
import type { Warden } from "../warden/client.ts";
import type { RunDirectory } from "./directory.ts";
import { freePort } from "./free-port.ts";
import type { NetworkPart } from "./parts.ts";

const embeddedMain = fileURLToPath(new URL("../../simulators/network/main.ts", import.meta.url));
const readyTimeoutMs = 15_000;
const pollMs = 50;
/** How long after its end a run's links may stay at a toxiproxy-server that the lab did not start. */
const linkDeadManMs = 120_000;

export interface NetworkContext {
  readonly part: NetworkPart;
  readonly warden: Warden;
  readonly directory: RunDirectory;
  readonly plan: Plan;
  /** Base URL of each deployment's provider. */
  readonly upstreams: ReadonlyMap<string, string>;
  /** Port at which the system wants to reach each deployment; others get any free one. */
  readonly linkPorts: Readonly<Record<string, number>>;
}

/** The network around the system under test. */
export interface RunningNetwork {
  readonly faults: NetworkFaults;
  /** Near end of each link, by its id. */
  readonly links: Map<string, string>;
}

/** Puts a link in front of every provider. The warden holds a lease on each, so that none outlives the run. */
export async function startNetwork(context: NetworkContext): Promise<RunningNetwork> {
  const { part, plan, warden, upstreams, linkPorts } = context;
  // Toxicity is drawn by the proxy's name: the link's alone, as on the virtual network, unless others use the server too.
  const shared = "url" in part;
  const faults = new NetworkFaults({ apiUrl: await apiUrlOf(context), ...(shared ? { prefix: `blastlab-${plan.run}-${process.pid}-` } : {}) });
  await waitUntilReachable(faults, context);
  const network = { faults, links: new Map<string, string>() };
  for (const { id, to } of plan.links) {
    const { deployment } = componentOf(plan, to);
    const upstream = deployment === undefined ? undefined : upstreams.get(deployment);
    if (deployment === undefined || upstream === undefined) continue;
    await addLink(network, { warden, plan, id, upstream, port: linkPorts[deployment] });
  }
  return network;
}

/**
 * Puts a link in front of what the clients call, where a fault acts on it. Resolves to where the clients of each region send their requests;
 * `urls` is where each component serves.
 */
export async function connectClients(network: RunningNetwork, { warden, plan, urls }: { warden: Warden; plan: Plan; urls: ReadonlyMap<string, string> }): Promise<Entries> {
  const targets: Record<string, string[]> = {};
  const faulty = new Set(plan.faults.flatMap(({ target }) => target.links));
  for (const client of componentsOf(plan, "client")) {
    const entries: string[] = [];
    for (const { id, to } of plan.links.filter(({ from }) => from === client.id)) {
      const url = urls.get(to)!;
      entries.push(faulty.has(id) ? await addLink(network, { warden, plan, id, upstream: url }) : url);
    }
    targets[client.region] = entries;
  }
  return targets;
}

async function addLink({ faults, links }: RunningNetwork, options: { warden: Warden; plan: Plan; id: string; upstream: string; port?: number | undefined }): Promise<string> {
  const { warden, plan, id, upstream, port } = options;
  await warden.lease(`link ${id}`, faults.linkLease(id), plan.timeline.endMs + linkDeadManMs);
  const { url } = await faults.createLink(id, upstream, port);
  links.set(id, url);
  return url;
}

/** Lifts everything and deletes the links. What cannot be removed stays leased: the warden tries again, and reports it. */
export async function closeNetwork({ faults, links }: RunningNetwork, warden: Warden): Promise<void> {
  try {
    await faults.close();
  } catch (error) {
    if (error instanceof LabError) return;
    throw error;
  }
  for (const id of links.keys()) warden.release(`link ${id}`);
}

function apiUrlOf(context: NetworkContext): Promise<string> {
  const { part } = context;
  if (part.kind === "embedded") return startEmbedded(context);
  return "url" in part ? Promise.resolve(part.url) : startToxiproxy(context, part.bin);
}

async function startEmbedded({ warden, directory, plan }: NetworkContext): Promise<string> {
  await writeFile(directory.config("network"), `${JSON.stringify({ seed: plan.seed, listen: { host: "127.0.0.1", port: 0 } })}\n`);
  const child = await warden.spawn({
    id: "network",
    command: process.execPath,
    args: [embeddedMain, "--config", directory.config("network")],
    log: directory.log("network"),
  });
  return (await child.ready(readyTimeoutMs)).url;
}

async function startToxiproxy({ warden, directory }: NetworkContext, bin: string): Promise<string> {
  const port = await freePort();
  await warden.spawn({ id: "network", command: bin, args: ["-host", "127.0.0.1", "-port", String(port)], log: directory.log("network") });
  return `http://127.0.0.1:${port}`;
}

/** toxiproxy-server takes a port number and says nothing when it serves. */
async function waitUntilReachable(faults: NetworkFaults, { part, directory }: NetworkContext): Promise<void> {
  const patient = part.kind === "toxiproxy" && "bin" in part;
  const giveUpAt = Date.now() + (patient ? readyTimeoutMs : 0);
  for (;;) {
    try {
      await faults.version();
      return;
    } catch (error) {
      if (!(error instanceof LabError) || error.code !== "toxiproxy_unreachable" || Date.now() >= giveUpAt) {
        throw patient ? new LabError({ exit: "failed", code: "toxiproxy_unreachable", message: (error as Error).message, hint: `Read ${directory.log("network")}`, cause: error }) : error;
      }
      await sleep(pollMs);
    }
  }
}
