import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gatewayInput, simulatorKeyVariable, virtualKeys } from "../plan/gateway-config.ts";
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
      env: { [simulatorKeyVariable]: "sk-simulated" },
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

/** The gateway's configuration file for this plan. */
export function referenceConfig({ plan, settings, links, epochMs }: Pick<SystemContext, "plan" | "settings" | "links" | "epochMs">) {
  return gatewayInput({ plan, settings, linkOrigin: (deployment) => links.get(deployment)!, epochMs });
}
