import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { foreignRequest } from "../../kernel/foreign-request.ts";
import { listenBacklog } from "../../kernel/listen.ts";
import type { ObserverTelemetry } from "./telemetry.ts";

export interface MetricsServer extends AsyncDisposable {
  readonly url: string;
}

/** Serves `/metrics` and `/health/live`. Throws LabError `failed`: `port_in_use` or `listen_failed`. */
export async function serveMetrics(telemetry: Pick<ObserverTelemetry, "answer">, { host, port }: { readonly host: string; readonly port: number }): Promise<MetricsServer> {
  const server = createServer((request, response) => respond(request, response, telemetry));
  server.listen({ host, port, backlog: listenBacklog });
  await once(server, "listening").catch((error: unknown) => Promise.reject(cannotListen(error, port)));
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/**
 * A page in a browser reaches loopback too, so its reads are refused. Over a network the observer has names of its own.
 */
function respond(request: IncomingMessage, response: ServerResponse, telemetry: Pick<ObserverTelemetry, "answer">): void {
  const { host, origin } = request.headers;
  const isLocal = request.socket.localAddress?.replace("::ffff:", "").startsWith("127.") === true;
  const refusal = isLocal ? foreignRequest({ host, origin, contentType: undefined, hasBody: false }) : null;
  if (refusal !== null) return void response.writeHead(refusal.status).end(`${refusal.message}\n`);
  if (request.method !== "GET") return void response.writeHead(405, { allow: "GET" }).end();
  if (request.url === "/metrics") return telemetry.answer(request, response);
  if (request.url === "/health/live") return void response.writeHead(200, { "content-type": "application/json" }).end('{"ok":true}');
  response.writeHead(404).end();
}

function cannotListen(error: unknown, port: number): LabError {
  const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
  return new LabError({
    exit: "failed",
    code: isTaken ? "port_in_use" : "listen_failed",
    message: `Cannot start the observer: ${isTaken ? `port ${port} is in use` : messageOf(error)}`,
    hint: "Name another port in listen, or 0 for any that is free",
    cause: error,
  });
}
