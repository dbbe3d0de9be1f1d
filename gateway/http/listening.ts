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

export interface OpenRequests {
  /** The requests that have arrived and are not answered to their end. */
  readonly responses: number;
  /** From now on each answer closes its connection, also those to requests that have arrived. */
  endConnections(): void;
}

export function countOpen({ server }: FastifyInstance): OpenRequests {
  const open = new Set<ServerResponse>();
  let isEnding = false;
  server.on("request", (_, response: ServerResponse) => {
    open.add(response);
    if (isEnding) response.shouldKeepAlive = false;
    response.once("close", () => open.delete(response));
  });
  return {
    get responses() {
      return open.size;
    },
    endConnections: () => {
      isEnding = true;
      for (const response of open) response.shouldKeepAlive = false;
    },
  };
}
