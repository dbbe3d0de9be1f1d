import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A relay in front of a Toxiproxy's API that answers 500 to every request that would remove a toxic or change one. */
export interface StubbornToxiproxy extends AsyncDisposable {
  readonly url: string;
}

export async function startStubbornToxiproxy(upstream: string): Promise<StubbornToxiproxy> {
  const server = createServer((request, response) => void relay(request, response, upstream));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function relay(request: IncomingMessage, response: ServerResponse, upstream: string): Promise<void> {
  const { method = "GET", url = "/" } = request;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (/\/toxics\/[^/]+$/.test(url) && method !== "GET") return void response.writeHead(500).end("the toxic stays");
  const answer = await fetch(upstream + url, { method, ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks), headers: { "content-type": "application/json" } }) });
  response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" }).end(Buffer.from(await answer.arrayBuffer()));
}
