import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { startOf } from "../live/free-port.ts";
import { onPortOf } from "../live/run-ports.ts";
import { startLimitMs } from "../live/start-limit.ts";
import { controlInput } from "../plan/control-config.ts";
import { corporaOf } from "../plan/eval-gates.ts";
import { firstPackage } from "../plan/gateway-config.ts";
import { controlPushes } from "./control-pushes.ts";
import type { LiveRole } from "./live-role.ts";
import { credentialEnvironment } from "./credentials.ts";
import { environmentOf } from "./region-secrets.ts";

const controlMain = fileURLToPath(new URL("../../gateway/control/main.ts", import.meta.url));

/**
 * A region's control plane. It runs data planes of its own for its checks, which reach the providers as a gateway does.
 */
export const control: LiveRole = {
  start: async ({ warden, directory, plan, stack, links, secretsOf, ports }, component) => {
    const { id, region } = component;
    const secrets = secretsOf(region);
    const corpusAt = (prompt: string) => directory.config(`corpus-${prompt}`);
    for (const { prompt, corpus } of corporaOf(plan)) await writeFile(corpusAt(prompt), `${JSON.stringify(corpus)}\n`);
    const settings = controlInput({ plan, component, control: stack.control!, linkOrigin: (link) => links.get(link)!, disk: directory.disk(id), corpusAt });
    const url = await onPortOf(ports, id, async (port) => {
      await writeFile(directory.config(id), `${JSON.stringify({ ...settings, listen: { host: "127.0.0.1", port } }, null, 1)}\n`);
      const env = { ...environmentOf(secrets, ["controlPlane", "controlOperator", "controlFolder"]), ...credentialEnvironment(plan, secrets) };
      const child = await warden.spawn({ id, command: process.execPath, args: [controlMain, "--config", directory.config(id)], env, log: directory.log(id) });
      return startOf(child, startLimitMs);
    });
    const operator = { url, key: secrets.controlOperator };
    return { id, url, metricsUrl: `${url}/metrics`, operator, configuration: controlPushes(operator, firstPackage(plan, component, stack.gateway)), ready: async (next) => void (await next.ready(startLimitMs)) };
  },
  lacks: { admin: "a control plane takes no faults over HTTP", memory: "the lab limits the heap of gateways only" },
};
