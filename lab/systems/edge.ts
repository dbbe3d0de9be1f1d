import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { onFreePort, startOf } from "../live/free-port.ts";
import { startLimitMs } from "../live/start-limit.ts";
import { edgeInput } from "../plan/edge-config.ts";
import type { LiveRole } from "./live-role.ts";

const edgeMain = fileURLToPath(new URL("../../gateway/edge/main.ts", import.meta.url));

/** The embedded edge, in front of the gateways. */
export const edge: LiveRole = {
  start: ({ warden, directory, plan, stack, links }, component) => {
    const { id } = component;
    const settings = edgeInput({ plan, component, edge: stack.edge!, linkOrigin: (link) => links.get(link)! });
    return onFreePort(async (port) => {
      await writeFile(directory.config(id), `${JSON.stringify({ ...settings, listen: { host: "127.0.0.1", port } }, null, 1)}\n`);
      const child = await warden.spawn({ id, command: process.execPath, args: [edgeMain, "--config", directory.config(id)], log: directory.log(id) });
      return { id, url: await startOf(child, startLimitMs), ready: async (next) => void (await next.ready(startLimitMs)) };
    });
  },
  lacks: { admin: "an edge takes no faults over HTTP", memory: "the lab limits the heap of gateways only" },
};
