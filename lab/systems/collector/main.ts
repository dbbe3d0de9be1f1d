/** A collector of traces that accepts all and keeps nothing: see "Processes of a live run" in docs/ARCHITECTURE.md. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { LabError, messageOf } from "../../../kernel/errors.ts";
import { checkListenHost } from "../../../kernel/own-network.ts";
import { listenBacklog } from "../../../kernel/listen.ts";
import { readLoadConfig, runLoadProcess } from "../../load/process.ts";

const configSchema = z.object({ listen: z.object({ host: z.enum(["127.0.0.1", "0.0.0.0"]), port: z.int().min(0) }) });

process.exit(
  await runLoadProcess({
    source: "lab/systems/collector/main.ts",
    prepare: (configFile) => readLoadConfig(configFile, configSchema).listen,
    async run({ host, port }, { stop, ready }) {
      checkListenHost(host, process.env);
      const server = createServer((request, response) => {
        request.resume().once("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"));
      });
      server.listen({ host, port, backlog: listenBacklog });
      // Rejects with the server's error, such as a port in use.
      await once(server, "listening").catch((error: unknown) => Promise.reject(cannotListen(error, port)));
      ready(`http://${host}:${(server.address() as AddressInfo).port}`);
      await new Promise<void>((resolve) => void stop.onAbort(() => resolve()));
      server.closeAllConnections();
      server.close();
    },
  }),
);

function cannotListen(error: unknown, port: number): LabError {
  const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  return new LabError({
    exit: "failed",
    code: isTaken ? "port_in_use" : "listen_failed",
    message: isTaken ? `port ${port} is in use` : messageOf(error),
    hint: "Run again",
    cause: error,
  });
}
