import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface EagerGateway extends AsyncDisposable {
  readonly url: string;
}

/**
 * A gateway that flushes the headers of every stream at once, before it has asked its provider for anything, as many do. It forwards each
 * request to the OpenAI-compatible provider at `providerUrl` as `model`. Only for requests that stream.
 */
export async function startEagerGateway({ providerUrl, model }: { providerUrl: string; model: string }): Promise<EagerGateway> {
  const server = createServer((incoming, outgoing) => void forward(incoming, outgoing).catch(() => outgoing.destroy()));
  const forward = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (incoming.method !== "POST") return void outgoing.writeHead(404).end();
    const body: object = await readJson(incoming);
    const upstream = request(`${providerUrl}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer sk-simulated", "x-client-request-id": String(incoming.headers["x-client-request-id"]) },
    });
    if ("stream" in body && body.stream === true) outgoing.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
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
