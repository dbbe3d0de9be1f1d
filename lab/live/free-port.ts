import { createServer, type ListenOptions, type Server } from "node:net";
import { LabError } from "../../kernel/errors.ts";
import { listenBacklog } from "../../kernel/listen.ts";
import type { Child } from "../warden/client.ts";
import { childPorts, localPortRange, type PortRange } from "./port-range.ts";

const triesMax = 100;
const startsMax = 5;

/**
 * Starts a child on a port of its own, that it keeps over restarts. `start` is tried again with another port when
 * somebody else has taken the port meanwhile. Rejects as `start` does.
 */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let starts = 1; ; starts++) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (!(error instanceof LabError) || error.code !== "port_in_use" || starts >= startsMax) throw error;
    }
  }
}

/** The URL where a child serves; if it fails to start, it has ended before this rejects. */
export async function startOf(child: Child, timeoutMs: number): Promise<string> {
  try {
    return (await child.ready(timeoutMs)).url;
  } catch (error) {
    await child.stop(0);
    throw error;
  }
}

/**
 * Ports that this process has given to its children, each with what keeps other processes of the lab from giving it to
 * theirs.
 */
const reserved = new Map<number, Server | null>();

/**
 * A port of 127.0.0.1 at which nobody listens, for a child that must find the same one at every start. It is reserved
 * until this process ends: no other process of the lab on this machine is given it. A program that is not the lab's may
 * take it before the child does: retry with another on `port_in_use`.
 */
export async function freePort(random: () => number = Math.random, [first, last]: PortRange = childPorts(localPortRange())): Promise<number> {
  for (let tries = 0; tries < triesMax; tries++) {
    const port = first + Math.floor(random() * (last - first + 1));
    if (await reserve(port)) return port;
  }
  throw new LabError({
    exit: "failed",
    code: "no_free_port",
    message: `Cannot find a free port of 127.0.0.1: ${triesMax} from ${first} to ${last} are in use`,
    hint: "Stop what listens there, or give --ports a range of your own",
  });
}

/** Whether nobody listens at that port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  const server = await listen({ port, host: "127.0.0.1" });
  await new Promise((resolve) => (typeof server === "string" ? resolve(null) : server.close(resolve)));
  return typeof server !== "string";
}

/**
 * False where the port is taken. Its reservation is a socket of Linux's abstract namespace, which is as wide as that of
 * the ports and ends with the process. Where there is none, processes may only collide by chance, between this look and
 * the start of the child.
 */
async function reserve(port: number): Promise<boolean> {
  if (reserved.has(port)) return false;
  const reservation = await listen({ path: `\0blastlab-port-${port}` });
  if (reservation === "EADDRINUSE") return false;
  const held = typeof reservation === "string" ? null : reservation.unref();
  if (await isFree(port)) {
    reserved.set(port, held);
    return true;
  }
  held?.close();
  return false;
}

/** The listening server, or the code of the error. */
function listen(place: Pick<ListenOptions, "host" | "port" | "path">): Promise<Server | string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", ({ code = "" }: NodeJS.ErrnoException) => resolve(code));
    server.listen({ ...place, backlog: listenBacklog }, () => resolve(server));
  });
}
