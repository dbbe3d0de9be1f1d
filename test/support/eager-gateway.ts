import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface EagerGateway extends AsyncDisposable {
  readonly url: string;
}

/**
 * A gateway that flushes the headers of every stream at once, before it has asked its provider for anything, as many
 * do. It forwards each request to the OpenAI-compatible provider at `providerUrl` as `model`. From `slowAfterMs` after
 * its first stream on, it takes `slowMs` to do so.
 */
export async function startEagerGateway(options: { providerUrl: string; model: string; slowAfterMs: number; slowMs: number }): Promise<EagerGateway> {
  const { providerUrl, model, slowAfterMs, slowMs } = options;
  let firstMs: number | null = null;
  const server = createServer((incoming, outgoing) => void forward(incoming, outgoing).catch(() => outgoing.destroy()));
  const forward = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (incoming.method !== "POST") return void outgoing.writeHead(404).end();
    const body: object = await readJson(incoming);
    if ("stream" in body && body.stream === true) {
      outgoing.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      firstMs ??= performance.now();
      if (performance.now() - firstMs >= slowAfterMs) await sleep(slowMs);
    }
    const upstream = request(`${providerUrl}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer sk-simulated", "x-client-request-id": String(incoming.headers["x-client-request-id"]) },
    });
    upstream.once("error", () => outgoing.destroy());
    outgoing.once("close", () => upstream.destroy());
    upstream.once("response", (answer) => {
      if (!outgoing.headersSent) outgoing.writeHead(answer.statusCode!, { "content-type": "application/json" });
      answer.once("error", () => outgoing.destroy());
      answer.pipe(outgoing);
    });
    upstream.end(JSON.stringify({ ...body, model }));
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: close };
}

async function readJson(incoming: IncomingMessage): Promise<object> {
  let text = "";
  for await (const part of incoming.setEncoding("utf8")) text += String(part);
  return JSON.parse(text) as object;
}
