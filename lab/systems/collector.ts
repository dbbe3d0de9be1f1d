import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { startOf } from "../live/free-port.ts";
import { onPortOf } from "../live/run-ports.ts";
import { startLimitMs } from "../live/start-limit.ts";
import type { LiveRole } from "./live-role.ts";

const collectorMain = fileURLToPath(new URL("./collector/main.ts", import.meta.url));

/** A collector of traces, which accepts all and keeps none. */
export const collector: LiveRole = {
  start: ({ warden, directory, ports }, { id }) =>
    onPortOf(ports, id, async (port) => {
      await writeFile(directory.config(id), `${JSON.stringify({ listen: { host: "127.0.0.1", port } })}\n`);
      const child = await warden.spawn({ id, command: process.execPath, args: [collectorMain, "--config", directory.config(id)], log: directory.log(id) });
      return { id, url: await startOf(child, startLimitMs), ready: async (next) => void (await next.ready(startLimitMs)) };
    }),
  lacks: { admin: "a collector takes no faults over HTTP", memory: "the lab limits the heap of gateways only" },
};
