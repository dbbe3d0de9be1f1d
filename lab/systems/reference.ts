import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { componentsOf, type Component } from "../../kernel/topology.ts";
import { startOf } from "../live/free-port.ts";
import { onPortOf } from "../live/run-ports.ts";
import { gatewayInput, virtualKeys } from "../plan/gateway-config.ts";
import type { RunDirectory } from "../live/directory.ts";
import type { Child } from "../warden/client.ts";
import { credentialEnvironment } from "./credentials.ts";
import { environmentOf } from "./region-secrets.ts";
import type { SystemContext, SystemUnderTest } from "./system.ts";
import { startLimitMs } from "../live/start-limit.ts";
import { partOptions } from "../node-options.ts";

const gatewayMain = fileURLToPath(new URL("../../gateway/main.ts", import.meta.url));

/** The reference gateway of this repository: a data plane for each gateway component of the plan. */
export const referenceSystem: SystemUnderTest = {
  name: "reference gateway",
  linkPorts: {},
  async start(context) {
    const started = await Promise.all(componentsOf(context.plan, "gateway").map(async (component) => [component.id, await startGateway(context, component)] as const));
    const urls = new Map(started);
    const components = new Map(started.map(([id, adminUrl]) => [id, { child: id, adminUrl, configuration: context.directory.config(id), ready: async (child: Child) => void (await child.ready(startLimitMs)) }]));
    return { urls, components, keys: virtualKeys(context.plan), headers: {}, metricsUrls: [...urls.values()].map((url) => `${url}/metrics`) };
  },
};

/** Resolves to its URL, which later starts have too: its port is in its configuration file. */
function startGateway(context: SystemContext, component: Component): Promise<string> {
  const { directory, warden, plan } = context;
  const { id, region } = component;
  const secrets = context.secretsOf(region);
  const followsControl = componentsOf(plan, "control").length > 0;
  const settings = referenceConfig(context, component);
  const start = async (port: number) => {
    await writeFile(directory.config(id), `${JSON.stringify({ listen: { host: "127.0.0.1", port }, ...settings }, null, 1)}\n`);
    const gateway = await warden.spawn({
      id,
      command: process.execPath,
      args: [...partOptions, gatewayMain, "--config", directory.config(id)],
      env: { ...credentialEnvironment(plan, secrets), ...(followsControl && environmentOf(secrets, ["controlPlane"])), ...collectorEnvironment(context, component) },
      log: directory.log(id),
    });
    return startOf(gateway, startLimitMs);
  };
  // A stack may name the port itself.
  return Object.hasOwn(settings, "listen") ? start(0) : onPortOf(context.ports, id, start);
}

/** Where the gateway exports its traces, in a stack with collectors. */
function collectorEnvironment({ plan, links }: SystemContext, { id }: Component): Record<string, string> {
  const collectors = new Set(componentsOf(plan, "collector").map((collector) => collector.id));
  const link = plan.links.find(({ from, to }) => from === id && collectors.has(to));
  return link === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: links.get(link.id)! };
}

/** The configuration file of one gateway of this plan. */
export function referenceConfig({ plan, stack, links, epochMs, directory }: Pick<SystemContext, "plan" | "stack" | "links" | "epochMs"> & { readonly directory: Pick<RunDirectory, "disk"> }, component: Component) {
  return gatewayInput({ plan, component, settings: stack.gateway, linkOrigin: (link) => links.get(link)!, epochMs, disk: directory.disk(component.id) });
}
