import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { add } from "./load.ts";

interface Exported {
  readonly resourceSpans?: readonly { readonly scopeSpans: readonly { readonly spans: readonly { readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[] }[] }[] }[];
}

/** A collector of traces on loopback that keeps one thing: how often each attempt was sent for which reason. */
export async function startCollector(): Promise<AsyncDisposable & { readonly url: string; readonly reasons: ReadonlyMap<string, number> }> {
  const reasons = new Map<string, number>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part)).on("end", () => {
      const exported = JSON.parse(Buffer.concat(parts).toString()) as Exported;
      for (const { scopeSpans } of exported.resourceSpans ?? []) {
        for (const { attributes } of scopeSpans.flatMap(({ spans }) => spans)) {
          const reason = attributes.find(({ key }) => key === "blastlab.attempt_reason")?.value.stringValue;
          if (reason !== undefined) add(reasons, reason);
        }
      }
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reasons,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
