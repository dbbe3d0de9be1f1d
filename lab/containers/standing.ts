import { writeFile } from "node:fs/promises";
import path from "node:path";
import { linkId, componentsOf, type Component, type Role } from "../../kernel/topology.ts";
import { keysReference } from "../client-keys.ts";
import { createRunDirectory } from "../live/directory.ts";
import { clientTargets } from "../live/network.ts";
import { scrapeTargetsFile, writeScrapeTargets, type MetricsUrls } from "../live/scrape-targets.ts";
import { simulatorConfig } from "../live/simulators.ts";
import { controlInput } from "../plan/control-config.ts";
import { edgeInput } from "../plan/edge-config.ts";
import { gatewayInput } from "../plan/gateway-config.ts";
import { providerCallers } from "../../scenarios/stack-roles.ts";
import { resolveRun, type ResolvedRun } from "../plan/resolve-run.ts";
import { vaultInput } from "../plan/vault-config.ts";

/** Where a component of each role listens in its container; docker-compose.yml publishes the edges'. */
export const standingPorts = { edge: 8080, gateway: 8080, control: 8090, vault: 8100, store: 6379, collector: 4318, provider: 9000 } as const satisfies Partial<Record<Role, number>>;
/** Where an edge shows its state and metrics, and where the observer shows its own. */
export const edgeAdminPort = 8081;
export const observerPort = 9464;
const toxiproxyPort = 9100;
const clientTimeoutMs = 60_000;

/** Two requests a second for an hour, without a fault. Then load and observer end, and Docker starts them again. */
export const standingRun = (): ResolvedRun =>
  resolveRun({ scenario: "healthy", stack: "compose", sets: ["workload.requestsPerSecond=2", "timeline.steadyMs=3600000", "timeline.recoveryMs=0"] });

/** Where a component is reached in the network of docker-compose.yml: services have the ids of components. */
export function originOf({ id, role }: Pick<Component, "id" | "role">): string {
  return `http://${id}:${standingPorts[role as keyof typeof standingPorts]}`;
}

/** Each link to a provider has a proxy of its own. */
function proxiesOf({ plan }: Pick<ResolvedRun, "plan">) {
  const callers = new Set(plan.components.filter(({ role }) => providerCallers.has(role)).map(({ id }) => id));
  const isProxied = (to: string) => componentsOf(plan, "provider").some(({ id }) => id === to);
  return plan.links.filter(({ from, to }) => callers.has(from) && isProxied(to)).map(({ id, to }, index) => ({ link: id, to, port: toxiproxyPort + index }));
}

/** Every file of the system in `folder`, where each container reads its own: by name, its content. */
export function standingFiles(run: ResolvedRun, folder: string): ReadonlyMap<string, object> {
  const { plan, stack } = run;
  const proxies = proxiesOf(run);
  const byId = new Map(plan.components.map((component) => [component.id, component]));
  const linkOrigin = (link: string) => {
    const proxy = proxies.find((each) => each.link === link);
    return proxy === undefined ? originOf(byId.get(plan.links.find(({ id }) => id === link)!.to)!) : `http://toxiproxy:${proxy.port}`;
  };
  const address = (role: keyof typeof standingPorts) => ({ listen: { host: "0.0.0.0", port: standingPorts[role] } });
  const disk = (id: string) => path.join(folder, "disk", id);
  const each = (role: keyof typeof standingPorts, content: (component: Component) => object) => componentsOf(plan, role).map((component) => [component.id, { ...content(component), ...address(role) }] as const);
  const admin = { open: true, listen: { host: "0.0.0.0", port: edgeAdminPort } };
  const targets = clientTargets(plan, new Map(componentsOf(plan, "client").flatMap(({ id }) => componentsOf(plan, "edge").map((edge) => [linkId(id, edge.id), originOf(edge)] as const))));
  const shared = { run: plan.run, targets, pins: {}, keys: keysReference, headers: {}, epochMs: "start" };
  return new Map<string, object>([
    ...each("edge", (component) => ({ ...edgeInput({ plan, component, edge: stack.edge!, linkOrigin }), admin })),
    ...each("gateway", (component) => gatewayInput({ plan, component, settings: stack.gateway, linkOrigin, epochMs: 0, disk: disk(component.id) })),
    ...each("control", (component) => controlInput({ plan, component, control: stack.control!, linkOrigin, disk: disk(component.id) })),
    ...each("vault", (component) => vaultInput({ component, vault: stack.vault!, disk: disk(component.id) })),
    ...each("collector", () => ({})),
    ...each("provider", ({ deployment }) => simulatorConfig(plan, plan.deployments.find(({ name }) => name === deployment)!, path.join(folder, "taps", `wire-${deployment}.ndjson`))),
    ["toxiproxy", proxies.map(({ link, to, port }) => ({ name: link, listen: `0.0.0.0:${port}`, upstream: `${to}:${standingPorts.provider}`, enabled: true }))],
    ["load", { ...shared, seed: plan.seed, arrivals: path.join(folder, "arrivals.ndjson"), tryOthers: true, timeoutMs: clientTimeoutMs, tap: path.join(folder, "taps", "client.ndjson") }],
    ["observer", { ...shared, directory: folder, listen: { host: "0.0.0.0", port: observerPort }, metricsUrls: componentsOf(plan, "gateway").map((gateway) => `${originOf(gateway)}/metrics`) }],
  ]);
}

/** Where Prometheus reads the metrics of each part that shows some. */
export function standingMetrics({ plan }: Pick<ResolvedRun, "plan">): MetricsUrls {
  const shown = plan.components.filter(({ role }) => ["gateway", "control", "vault"].includes(role)).map((component) => [component.id, `${originOf(component)}/metrics`] as const);
  const edges = componentsOf(plan, "edge").map(({ id }) => [id, `http://${id}:${edgeAdminPort}/metrics`] as const);
  return new Map([...shown, ...edges, ["observer", `http://observer:${observerPort}/metrics`]]);
}

/**
 * Writes the system's run directory into `folder`, which must be empty, and beside it the list of its parts for
 * Prometheus.
 */
export async function writeStanding(run: ResolvedRun, folder: string): Promise<void> {
  const directory = await createRunDirectory(folder, run);
  for (const [id, content] of standingFiles(run, folder)) await writeFile(directory.config(id), `${JSON.stringify(content, null, 1)}\n`);
  await writeScrapeTargets(scrapeTargetsFile(folder), run.plan, standingMetrics(run));
}
