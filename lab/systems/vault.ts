import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Plan } from "../../kernel/plan.ts";
import { startOf } from "../live/free-port.ts";
import { onPortOf } from "../live/run-ports.ts";
import { startLimitMs } from "../live/start-limit.ts";
import { secretOf, simulatorKey } from "../plan/gateway-config.ts";
import { vaultInput } from "../plan/vault-config.ts";
import type { LiveRole } from "./live-role.ts";
import { asOperator, type Operator } from "./operator.ts";
import { environmentOf } from "./region-secrets.ts";

const vaultMain = fileURLToPath(new URL("../../gateway/vault/main.ts", import.meta.url));

/** What every simulator accepts, as the credential of each deployment that has none yet. */
export async function putCredentials(operator: Operator, { deployments }: Pick<Plan, "deployments">): Promise<void> {
  const { secrets } = (await asOperator(operator, "GET", "/v1/status")) as { readonly secrets: readonly { readonly name: string }[] };
  const missing = deployments.filter(({ name }) => !secrets.some((secret) => secret.name === secretOf(name)));
  for (const { name } of missing) await asOperator(operator, "POST", "/v1/secrets", { name: secretOf(name), value: simulatorKey, operator: "lab" });
}

/** A region's vault, with the credentials of all providers. */
export const vault: LiveRole = {
  start: async ({ warden, directory, plan, stack, secretsOf, ports }, component) => {
    const { id, region } = component;
    const secrets = secretsOf(region);
    const settings = vaultInput({ component, vault: stack.vault!, disk: directory.disk(id) });
    const url = await onPortOf(ports, id, async (port) => {
      await writeFile(directory.config(id), `${JSON.stringify({ ...settings, listen: { host: "127.0.0.1", port } }, null, 1)}\n`);
      const env = environmentOf(secrets, ["vaultMaster", "vaultPlane", "vaultOperator"]);
      const child = await warden.spawn({ id, command: process.execPath, args: [vaultMain, "--config", directory.config(id)], env, log: directory.log(id) });
      return startOf(child, startLimitMs);
    });
    const operator = { url, key: secrets.vaultOperator };
    await putCredentials(operator, plan);
    return { id, url, metricsUrl: `${url}/metrics`, operator, ready: async (next) => void (await next.ready(startLimitMs)) };
  },
  lacks: { admin: "a vault takes no faults over HTTP", memory: "the lab limits the heap of gateways only" },
};
