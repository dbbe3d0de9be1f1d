import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { LabError } from "../../kernel/errors.ts";
import { checkListenHost } from "../../kernel/own-network.ts";
import { listenBacklog } from "../../kernel/listen.ts";
import type { Simulator } from "../core/simulator.ts";
import { Connection } from "./exchange.ts";

export interface Listening {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  /** Stops listening and closes all connections. */
  close(): Promise<void>;
}

/**
 * Serves a handler on a loopback address. Port 0 picks a free one. Rejects with `LabError`: `target_forbidden`,
 * `port_in_use`, `listen_failed`. Idle connections are kept longer than any client's pool keeps them, so that no
 * request meets a close by chance.
 */
export async function serve(
  handler: Simulator["answer"],
  listen: { readonly host: string; readonly port: number },
  onBug: (error: unknown) => void = (error) => console.error(error),
): Promise<Listening> {
  checkListenHost(listen.host, process.env);
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    new Connection(socket, handler, onBug);
  });
  await listening(server, listen);
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

function listening(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen({ host, port, backlog: listenBacklog }, resolve);
  });
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): LabError {
  const inUse = cause.code === "EADDRINUSE";
  return new LabError({
    exit: "failed",
    code: inUse ? "port_in_use" : "listen_failed",
    message: `Cannot listen on ${host}:${port}: ${inUse ? "the port is in use" : cause.message}`,
    hint: inUse ? "Stop the process that listens there, or set the port to 0 for a free one." : "Choose another port.",
    cause,
  });
}
