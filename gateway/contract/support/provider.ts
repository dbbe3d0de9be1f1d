import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** One request as a provider saw it. */
export interface Seen {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
  /** The body, to the byte. */
  readonly text: string;
}

/** What a provider does with a request. */
export type Answer = (response: ServerResponse, seen: Seen) => void;

export interface Provider {
  readonly origin: string;
  readonly seen: Seen[];
}

/** A provider on a socket of its own, for as long as the test runs. */
export async function startProvider(answer: Answer): Promise<Provider> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part)).on("end", () => {
      const text = Buffer.concat(parts).toString();
      const one: Seen = { path: request.url ?? "", headers: request.headers, body: JSON.parse(text) as Record<string, unknown>, text };
      seen.push(one);
      answer(response, one);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

export function sendJson(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

export function sendEvents(response: ServerResponse, events: string): void {
  response.writeHead(200, { "content-type": "text/event-stream" }).end(events);
}
