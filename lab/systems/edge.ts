import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { LabError } from "../../kernel/errors.ts";
import { freePort, startOf } from "../live/free-port.ts";
import { onPortOf } from "../live/run-ports.ts";
import { startLimitMs } from "../live/start-limit.ts";
import { edgeInput } from "../plan/edge-config.ts";
import { findHaproxy } from "../tools/on-path.ts";
import type { LiveRole } from "./live-role.ts";

const edgeMain = fileURLToPath(new URL("../../gateway/edge/main.ts", import.meta.url));

/** The edge, embedded or HAProxy, in front of the gateways. */
export const edge: LiveRole = {
  check: (stack) => {
    if (stack.containers && stack.edge?.engine === "haproxy") throw new LabError({ exit: "refused", code: "tool_missing", message: "The stack's edges are HAProxy, which the image of its containers does not have", hint: "Use `edge.engine: embedded`, or leave `containers` out of the stack" });
    if (stack.edge?.engine !== "haproxy" || findHaproxy() !== null) return;
    throw new LabError({
      exit: "refused",
      code: "tool_missing",
      message: "The stack's edges are HAProxy, and there is no haproxy on this machine",
      hint: "Install HAProxy 2.4 or later, or name its binary by BLASTLAB_HAPROXY_BIN; a stack with `edge.engine: embedded` needs none",
    });
  },
  start: ({ warden, directory, plan, stack, links, ports }, component) => {
    const { id } = component;
    const settings = edgeInput({ plan, component, edge: stack.edge!, linkOrigin: (link) => links.get(link)! });
    return onPortOf(ports, id, async (port) => {
      const adminPort = ports.get(`${id}-admin`) ?? (await freePort());
      const listens = { listen: { host: "127.0.0.1", port }, admin: { ...settings.admin, listen: { host: "127.0.0.1", port: adminPort } } };
      await writeFile(directory.config(id), `${JSON.stringify({ ...settings, ...listens }, null, 1)}\n`);
      const child = await warden.spawn({ id, command: process.execPath, args: [edgeMain, "--config", directory.config(id)], variables: ["BLASTLAB_HAPROXY_BIN"], log: directory.log(id) });
      const url = await startOf(child, startLimitMs);
      return { id, url, metricsUrl: `http://127.0.0.1:${adminPort}/metrics`, ready: async (next) => void (await next.ready(startLimitMs)) };
    });
  },
  lacks: { admin: "an edge takes no faults over HTTP", memory: "the lab limits the heap of gateways only" },
};
