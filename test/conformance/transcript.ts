import { request } from "node:http";
import { comparedHeaders, normalise } from "./normalise.ts";
import type { Network } from "./networks.ts";

/**
 * One call of the API. `$API` in path or body is the API's own address, `$LISTEN` the `listen` of the last proxy that
 * was shown.
 */
export interface Exchange {
  readonly title?: string;
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly userAgent?: string;
}

/** Makes the calls in order and writes down what came back, normalised. */
export async function transcribe(network: Network, exchanges: readonly Exchange[]): Promise<string> {
  const lines: string[] = [];
  let listen = "";
  for (const exchange of exchanges) {
    const fill = (text: string) => text.replaceAll("$API", new URL(network.url).host).replaceAll("$LISTEN", listen);
    const response = await send(network, { ...exchange, path: fill(exchange.path), ...(exchange.body === undefined ? {} : { body: fill(exchange.body) }) });
    listen = /"listen":"([^"]*)"/.exec(response.body)?.[1] ?? listen;
    lines.push(`> ${exchange.method} ${exchange.path} ${exchange.body ?? ""}`.trimEnd());
    if (exchange.userAgent !== undefined) lines.push(`> user-agent: ${exchange.userAgent}`);
    lines.push(`< ${response.status}`, ...response.headers.map((header) => `< ${header}`), JSON.stringify(normalise(response.body)), "");
  }
  return lines.join("\n");
}

interface Answer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
}

/** By node:http, since fetch cleans paths. */
function send(network: Network, { method, path, body, userAgent }: Exchange): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(network.url);
    const headers = { "user-agent": userAgent ?? "conformance", ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }) };
    const call = request({ host: hostname, port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const shown = comparedHeaders.flatMap((name) => (response.headers[name] === undefined ? [] : [`${name}: ${String(response.headers[name])}`]));
        const id = response.headers["x-toxiproxy-request-id"] === undefined ? [] : ["x-toxiproxy-request-id: ID"];
        resolve({ status: response.statusCode ?? 0, headers: [...shown, ...id], body: Buffer.concat(chunks).toString() });
      });
    });
    call.on("error", reject).end(body);
  });
}
