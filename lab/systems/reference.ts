import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Plan } from "../../kernel/plan.ts";
import type { SystemContext, SystemUnderTest } from "./system.ts";

const gatewayMain = fileURLToPath(new URL("../../gateway/main.ts", import.meta.url));
const readyTimeoutMs = 15_000;

/** The reference gateway of this repository: one data plane that serves every region of the plan. */
export const referenceSystem: SystemUnderTest = {
  name: "reference gateway",
  linkPorts: {},
  async start(context) {
    const { plan, directory, warden } = context;
    await writeFile(directory.config("gateway"), `${JSON.stringify(referenceConfig(context), null, 1)}\n`);
    const gateway = await warden.spawn({
      id: "gateway",
      command: process.execPath,
      args: [gatewayMain, "--config", directory.config("gateway")],
      env: { BLASTLAB_SIMULATOR_KEY: "sk-simulated" },
      log: directory.log("gateway"),
    });
    const { url } = await gateway.ready(readyTimeoutMs);
    return {
      targets: Object.fromEntries(plan.cells.map((cell) => [cell.region, url])),
      keys: virtualKeys(plan),
      metricsUrl: `${url}/metrics`,
    };
  },
};

/** The gateway's configuration file for this plan: the scenario's settings, and what only the lab knows. */
export function referenceConfig({ plan, settings, links, epochMs }: Pick<SystemContext, "plan" | "settings" | "links" | "epochMs">) {
  const keys = virtualKeys(plan);
  return {
    listen: { host: "127.0.0.1", port: 0 },
    ...settings,
    epochMs,
    region: plan.cells[0]!.region,
    keys: [...new Set(plan.cells.map(({ team, feature }) => `${team}/${feature}`))].map((owner) => {
      const [team, feature] = owner.split("/") as [string, string];
      return { key: keys[owner]!, team, feature };
    }),
    deployments: plan.deployments.map(({ name, dialect, model }) => ({
      name,
      dialect,
      model,
      baseUrl: `${links.get(name)!}/v1`,
      credential: "env:BLASTLAB_SIMULATOR_KEY",
      continuesPrefix: dialect === "anthropic",
    })),
    routes: plan.routes,
  };
}

function virtualKeys(plan: Plan): Record<string, string> {
  return Object.fromEntries(plan.cells.map(({ team, feature }) => [`${team}/${feature}`, `vk-${team}-${feature}`]));
}
