import { createServer } from "node:net";
import { LabError } from "../../kernel/errors.ts";
import { listenBacklog } from "../../kernel/listen.ts";
import type { Child } from "../warden/client.ts";

/** Below every system's range of ports for outgoing connections: between a kill and a restart no client can come to hold the port. */
const lowest = 20_000;
const highest = 29_999;
const triesMax = 100;
const startsMax = 5;

/**
 * Starts a child on a port of its own, that it keeps over restarts. `start` is tried again with another port when somebody else has taken
 * the port meanwhile. Rejects as `start` does.
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
 * A port of 127.0.0.1 at which nobody listens, for a child that must find the same one at every start. Another process may take it before
 * the child does: retry with another on `port_in_use`.
 */
export async function freePort(random: () => number = Math.random): Promise<number> {
  for (let tries = 0; tries < triesMax; tries++) {
    const port = lowest + Math.floor(random() * (highest - lowest + 1));
    if (await isFree(port)) return port;
  }
  throw new Error(`There is no free port from ${lowest} to ${highest}`);
}

/** Whether nobody listens at that port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", backlog: listenBacklog }, () => server.close(() => resolve(true)));
  });
}
