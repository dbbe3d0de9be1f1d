import type { FastifyInstance } from "fastify";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { listenBacklog } from "../../kernel/listen.ts";

/** Listens, and returns the URL. Throws `LabError` `port_in_use` or `listen_failed`, which name the setting. */
export async function listening(app: FastifyInstance, { host, port }: { readonly host: string; readonly port: number }, setting: string): Promise<string> {
  try {
    return await app.listen({ host, port, backlog: listenBacklog });
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
    throw new LabError({
      exit: "failed",
      code: isTaken ? "port_in_use" : "listen_failed",
      message: isTaken ? `Cannot start the edge: port ${port} is in use` : `Cannot start the edge: ${messageOf(error)}`,
      hint: `set ${setting}.port to a free port, or to 0 for any`,
      cause: error,
    });
  }
}
