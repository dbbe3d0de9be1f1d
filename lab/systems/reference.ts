import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { componentsOf, entriesOf, type Component } from "../../kernel/topology.ts";
import { gatewayInput, simulatorKeyVariable, virtualKeys } from "../plan/gateway-config.ts";
import type { SystemContext, SystemUnderTest } from "./system.ts";

const gatewayMain = fileURLToPath(new URL("../../gateway/main.ts", import.meta.url));
const readyTimeoutMs = 15_000;

/** The reference gateway of this repository: a data plane for each gateway component of the plan. */
export const referenceSystem: SystemUnderTest = {
  name: "reference gateway",
  linkPorts: {},
  async start(context) {
    const started = await Promise.all(componentsOf(context.plan, "gateway").map(async (component) => [component.id, await startGateway(context, component)] as const));
    const urls = new Map(started);
    return {
      targets: Object.fromEntries([...entriesOf(context.plan)].map(([region, [entry]]) => [region, urls.get(entry!.id)!])),
      keys: virtualKeys(context.plan),
      metricsUrl: `${[...urls.values()][0]!}/metrics`,
    };
  },
};

async function startGateway(context: SystemContext, component: Component): Promise<string> {
  const { directory, warden } = context;
  const { id } = component;
  await writeFile(directory.config(id), `${JSON.stringify({ listen: { host: "127.0.0.1", port: 0 }, ...referenceConfig(context, component) }, null, 1)}\n`);
  const gateway = await warden.spawn({
    id,
    command: process.execPath,
    args: [gatewayMain, "--config", directory.config(id)],
    env: { [simulatorKeyVariable]: "sk-simulated" },
    log: directory.log(id),
  });
  return (await gateway.ready(readyTimeoutMs)).url;
}

/** The configuration file of one gateway of this plan. */
export function referenceConfig({ plan, stack, links, epochMs }: Pick<SystemContext, "plan" | "stack" | "links" | "epochMs">, component: Component) {
  return gatewayInput({ plan, component, settings: stack.gateway, linkOrigin: (link) => links.get(link)!, epochMs });
}
