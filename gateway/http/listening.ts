import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { listenBacklog } from "../../kernel/listen.ts";

/** What listens, for messages: `part` is `the gateway`; `setting` is where its port is set. */
export interface Listener {
  readonly part: string;
  readonly setting: string;
}

/**
 * Listens, and returns the URL. Throws `LabError` `port_in_use` or `listen_failed`, which name the part and its
 * setting.
 */
export async function listening(app: FastifyInstance, { host, port }: { readonly host: string; readonly port: number }, listener: Listener): Promise<string> {
  try {
    return await app.listen({ host, port, backlog: listenBacklog });
  } catch (error) {
    throw cannotListen(error, port, listener);
  }
}

export function cannotListen(error: unknown, port: number, { part, setting }: Listener): LabError {
  const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
  return new LabError({
    exit: "failed",
    code: isTaken ? "port_in_use" : "listen_failed",
    message: isTaken ? `Cannot start ${part}: port ${port} is in use` : `Cannot start ${part}: ${messageOf(error)}`,
    hint: `set ${setting}.port to a free port, or to 0 for any`,
    cause: error,
  });
}

/** Closes it with the connections that are open. */
export async function closeServer(app: FastifyInstance): Promise<void> {
  const closing = app.close();
  app.server.closeAllConnections();
  await closing;
}

/**
 * Counts the requests that have arrived and are not answered to their end. While `isDraining`, connections are not
 * kept.
 */
export function countOpen({ server }: FastifyInstance, isDraining: () => boolean): { readonly responses: number } {
  const open = { responses: 0 };
  server.on("request", (_, response: ServerResponse) => {
    open.responses++;
    if (isDraining()) response.shouldKeepAlive = false;
    response.once("close", () => open.responses--);
  });
  return open;
}
