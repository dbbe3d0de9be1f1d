import { createServer } from "node:net";
import { listenBacklog } from "../../kernel/listen.ts";

/** Below every system's range of ports for outgoing connections: between a kill and a restart no client can come to hold the port. */
const lowest = 20_000;
const highest = 29_999;
const triesMax = 100;

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

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", backlog: listenBacklog }, () => server.close(() => resolve(true)));
  });
}
